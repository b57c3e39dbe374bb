/** The line ends of a message or a body: what is put in uses the ones that are there. */
import { bufferOver } from './header.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { Span } from './types.ts';

export type LineEnd = '\r\n' | '\n';

/**
 * That of the first line; undefined when there is none. A bare CR before it, or alone, counts as its CR: a LF that is put in behind
 * one would make the two a line end, and a second run would take the body for another kind than the first did.
 */
export function lineEndOf(bytes: Uint8Array): LineEnd | undefined {
  const lf = bufferOver(bytes).indexOf(0x0a);
  const cr = bufferOver(bytes).indexOf(0x0d);
  if (cr !== -1 && (lf === -1 || cr < lf)) return '\r\n';
  return lf === -1 ? undefined : '\n';
}

/** Whether one of the lines in the span has more octets than 998, its line end not counted (RFC 5322 §2.1.1). */
export function hasLongLine(bytes: Buffer, { start, end }: Span): boolean {
  for (let at = start; at < end; ) {
    const lf = bytes.indexOf(0x0a, at);
    const stop = lf === -1 || lf > end ? end : lf;
    const content = stop > at && bytes[stop - 1] === 0x0d ? stop - 1 : stop;
    if (content - at > MAX_LINE_BYTES) return true;
    at = stop + 1;
  }
  return false;
}
