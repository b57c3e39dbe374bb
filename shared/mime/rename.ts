/**
 * The name of an attachment: one name in place of all that readers could find, in `filename` and `name`, as they stand, in
 * RFC 2231's charset form and in its continuations (§3, §4), and in fields that are there twice.
 */
import { asciiForm } from './ascii-form.ts';
import { isAsciiText } from './charset.ts';
import { structuredValueOf } from './content-fields.ts';
import { headerField, headerFields } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { contentFieldPlace } from './new-field.ts';
import type { PlacedEdit } from './splice.ts';
import { foldPieces, quoted, rewriteStructured } from './structured-edit.ts';
import { isShownText } from './targets.ts';
import type { Edit, HeaderField, Message, Part, Span } from './types.ts';

/** Stops a name of thousands of characters from coming back in every form; file systems take 255. */
const MAX_NAME_CHARS = 200;
/** So much of a value stands in one RFC 2231 section: it fits on a line of 78 with the parameter's name. */
const SECTION_CHARS = 54;
/** Characters that turn the direction of writing, so that the end of a name is read elsewhere, and control characters. */
const DECEIVING = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Some programs take either parameter from either field. */
const FILE_NAMES = ['filename', 'name'];

/** The name as it will stand, or undefined when nothing of it can be shown. Of a long one the middle is left out. */
export function usableName(name: string): string | undefined {
  const shown = name.toWellFormed().replace(DECEIVING, '').trim();
  if (shown === '') return undefined;
  const chars = [...shown];
  if (chars.length <= MAX_NAME_CHARS) return shown;
  const half = MAX_NAME_CHARS / 2;
  return [...chars.slice(0, half), ...chars.slice(-half)].join('');
}

/**
 * The edits that give the part that name; undefined when no field can be put into its header. `utf8`: the same edit of
 * Content-Type says that the charset is UTF-8.
 */
function renameEdits(
  message: Message,
  part: Part,
  name: string,
  eol: LineEnd,
  utf8 = false,
): readonly Edit[] | undefined {
  const dispositions = headerFields(part.header, 'content-disposition');
  const types = headerFields(part.header, 'content-type');
  const edits = types
    .filter((field) => FILE_NAMES.some((parameter) => hasParameter(message, field, parameter)))
    .map((field) => nameEdit(message, field, 'name', name, eol, utf8));
  for (const field of dispositions) edits.push(nameEdit(message, field, 'filename', name, eol, false));
  // A disposition that is not there is not to come by a name: it would make an attachment of a picture or a text in place.
  if (edits.length > 0) return edits;
  const place = contentFieldPlace(message, part);
  if (place === undefined) return undefined;
  const field = 'Content-Disposition:';
  const inPlace = isShownText(part) || headerField(part.header, 'content-id') !== undefined;
  const kind = inPlace ? 'inline' : 'attachment';
  const value = foldPieces(field.length, kind, nameParameters('filename', name), eol);
  const replacement = Buffer.from(`${field}${value}${eol}`, 'latin1');
  return [{ span: { start: place, end: place }, replacement }];
}

function hasParameter(message: Message, field: HeaderField, wanted: string): boolean {
  const { parameters } = structuredValueOf(message.bytes, field);
  return parameters.some(({ name }) => name === wanted || name.startsWith(`${wanted}*`));
}

function nameEdit(
  message: Message,
  field: HeaderField,
  parameter: 'name' | 'filename',
  name: string,
  eol: LineEnd,
  utf8: boolean,
): Edit {
  const drop = utf8 ? [...FILE_NAMES, 'charset'] : FILE_NAMES;
  const add = [...(utf8 ? ['charset=utf-8'] : []), ...nameParameters(parameter, name)];
  return rewriteStructured(message, field, { drop, add }, eol);
}

/** `name="…"`; where it is more than ASCII or long, with RFC 2231's form for readers that know it. */
function nameParameters(parameter: 'name' | 'filename', name: string): readonly string[] {
  const plain = isAsciiText(name) ? name : asciiForm(name).replaceAll('?', '_');
  const parameters = [`${parameter}=${quoted(plain)}`];
  if (isAsciiText(name)) return parameters;
  const encoded = percentEncode(name);
  const sections: string[] = [];
  for (let at = 0; at < encoded.length; ) {
    let end = Math.min(at + SECTION_CHARS, encoded.length);
    // RFC 2231 §4: a section does not end inside an escape.
    for (let back = 1; back <= 2; back++)
      if (end < encoded.length && encoded[end - back] === '%') end -= back;
    sections.push(encoded.slice(at, end));
    at = end;
  }
  if (sections.length === 1) return [...parameters, `${parameter}*=utf-8''${encoded}`];
  return [
    ...parameters,
    ...sections.map((section, index) => `${parameter}*${index}*=${index === 0 ? "utf-8''" : ''}${section}`),
  ];
}

/** RFC 2231 §7: attribute-char; every other octet of the UTF-8 is escaped. */
function percentEncode(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    out += /[A-Za-z0-9.\-_]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** A part that gets a name. */
export interface Renaming {
  readonly part: Part;
  readonly name: string;
  readonly change: number;
}

/**
 * The edits of bodies with those of names beside them. Where the body's edits change the charset in a field that is written
 * anew for its name, one edit does both.
 */
export function placeNames(
  message: Message,
  renamings: readonly Renaming[],
  bodies: readonly PlacedEdit[],
  eol: LineEnd,
): readonly PlacedEdit[] {
  if (renamings.length === 0) return bodies;
  const byPart = Map.groupBy(bodies, ({ part }) => part);
  for (const { part, name, change } of renamings) {
    const type = headerField(part.header, 'content-type');
    const others = byPart.get(part) ?? [];
    const labels = others.filter(({ edit: { span } }) => type !== undefined && isWithin(span, type.value));
    const edits = renameEdits(message, part, name, eol, labels.length > 0) ?? [];
    const meets = edits.some(({ span }) => span.start === type?.value.start);
    const also = meets ? labels.flatMap(({ edit }) => edit.changes) : [];
    const kept = meets ? others.filter((one) => !labels.includes(one)) : others;
    const changes = [change, ...also];
    byPart.set(part, [...kept, ...edits.map((edit) => ({ edit: { ...edit, changes }, part }))]);
  }
  return [...byPart.values()].flat();
}

function isWithin(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}
