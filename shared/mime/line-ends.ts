/** The line ends of a message or a body: what is put in uses the ones that are there. */
import { bufferOver } from './header.ts';

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
