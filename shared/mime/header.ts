/**
 * Header blocks as spans (RFC 5322 §2.2). A field keeps its folding and its line end; nothing is unfolded until
 * someone asks for text. Fields are listed when first asked for, so a message costs no list per part.
 */
import { MAX_HEADER_BYTES, MAX_HEADER_FIELDS } from './limits.ts';
import type { HeaderBlock, HeaderField } from './types.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;
const FROM_LINE = Buffer.from('From ', 'latin1');
const QUOTED_FROM_LINE = Buffer.from('>From ', 'latin1');

/** The same memory as a Buffer: its search and slice functions take offsets and do not copy. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether the octet may begin a continuation line (RFC 5322 §2.2.3). */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** The end of the line's content: before its LF, and before a CR that precedes it. */
export function contentEnd(bytes: Uint8Array, lineStart: number, lineEnd: number): number {
  if (lineEnd === lineStart || bytes[lineEnd - 1] !== LF) return lineEnd;
  return lineEnd - 2 >= lineStart && bytes[lineEnd - 2] === CR ? lineEnd - 2 : lineEnd - 1;
}

/** The offset of the colon that ends a field name starting at `start`, or -1 when the line is no field. */
export function fieldColon(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  // RFC 5322 §3.6.8 ftext: printable US-ASCII but the colon.
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x21 || byte > 0x7e || byte === COLON) break;
  }
  if (at === start) return -1;
  // RFC 5322 §4.5: white space before the colon was once allowed.
  while (at < end && isBlank(bytes[at])) at++;
  return at < end && bytes[at] === COLON ? at : -1;
}

/** Whether the line is the envelope line that mbox files put before a message; it is no field of the message. */
export function isMboxLine(bytes: Buffer, start: number, end: number): boolean {
  return (
    (end - start >= 5 && bytes.compare(FROM_LINE, 0, 5, start, start + 5) === 0) ||
    (end - start >= 6 && bytes.compare(QUOTED_FROM_LINE, 0, 6, start, start + 6) === 0)
  );
}

/** A block over `bytes[start, end)` whose fields are found on the first look. */
export function headerBlock(bytes: Buffer, start: number, end: number): HeaderBlock {
  let fields: readonly HeaderField[] | undefined;
  return {
    start,
    end,
    get fields() {
      fields ??= listFields(bytes, start, end);
      return fields;
    },
  };
}

/** A field whose end is still to be found: its continuation lines follow. */
interface Begun {
  readonly start: number;
  readonly colon: number;
}

function listFields(bytes: Buffer, start: number, blockEnd: number): readonly HeaderField[] {
  const end = Math.min(blockEnd, start + MAX_HEADER_BYTES);
  const fields: HeaderField[] = [];
  let begun: Begun | undefined;
  for (let at = start; at < end; ) {
    const lf = bytes.indexOf(LF, at);
    const lineEnd = lf === -1 || lf >= end ? end : lf + 1;
    if (!isBlank(bytes[at])) {
      if (begun !== undefined) fields.push(makeField(bytes, begun, at));
      if (fields.length >= MAX_HEADER_FIELDS) return fields;
      const colon = fieldColon(bytes, at, lineEnd);
      begun = colon === -1 ? undefined : { start: at, colon };
    }
    at = lineEnd;
  }
  if (begun !== undefined) fields.push(makeField(bytes, begun, end));
  return fields;
}

function makeField(bytes: Buffer, begun: Begun, end: number): HeaderField {
  let nameEnd = begun.colon;
  while (isBlank(bytes[nameEnd - 1])) nameEnd--;
  const name = bytes.toString('latin1', begun.start, nameEnd);
  const valueStart = begun.colon + 1;
  return {
    start: begun.start,
    end,
    name,
    lowerName: name.toLowerCase(),
    value: { start: valueStart, end: contentEnd(bytes, valueStart, end) },
  };
}

/** The first field of that name (any case), or undefined. */
export function headerField(block: HeaderBlock, name: string): HeaderField | undefined {
  const lowerName = name.toLowerCase();
  return block.fields.find((field) => field.lowerName === lowerName);
}

/** Every field of that name (any case), in order. */
export function headerFields(block: HeaderBlock, name: string): readonly HeaderField[] {
  const lowerName = name.toLowerCase();
  return block.fields.filter((field) => field.lowerName === lowerName);
}
