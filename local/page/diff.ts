/** What changed between the message as it came and as it went, by lines. They are compared as latin1, so that any byte can be shown. */
import { type Diff, diffLines } from '../line-diff.ts';

/** Lines around a change that are shown with it. */
const CONTEXT_LINES = 3;

function lines(bytes: Uint8Array): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
}

/** Compares two messages; `equal` means byte for byte. */
export function diffMessages(before: Uint8Array, after: Uint8Array): Diff {
  if (Buffer.compare(before, after) === 0) return { kind: 'equal' };
  return diffLines(lines(before), lines(after), CONTEXT_LINES);
}
