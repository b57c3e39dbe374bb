/** The checksums that a client may send with an object, and the comparison of what it said with what arrived. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from './crc.ts';

export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A running checksum; `digest` gives base64 of the big-endian value, the form of `x-amz-checksum-*`. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): string;
}

function narrow(step: (bytes: Uint8Array, previous: number) => number): Checksum {
  let value = 0;
  return {
    update: (bytes) => {
      value = step(bytes, value);
    },
    digest: () => {
      const out = Buffer.alloc(4);
      out.writeUInt32BE(value);
      return out.toString('base64');
    },
  };
}

function wide(): Checksum {
  let value = 0n;
  return {
    update: (bytes) => {
      value = crc64nvme(bytes, value);
    },
    digest: () => {
      const out = Buffer.alloc(8);
      out.writeBigUInt64BE(value);
      return out.toString('base64');
    },
  };
}

function cryptographic(name: 'sha1' | 'sha256'): Checksum {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') };
}

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case 'crc32':
      return narrow((bytes, previous) => crc32(bytes, previous));
    case 'crc32c':
      return narrow(crc32c);
    case 'crc64nvme':
      return wide();
    case 'sha1':
    case 'sha256':
      return cryptographic(algorithm);
  }
}

/** The algorithm that a header or trailer name speaks of: `x-amz-checksum-crc32` -> `crc32`. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  const prefix = 'x-amz-checksum-';
  if (!name.startsWith(prefix)) return undefined;
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.slice(prefix.length));
}
