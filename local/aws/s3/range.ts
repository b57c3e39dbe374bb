/** One byte range (RFC 9110 §14.1.2). S3 serves a single range; anything it cannot read it ignores. */

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** First byte and length; `whole` when there is no usable range; `unsatisfiable` when it begins behind the end. */
export function parseRange(
  value: string | undefined,
  bytes: number,
): { readonly start: number; readonly length: number } | 'whole' | 'unsatisfiable' {
  const match = value === undefined ? null : RANGE.exec(value.trim());
  const first = match?.[1] ?? '';
  const last = match?.[2] ?? '';
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, length };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= bytes) return 'unsatisfiable';
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return { start, length: end - start + 1 };
}
