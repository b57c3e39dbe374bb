/**
 * The criteria that PutRawMessageContent documents for new content (Amazon WorkMail Message Flow API Reference,
 * RawMessageContent). AWS does not publish which headers are required, immutable or unique, nor all types of attachment
 * that SES refuses: the tables here are our choice, on the strict side, so that what passes here should pass there.
 * That content beyond seven bits "should" be encoded is a recommendation, and nothing is refused for it.
 */
import { extname } from 'node:path';
import type { Message, Part } from '../../shared/mime/index.ts';
import { fileName, headerFields, parseMessage, rawHeaderText } from '../../shared/mime/index.ts';
import { isBlockedExtension } from './blocked-attachments.ts';

/** RFC 5321 §4.5.3.1.6: "The maximum total length of a text line including the <CRLF> is 1000 octets". */
const MAX_LINE_BYTES = 1000;
/** WorkMail's limit for a message in MIME form. */
const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;
/** A name in the text of a rejection is the sender's; no more of it is repeated. */
const MAX_NAME_CHARS = 80;

/** RFC 5322 §3.6 requires Date as well, but mail comes in without it, and WorkMail lets it pass in transit. */
const REQUIRED = ['from'];

/** Those of which RFC 5322 §3.6 and RFC 2045 allow one. */
const UNIQUE = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** Who wrote it, when, under which id, and which way it came. */
const IMMUTABLE = ['from', 'sender', 'date', 'message-id', 'received', 'return-path'];

/** Defects of a multipart after which it is not "properly formatted". */
const MULTIPART_DEFECTS: ReadonlyMap<string, string> = new Map([
  ['multipart-without-boundary', 'A multipart has no boundary.'],
  ['boundary-too-long', 'The boundary of a multipart is longer than 70 characters.'],
  ['boundary-never-found', 'The boundary of a multipart is never found.'],
  ['multipart-unclosed', 'A multipart is not closed by its boundary.'],
  ['multipart-encoded', 'A multipart has a transfer encoding.'],
  ['too-deep', 'The parts of the message are nested too deeply.'],
  ['too-many-parts', 'The message has too many parts.'],
]);

/** No criterion of the guide, but nobody could say which header fields such a message has. */
const HEADER_DEFECTS = ['missing-header-separator', 'junk-in-header', 'header-too-large', 'too-many-fields'];

const LF = 10;
const CR = 13;
const DASH = 45;

function hasLongLine(bytes: Uint8Array): boolean {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(LF, start);
    const next = end === -1 ? bytes.length : end + 1;
    // A line end of LF alone is sent as CRLF.
    const bare = end !== -1 && bytes[end - 1] !== CR ? 1 : 0;
    if (next - start + bare > MAX_LINE_BYTES) return true;
    start = next;
  }
  return false;
}

function valuesOf(message: Message, name: string): readonly string[] {
  return headerFields(message.root.header, name).map((field) => rawHeaderText(message, field));
}

function brokenHeader(message: Message, original: Message | undefined): string | undefined {
  if (message.defects.some(({ kind }) => HEADER_DEFECTS.includes(kind)))
    return 'The header section of the message is malformed.';
  for (const name of REQUIRED)
    if (valuesOf(message, name).length === 0) return `Missing required header '${name}'.`;
  for (const name of UNIQUE) if (valuesOf(message, name).length > 1) return `Duplicate header '${name}'.`;
  if (original === undefined) return undefined;
  for (const name of IMMUTABLE)
    if (valuesOf(message, name).join('\n') !== valuesOf(original, name).join('\n'))
      return `Header '${name}' cannot be changed.`;
  return undefined;
}

/** Two delimiters one right after the other: the second lacks the line end that belongs to it (RFC 2046 §5.1.1). */
function isNothing(message: Message, { header, body }: Part): boolean {
  return header.start === body.end && message.bytes[body.end] === DASH;
}

function brokenParts(message: Message): string | undefined {
  for (const { kind } of message.defects) {
    const why = MULTIPART_DEFECTS.get(kind);
    if (why !== undefined) return why;
  }
  for (const part of message.parts) {
    const isMultipart = part.contentType.mediaType.startsWith('multipart/');
    if (isMultipart && part.children.length === 0) return 'A multipart has no part.';
    if (part.parent !== undefined && isNothing(message, part))
      return `Part ${part.path} of a multipart is empty.`;
  }
  return undefined;
}

function blockedAttachment(message: Message): string | undefined {
  for (const part of message.parts) {
    const extension = extname(fileName(message, part) ?? '').toLowerCase();
    if (isBlockedExtension(extension))
      return `Part ${part.path === '' ? '1' : part.path} is an attachment of a type that is not supported: '${extension.slice(0, MAX_NAME_CHARS)}'.`;
  }
  return undefined;
}

/**
 * Why WorkMail would answer MessageRejected, in words that say which criterion; undefined when it would take the message.
 * @param original as it came in; absent where immutable headers are not to be compared.
 */
export function rejectionOf(bytes: Uint8Array, original?: Uint8Array): string | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return 'The message is larger than 40 MB.';
  if (hasLongLine(bytes)) return 'A line of the message is longer than 1000 characters.';
  const message = parseMessage(bytes);
  const before = original === undefined ? undefined : parseMessage(original);
  return brokenHeader(message, before) ?? brokenParts(message) ?? blockedAttachment(message);
}
