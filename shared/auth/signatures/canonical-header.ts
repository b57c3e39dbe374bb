/** The canonical forms of header fields, over bytes (RFC 6376 §3.4.1 simple, §3.4.2 relaxed). */
import type { HeaderField } from '../../mime/types.ts';
import type { Canonicalization } from './canonical-body.ts';
import type { Tag } from './tag-list.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** A field with its line end, as it goes into a header hash. A slice of `bytes` where the form allows it. */
export function canonicalField(
  bytes: Uint8Array,
  field: HeaderField,
  canonicalization: Canonicalization,
): Uint8Array {
  if (canonicalization === 'relaxed')
    return relaxedField(field.lowerName, bytes.subarray(field.value.start, field.value.end), true);
  const whole = bytes.subarray(field.start, field.end);
  return isAllCrlf(whole) ? whole : withCrlf(bytes.subarray(field.start, field.value.end), true);
}

/**
 * The signature field itself as it goes into its own hash: the value of `b=` taken out with the white space around it, and
 * without the line end (RFC 6376 §3.7). `signature` is the place of that tag in the field's value.
 */
export function canonicalSignatureField(
  bytes: Uint8Array,
  field: HeaderField,
  signature: Tag,
  canonicalization: Canonicalization,
): Uint8Array {
  const { start, end } = field.value;
  const before = start + signature.start;
  const behind = bytes.subarray(start + signature.end, end);
  if (canonicalization === 'relaxed')
    return relaxedField(field.lowerName, Buffer.concat([bytes.subarray(start, before), behind]), false);
  return withCrlf(Buffer.concat([bytes.subarray(field.start, before), behind]), false);
}

/** `name:value` with folding undone and each run of blanks as one space, none at the ends (RFC 6376 §3.4.2). */
export function relaxedField(lowerName: string, value: Uint8Array, lineEnd: boolean): Uint8Array {
  const out = Buffer.allocUnsafe(lowerName.length + value.length + 3);
  let used = out.write(lowerName, 0, 'latin1');
  out[used++] = COLON;
  const first = used;
  let blank = false;
  for (let at = 0; at < value.length; at++) {
    const byte = value[at] ?? 0;
    // Inside a field a line end is folding; a CR that stands alone is content.
    if (byte === LF || (byte === CR && value[at + 1] === LF)) continue;
    if (byte === SPACE || byte === TAB) {
      blank = true;
      continue;
    }
    if (blank && used > first) out[used++] = SPACE;
    blank = false;
    out[used++] = byte;
  }
  if (lineEnd) {
    out[used++] = CR;
    out[used++] = LF;
  }
  return out.subarray(0, used);
}

/** Whether the field ends with CRLF and has no other line ends: then its simple form is what it is. */
function isAllCrlf(bytes: Uint8Array): boolean {
  let lf = bytes.indexOf(LF);
  for (; lf !== -1; lf = bytes.indexOf(LF, lf + 1)) {
    if (lf === 0 || bytes[lf - 1] !== CR) return false;
  }
  return bytes.at(-1) === LF;
}

/** A bare LF becomes CRLF: a store may have dropped the CR that was signed. */
function withCrlf(bytes: Uint8Array, lineEnd: boolean): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length * 2 + 2);
  let used = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === LF && (at === 0 || bytes[at - 1] !== CR)) out[used++] = CR;
    out[used++] = bytes[at] ?? 0;
  }
  if (lineEnd) {
    out[used++] = CR;
    out[used++] = LF;
  }
  return out.subarray(0, used);
}
