/**
 * A new file, written with few turns through the thread pool, which cost more than the work itself: flushing waits for
 * the disk and goes there; making the file, writing to the page cache and closing do not.
 */
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const flushFile = promisify(fdatasync);
/** Copied in well under a millisecond. */
const MAX_SYNC_BYTES = 256 * 1024;

export interface NewFile {
  /** Appends. At most `MAX_SYNC_BYTES` are written at once, so that nothing else waits long. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the bytes are on disk. */
  flush(): Promise<void>;
  close(): void;
}

/** Throws when the file exists. */
export function createFile(path: string): NewFile {
  const fd = openSync(path, 'wx');
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        if (at > 0) await new Promise<void>((resolve) => setImmediate(resolve));
        at += writeSync(fd, bytes, at, Math.min(MAX_SYNC_BYTES, bytes.length - at));
      }
    },
    flush: () => flushFile(fd),
    close: () => closeSync(fd),
  };
}
