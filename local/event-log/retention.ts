/** Forgets what the log keeps no longer, as CloudWatch does; done when the stand-in starts. */
import type { Disk } from '../flow/disk.ts';
import { parseEvent } from './read.ts';

const LF = 0x0a;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes events older than `days` from the file. Lines are in order of time, so mostly one look at the first is all. */
export async function forgetOldEvents(disk: Disk, path: string, days: number, nowMs: number): Promise<void> {
  const bytes = await disk.read(path);
  if (bytes === undefined) return;
  const firstKept = startOfKept(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    nowMs - days * DAY_MS,
  );
  if (firstKept === 0) return;
  await disk.create(`${path}.tmp`, bytes.subarray(firstKept));
  disk.rename(`${path}.tmp`, path);
}

/** Where the first line that is young enough begins. In bytes: a log may be longer than a string can be. */
function startOfKept(bytes: Buffer, oldestMs: number): number {
  let at = 0;
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf(LF, at);
    const end = lineEnd === -1 ? bytes.length : lineEnd;
    const event = parseEvent(bytes.toString('utf8', at, end));
    if (event !== undefined && event.timeMs >= oldestMs) return at;
    at = end + 1;
  }
  return bytes.length;
}
