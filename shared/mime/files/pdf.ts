/** PDF (ISO 32000-2): whether it is one, and whether it is encrypted. Only the places where the format says so are read. */
import { bufferOver } from '../header.ts';

/** ISO 32000-1 annex H.3.4.1: readers look for the header among so many octets. */
const HEADER_WITHIN = 1024;
/** A trailer, or the dictionary of a cross-reference stream, is at the end, where `startxref` says, or (linearised) at the start. */
const TRAILER_BYTES = 64 * 1024;
/** §7.3.5: any character of a name may be written as `#` and its code. */
const NAME = [...'Encrypt'].map((letter) => `(?:${letter}|#${letter.charCodeAt(0).toString(16)})`).join('');
/** §7.2.3, §7.2.4: white space, NUL too, and comments. */
const GAP = '(?:[\\0\\s]|%[^\\r\\n]{0,200}[\\r\\n])';
// §7.5.5: /Encrypt is followed by a dictionary or by a reference to one.
const ENCRYPT = new RegExp(`/${NAME}${GAP}{0,100}(?:<<|\\d{1,10}${GAP}{1,100}\\d{1,10}${GAP}{1,100}R)`, 'i');
const START = 'startxref';

export function isPdf(bytes: Uint8Array): boolean {
  return bufferOver(bytes).subarray(0, HEADER_WITHIN).includes('%PDF-', 0, 'latin1');
}

/**
 * Whether the file is encrypted. Some of these open without asking, since their password for reading is empty; they
 * count, as nothing here can look into them either.
 */
export function asksForPdfPassword(input: Uint8Array): boolean {
  const bytes = bufferOver(input);
  // What stands behind the file (another file, say) is passed over, as readers do.
  const start = bytes.lastIndexOf(START, bytes.length, 'latin1');
  const end = start === -1 ? bytes.length : start + HEADER_WITHIN;
  const table = /^startxref\s{1,50}(\d{1,15})/.exec(bytes.toString('latin1', Math.max(0, start), end))?.[1];
  const windows = [Math.max(0, end - TRAILER_BYTES), 0, Number(table ?? bytes.length)];
  return windows.some((at) => ENCRYPT.test(bytes.toString('latin1', at, at + TRAILER_BYTES)));
}
