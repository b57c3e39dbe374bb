/** A zip that is the same, byte by byte, for the same files: sorted, with one fixed time, readable for everybody. */
import { createHash } from 'node:crypto';
import { type ZipOptions, zipSync } from 'fflate';

/** The earliest time that a zip knows. Its times have no zone, and fflate writes the local one. */
const TIME = new Date(1980, 0, 1);
/** Unix, a plain file that all may read: Lambda runs the function as another user than it unpacks as. */
const UNIX = 3;
const ATTRIBUTES = (0o100644 << 16) >>> 0;

/** Zips files by name. */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const options: ZipOptions = { level: 9, mtime: TIME, os: UNIX, attrs: ATTRIBUTES };
  // By code units, which no locale changes.
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted.map(([name, bytes]) => [name, [bytes, options]])));
}

/** Lambda's CodeSha256: of the zip, in base64. */
export function codeSha256(zip: Uint8Array): string {
  return createHash('sha256').update(zip).digest('base64');
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
