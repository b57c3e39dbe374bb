/**
 * A structured field (Content-Type, Content-Disposition) written anew: its token and the parameters that are kept stand as the
 * sender wrote them, comments and what no reader understands go, and so no reader can find another value in it.
 */
import { structuredValueOf } from './content-fields.ts';
import { bufferOver } from './header.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { LineEnd } from './line-ends.ts';
import type { RawParameter } from './structured-value.ts';
import type { Edit, HeaderField, Message } from './types.ts';

/** RFC 5322 §2.1.1: lines should be no longer. */
const PREFERRED_LINE = 78;
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;
const QUOTED = /^"(?:[^"\\\r\n]|\\[^\r\n])*"$/;

export interface StructuredChange {
  /** Parameters that go, with every RFC 2231 form of them. */
  readonly drop: readonly string[];
  /** Parameters that come, each written out as `name=value`. */
  readonly add: readonly string[];
}

/** The edit that replaces the field's value. */
export function rewriteStructured(
  message: Message,
  field: HeaderField,
  { drop, add }: StructuredChange,
  eol: LineEnd,
): Edit {
  const { token, parameters } = structuredValueOf(message.bytes, field);
  const text = bufferOver(message.bytes).toString('latin1', field.value.start, field.value.end);
  const kept = parameters.filter(
    ({ name }) => !drop.some((one) => name === one || name.startsWith(`${one}*`)),
  );
  const pieces = [...kept.map((parameter) => written(parameter, text)), ...add];
  const value = foldPieces(field.name.length + 1, token, pieces, eol);
  return { span: field.value, replacement: Buffer.from(value, 'latin1') };
}

/** ` token; piece; piece`, folded between pieces. `column`: where on its line the value begins. */
export function foldPieces(column: number, token: string, pieces: readonly string[], eol: LineEnd): string {
  const lines: string[] = [];
  let line = ` ${token}`;
  let width = column + line.length;
  // What fits on no line is left out: nobody could have sent it as a line either.
  for (const piece of pieces.filter(({ length }) => length < MAX_LINE_BYTES - 1)) {
    line += ';';
    if (width + piece.length + 2 > PREFERRED_LINE) {
      lines.push(line);
      line = '';
      width = 0;
    }
    line += ` ${piece}`;
    width += piece.length + 2;
  }
  return [...lines, line].join(eol);
}

function written({ name, value, start, end }: RawParameter, text: string): string {
  const source = text.slice(start, end);
  const attribute = TOKEN.test(name) ? name : name.replace(/[^!#$%&'*+\-.0-9A-Z^_`a-z{|}~]/g, '_');
  return `${attribute}=${TOKEN.test(source) || QUOTED.test(source) ? source : quoted(value)}`;
}

/** As a quoted string (RFC 5322 §3.2.4); control characters are left out. */
export function quoted(value: string): string {
  let out = '';
  for (const char of value) {
    const code = char.charCodeAt(0);
    if (code < 0x20 || code === 0x7f) continue;
    out += char === '"' || char === '\\' ? `\\${char}` : char;
  }
  return `"${out}"`;
}
