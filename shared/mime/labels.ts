/**
 * What a part's header says about its body, changed in place: the charset parameter of Content-Type (RFC 2045 §5.1)
 * and Content-Transfer-Encoding (§6.1). Only the value's own octets change; a field that is missing is added.
 */
import { structuredValueOf } from './content-fields.ts';
import { headerField } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { newField, topOfHeader } from './new-field.ts';
import type { Edit, HeaderField, Message, Part } from './types.ts';

export interface Labels {
  readonly utf8: boolean;
  readonly quotedPrintable: boolean;
}

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
  if (labels.utf8 && type !== undefined) {
    const edit = charsetEdit(message, part, type);
    if (edit === undefined) return undefined;
    edits.push(edit);
  } else if (labels.utf8) missing.push(newField('Content-Type', 'text/plain; charset=utf-8', eol));
  if (labels.quotedPrintable && transfer !== undefined) {
    edits.push({ span: transfer.value, replacement: Buffer.from(' quoted-printable', 'latin1') });
  } else if (labels.quotedPrintable) {
    missing.push(newField('Content-Transfer-Encoding', 'quoted-printable', eol));
  }
  if (missing.length === 0) return edits;
  // RFC 2045 §4: a message with MIME fields has this one.
  const hasVersion = part.parent !== undefined || headerField(part.header, 'mime-version') !== undefined;
  if (!hasVersion) missing.unshift(newField('MIME-Version', '1.0', eol));
  const top = topOfHeader(message, part);
  if (top === undefined) return undefined;
  const fields = Buffer.concat(missing.filter((field) => field !== undefined));
  return [{ span: { start: top, end: top }, replacement: fields }, ...edits];
}

function charsetEdit(message: Message, part: Part, field: HeaderField): Edit | undefined {
  const { token, tokenEnd, parameters } = structuredValueOf(message.bytes, field);
  const at = field.value.start;
  // RFC 2045 §5.2: an unreadable type was taken for text/plain; now it says so.
  if (token !== part.contentType.mediaType) {
    return { span: field.value, replacement: Buffer.from(' text/plain; charset=utf-8', 'latin1') };
  }
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
