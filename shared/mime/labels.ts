/**
 * What a part's header says about its body, changed in place: the charset parameter of Content-Type (RFC 2045 §5.1)
 * and Content-Transfer-Encoding (§6.1). Only the value's own octets change; a field that is missing is added.
 */
import { structuredValueOf } from './content-fields.ts';
import { headerField, headerFields } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { contentFieldPlace, newField } from './new-field.ts';
import { rewriteStructured } from './structured-edit.ts';
import type { Edit, HeaderField, Message, Part } from './types.ts';

export interface Labels {
  /** `utf-8`: the charset becomes that; `text`: the type becomes text/plain in UTF-8, and file names go. */
  readonly type?: 'utf-8' | 'text';
  readonly transfer?: 'quoted-printable' | 'base64';
}

const TEXT_TYPE = ' text/plain; charset=utf-8';

/** The edits, or undefined when the charset is given in a way that cannot be changed in one place. */
export function labelEdits(
  message: Message,
  part: Part,
  labels: Labels,
  eol: LineEnd,
): readonly Edit[] | undefined {
  const type = headerField(part.header, 'content-type');
  const transfer = headerField(part.header, 'content-transfer-encoding');
  const edits: Edit[] = [];
  const missing: (Buffer | undefined)[] = [];
  if (labels.type !== undefined && type !== undefined) {
    const edit = labels.type === 'text' ? textTypeEdit(type) : charsetEdit(message, part, type);
    if (edit === undefined) return undefined;
    edits.push(edit);
  } else if (labels.type !== undefined) missing.push(newField('Content-Type', TEXT_TYPE, eol));
  if (labels.type === 'text') edits.push(...withoutFileNames(message, part, eol));
  if (labels.transfer !== undefined && transfer !== undefined) {
    edits.push({ span: transfer.value, replacement: Buffer.from(` ${labels.transfer}`, 'latin1') });
  } else if (labels.transfer !== undefined) {
    missing.push(newField('Content-Transfer-Encoding', labels.transfer, eol));
  }
  if (missing.length === 0) return edits;
  // RFC 2045 §4: a message with MIME fields has this one.
  const hasVersion = part.parent !== undefined || headerField(part.header, 'mime-version') !== undefined;
  if (!hasVersion) missing.unshift(newField('MIME-Version', '1.0', eol));
  const place = contentFieldPlace(message, part);
  if (place === undefined) return undefined;
  const fields = Buffer.concat(missing.filter((field) => field !== undefined));
  return [{ span: { start: place, end: place }, replacement: fields }, ...edits];
}

function textTypeEdit(field: HeaderField): Edit {
  return { span: field.value, replacement: Buffer.from(TEXT_TYPE, 'latin1') };
}

/** Under the name of an HTML file a text would be opened as one. */
function withoutFileNames(message: Message, part: Part, eol: LineEnd): readonly Edit[] {
  return headerFields(part.header, 'content-disposition')
    .filter((field) => structuredValueOf(message.bytes, field).parameters.length > 0)
    .map((field) => rewriteStructured(message, field, { drop: ['filename'], add: [] }, eol));
}

function charsetEdit(message: Message, part: Part, field: HeaderField): Edit | undefined {
  const { token, tokenEnd, parameters } = structuredValueOf(message.bytes, field);
  const at = field.value.start;
  // RFC 2045 §5.2: an unreadable type was taken for text/plain; now it says so.
  if (token !== part.contentType.mediaType) return textTypeEdit(field);
  const charsets = parameters.filter(({ name }) => name === 'charset' || name.startsWith('charset*'));
  const [charset] = charsets;
  if (charset === undefined) {
    const end = at + tokenEnd;
    // What follows at once, a comment that is never closed say, must not become part of the value.
    const stop =
      end < field.value.end && !/[;\s]/.test(String.fromCharCode(message.bytes[end] ?? 0)) ? ';' : '';
    return { span: { start: end, end }, replacement: Buffer.from(`; charset=utf-8${stop}`, 'latin1') };
  }
  if (charsets.length > 1 || charset.name !== 'charset') return undefined;
  return {
    span: { start: at + charset.start, end: at + charset.end },
    replacement: Buffer.from('utf-8', 'latin1'),
  };
}
