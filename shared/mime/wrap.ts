/**
 * A message wrapped: it becomes an attachment, octet by octet, of a new message that says why. So signatures inside stay
 * what they are. The octets of the old message are not moved; the new ones go before and after them.
 *
 * The new header has the old one's fields as they stand: who wrote it, when, under which id, which way it came. Not those
 * that describe the old body or sign the old message. Of a field that may be there once the first is taken.
 */
import { createHash } from 'node:crypto';
import type { WrapChange } from './change-types.ts';
import { isAscii } from './charset.ts';
import { encodeBase64 } from './encode.ts';
import { IMMUTABLE_FIELDS, UNIQUE_FIELDS } from './field-rules.ts';
import { bufferOver } from './header.ts';
import { hasLongLine, type LineEnd } from './line-ends.ts';
import { newField } from './new-field.ts';
import { textPart } from './note.ts';
import type { HeaderField, Message } from './types.ts';

/** What the new message is made of; its header still takes the other changes of the call. */
export interface Wrapper {
  /** Ends with the fields that say what the new body is; no empty line. */
  readonly header: Buffer;
  /** From the empty line after the header to where the old message begins. */
  readonly before: Buffer;
  /** The old message, where it must be encoded to be sent at all. */
  readonly encoded: Buffer | undefined;
  readonly after: Buffer;
}

/** Fields that sign the old message, or the way that it had when its signatures were checked (RFC 6376, RFC 8617). */
const SIGNING_FIELDS: ReadonlySet<string> = new Set([
  'dkim-signature',
  'domainkey-signature',
  'arc-seal',
  'arc-message-signature',
  'arc-authentication-results',
]);

/** The new message around the old one. Deterministic: the same message and notice give the same octets. */
export function wrapMessage(message: Message, change: WrapChange, eol: LineEnd): Wrapper {
  const form = formOf(message.bytes);
  const boundary = boundaryFor(message.bytes);
  const encoded = form === 'base64' ? encodeBase64(message.bytes, eol) : undefined;
  const fields = [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    `Content-Transfer-Encoding: ${form === '8bit' ? '8bit' : '7bit'}`,
    '',
  ];
  return {
    header: Buffer.concat([...keptFields(message, change, eol), latin1(fields.join(eol))]),
    before: Buffer.concat([
      latin1(`${eol}--${boundary}${eol}`),
      noticePart(change, boundary, eol),
      latin1(`${eol}--${boundary}${eol}${attachmentHeader(form, eol)}${eol}`),
    ]),
    encoded,
    after: latin1(`${eol}--${boundary}--${eol}`),
  };
}

/**
 * Whether the message is the new one around some old one already, with this notice. A sender may know the notice: it counts
 * only where what stands beside it is attached as we attach it, so that nothing but the notice is shown.
 */
export function isWrapped(message: Message, change: WrapChange): boolean {
  const { contentType, children } = message.root;
  const [notice, attachment, more] = children;
  if (notice === undefined || attachment === undefined || more !== undefined) return false;
  const boundary = contentType.parameters.get('boundary') ?? '';
  if (contentType.mediaType !== 'multipart/mixed' || !boundary.startsWith(BOUNDARY_START)) return false;
  const bytes = bufferOver(message.bytes);
  const found = bytes.subarray(notice.header.start, notice.body.end);
  const header = bytes.toString('latin1', attachment.header.start, attachment.header.end);
  // The line ends are those of the old message, which the first field of the new one need not have.
  return (['\r\n', '\n'] as const).some(
    (eol) =>
      noticePart(change, boundary, eol).equals(found) &&
      FORMS.some((form) => attachmentHeader(form, eol) === header),
  );
}

/** In which the old message is attached. */
type Form = '7bit' | '8bit' | 'base64';

const FORMS: readonly Form[] = ['7bit', '8bit', 'base64'];

