/** Splicing: edits are laid over the original, and what lies between them is the original's own memory. */
import { createHash } from 'node:crypto';
import type { Edit, EditedPart, Part } from './types.ts';

/**
 * The edited message as slices in order, none of them copied. Edits may come in any order; insertions at one place
 * keep the order of the list and stand before a replacement that begins there. Throws RangeError when edits overlap
 * or leave the message: that is a mistake of the caller, not of the message.
 */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array[] {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const { span, replacement } of inOrder(edits)) {
    if (span.start < at || span.end < span.start || span.end > bytes.length) {
      throw new RangeError(
        `edit [${span.start}, ${span.end}) overlaps another or leaves [0, ${bytes.length})`,
      );
    }
    if (span.start > at) slices.push(bytes.subarray(at, span.start));
    if (replacement.length > 0) slices.push(replacement);
    at = span.end;
  }
  if (at < bytes.length) slices.push(bytes.subarray(at));
  return slices;
}

function inOrder(edits: readonly Edit[]): readonly Edit[] {
  // The sort is stable; an insertion goes before the replacement of what follows it.
  return edits.toSorted((a, b) => a.span.start - b.span.start || emptyFirst(a) - emptyFirst(b));
}

function emptyFirst({ span }: Edit): number {
  return span.end === span.start ? 0 : 1;
}

/** What is told about an edit of the part. */
export function editedPart(
  { path, contentType }: Part,
  { span: { start, end }, replacement }: Edit,
): EditedPart {
  return {
    path,
    mediaType: contentType.mediaType,
    start,
    end,
    bytesBefore: end - start,
    bytesAfter: replacement.length,
  };
}

/** The length in bytes of what the slices make together. */
export function totalLength(slices: readonly Uint8Array[]): number {
  return slices.reduce((total, slice) => total + slice.length, 0);
}

/** The SHA-256 of what the slices make together, in hexadecimal. */
export function digestOfSlices(slices: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const slice of slices) hash.update(slice);
  return hash.digest('hex');
}

/** The slices in one new buffer: a copy of the whole message. Prefer to pass the slices on. */
export function concatSlices(slices: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(totalLength(slices));
  let at = 0;
  for (const slice of slices) {
    whole.set(slice, at);
    at += slice.length;
  }
  return whole;
}
