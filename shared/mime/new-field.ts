/** Header fields that we add (RFC 5322 §2.2, RFC 2047): folded, ASCII only, at the top of a header. */
import { encodeWords } from './encoded-words.ts';
import { bufferOver, fieldColon, isBlank, isMboxLine } from './header.ts';
import { endOfLine } from './header-scan.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { LineEnd } from './line-ends.ts';
import type { Message, Part } from './types.ts';

/** RFC 5322 §2.1.1: lines should be no longer. */
const PREFERRED_LINE = 78;
/** RFC 5322 §3.6.8 ftext; the length keeps a name and its first word on lines of reasonable size. */
const FIELD_NAME = /^[!-9;-~]{1,76}$/;

/** Whether a field of ours may have the name. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name);
}

/**
 * The field as octets with its line end, or undefined when the name is no field name, or the value is blank, holds a
 * control character (a line end would start another field) or a word that fits no line.
 */
export function newField(name: string, value: string, eol: LineEnd): Buffer | undefined {
  if (!isFieldName(name) || value.trim() === '' || hasControls(value)) return undefined;
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of encodeWords(value.toWellFormed().trim()).split(' ')) {
    const blank = word === '' || line.trim() === '';
    if (!blank && line.length + 1 + word.length > PREFERRED_LINE) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  lines.push(line);
  if (lines.some(({ length }) => length > MAX_LINE_BYTES)) return undefined;
  return Buffer.from(`${lines.join(eol)}${eol}`, 'latin1');
}

/** Whether the text holds a control character other than a tab. */
export function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/**
 * Where a new field that says what the part is goes: before the first such field (RFC 2045 §3), so that they stand together;
 * else where any new field goes. There too where a line stands before them at which some readers begin the body: what is above
 * that is all they know of it.
 */
export function contentFieldPlace(message: Message, part: Part): number | undefined {
  const top = topOfHeader(message, part);
  if (top === undefined) return undefined;
  let end = top;
  for (const { start, lowerName, name, end: next } of part.header.fields) {
    if (start < top) continue;
    // RFC 5322 §2.2: a line that is no field, or white space before the colon.
    if (start !== end || message.bytes[start + name.length] !== 0x3a) return top;
    if (lowerName.startsWith('content-')) return start;
    end = next;
  }
  return top;
}

/**
 * Where a new field goes: first in the part's header, but after the envelope line of an mbox file, and after lines
 * that would become its continuation. Undefined when the message has no header and no empty line before its body:
 * the body's first line would be read as part of the field. Undefined too where no line begins.
 */
export function topOfHeader(message: Message, part: Part): number | undefined {
  const { header, body } = part;
  if (header.end === header.start && body.start === header.end && body.end > body.start) return undefined;
  const bytes = bufferOver(message.bytes);
  let at = header.start;
  const lineEnd = Math.min(endOfLine(bytes, at), header.end);
  if (at === 0 && fieldColon(bytes, 0, lineEnd) === -1 && isMboxLine(bytes, 0, lineEnd)) at = lineEnd;
  while (at < header.end && isBlank(bytes[at])) at = Math.min(endOfLine(bytes, at), header.end);
  return at === 0 || bytes[at - 1] === 0x0a ? at : undefined;
}
