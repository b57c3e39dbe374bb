/** The line ends of a message or a body: what is put in uses the ones that are there. */
import { bufferOver } from './header.ts';

export type LineEnd = '\r\n' | '\n';

/** That of the first line; undefined when there is none. */
export function lineEndOf(bytes: Uint8Array): LineEnd | undefined {
  const lf = bufferOver(bytes).indexOf(0x0a);
  if (lf === -1) return undefined;
  return bytes[lf - 1] === 0x0d ? '\r\n' : '\n';
}
