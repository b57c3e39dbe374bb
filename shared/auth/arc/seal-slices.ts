/** Seals content that is held as slices, such as an edited message: of the whole only the header is copied. */
import { parseMessage } from '../../mime/scan.ts';
import { MAX_HEADER_BYTES } from '../signatures/limits.ts';
import { type SealArcInput, type SealedArc, sealArc } from './seal.ts';

/** A header of the largest size that is sealed, and the empty line behind it. */
const HEAD_BYTES = MAX_HEADER_BYTES + 4;

/** As `sealArc`, for the message that `slices` make together. */
export function sealSlices(slices: readonly Uint8Array[], input: Omit<SealArcInput, 'body'>): SealedArc {
  const head = parseMessage(firstBytes(slices, HEAD_BYTES));
  return sealArc(head, { ...input, body: from(slices, head.root.body.start) });
}

function firstBytes(slices: readonly Uint8Array[], atMost: number): Uint8Array {
  const first: Uint8Array[] = [];
  let left = atMost;
  for (const slice of slices) {
    if (left === 0) break;
    const part = slice.subarray(0, left);
    first.push(part);
    left -= part.length;
  }
  return Buffer.concat(first);
}

function from(slices: readonly Uint8Array[], start: number): readonly Uint8Array[] {
  let before = 0;
  return slices.flatMap((slice) => {
    const part = slice.subarray(Math.max(0, start - before));
    before += slice.length;
    return part.length === 0 ? [] : [part];
  });
}