function attachmentHeader(form: Form, eol: LineEnd): string {
  const fields =
    form === 'base64'
      ? ['Content-Type: application/octet-stream; name="message.eml"', 'Content-Transfer-Encoding: base64']
      : ['Content-Type: message/rfc822', `Content-Transfer-Encoding: ${form}`];
  return [...fields, 'Content-Disposition: attachment; filename="message.eml"', ''].join(eol);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function keptFields(message: Message, { subject }: WrapChange, eol: LineEnd): readonly Buffer[] {
  const seen = new Set<string>();
  const kept: Buffer[] = [];
  const newSubject = subject === undefined ? undefined : newField('Subject', subject, eol);
  for (const field of message.root.header.fields) {
    const { lowerName } = field;
    const once = UNIQUE_FIELDS.includes(lowerName) && !IMMUTABLE_FIELDS.includes(lowerName);
    if (once && seen.has(lowerName)) continue;
    if (describesBody(lowerName) || SIGNING_FIELDS.has(lowerName)) continue;
    if (lowerName === 'subject' && newSubject !== undefined) continue;
    seen.add(lowerName);
    kept.push(wholeField(message, field, eol));
  }
  return newSubject === undefined ? kept : [...kept, newSubject];
}

function describesBody(lowerName: string): boolean {
  return lowerName.startsWith('content-') || lowerName === 'mime-version';
}

/** A field that the message ends in has no line end of its own; lines of damage between fields are not part of one. */
function wholeField({ bytes }: Message, { start, end }: HeaderField, eol: LineEnd): Buffer {
  const field = bufferOver(bytes).subarray(start, end);
  return field.at(-1) === 0x0a ? field : Buffer.concat([field, latin1(eol)]);
}

/** `outer`: the boundary of the whole, of which no reader may take the inner one for a longer form (RFC 2046 §5.1.1). */
function noticePart({ text, html }: WrapChange, outer: string, eol: LineEnd): Buffer {
  const plain = textPart('text/plain', text, eol);
  if (html === undefined) return plain;
  const page = `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n${html.trim()}\n</body></html>`;
  const boundary = `=_notice_${outer.slice(BOUNDARY_START.length)}`;
  const delimiter = latin1(`--${boundary}${eol}`);
  return Buffer.concat([
    latin1(`Content-Type: multipart/alternative; boundary="${boundary}"${eol}${eol}`),
    delimiter,
    plain,
    latin1(eol),
    delimiter,
    textPart('text/html', page, eol),
    latin1(`${eol}--${boundary}--${eol}`),
  ]);
}

/** "=_" stands in no quoted-printable and no base64 text. */
const BOUNDARY_START = '=_mailroom_';

/**
 * A boundary that is nowhere in the message: nobody can write a message that holds its own digest, and where one seems to,
 * the digest of the digest is taken.
 */
function boundaryFor(bytes: Uint8Array): string {
  let digest = digestOf(bytes);
  while (bufferOver(bytes).includes(`--${BOUNDARY_START}${digest}`, 0, 'latin1')) {
    digest = digestOf(Buffer.from(digest, 'latin1'));
  }
  return `${BOUNDARY_START}${digest}`;
}

const DIGEST_CHARS = 32;

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, DIGEST_CHARS);
}

/**
 * How the old message can be attached. RFC 2046 §5.2.1 lets a message/rfc822 be 7bit or 8bit, and these hold no NUL, no bare
 * CR and no line over 998 octets (RFC 2045 §2.7, §2.8): with one of these, it goes as a file in base64.
 */
function formOf(bytes: Uint8Array): Form {
  const buffer = bufferOver(bytes);
  if (buffer.includes(0) || hasBareCr(buffer) || hasLongLine(buffer, { start: 0, end: buffer.length }))
    return 'base64';
  return isAscii(buffer) ? '7bit' : '8bit';
}

function hasBareCr(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(0x0d); at !== -1; at = bytes.indexOf(0x0d, at + 1)) {
    if (bytes[at + 1] !== 0x0a) return true;
  }
  return false;
}
