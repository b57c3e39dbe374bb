/**
 * The text of a message for conditions: what people see of it, and as far as mail programs differ, all that some of them
 * show. Every alternative counts, since a sender may write one thing in the plain text and another in the HTML. HTML in which
 * something is hidden comes twice, without it and with it (`html-text.ts`): hidden letters inside a word must not keep it from
 * being found, nor a word that only seems hidden. Characters that show nothing are taken out.
 */
import { holdsMessage, parseAttachedMessage } from './attached-message.ts';
import { decodeLeniently, isKnownCharset } from './charset.ts';
import { fileNames } from './content-fields.ts';
import { textKind } from './files/text-kinds.ts';
import { joinFlowed } from './flowed.ts';
import { searchableHtmlText } from './html-text.ts';
import { MAX_ATTACHED_DEPTH, MAX_TEXT_CHARS } from './limits.ts';
import { fileExtensions } from './part-names.ts';
import { decodeBodyStart } from './transfer.ts';
import type { Message, Part } from './types.ts';
import { withoutUnseen } from './unseen.ts';

export interface VisibleText {
  readonly text: string;
  /** Nothing was cut off, and every part could be decoded as it says. */
  readonly complete: boolean;
}

/** Base64 and quoted-printable take up to three octets for one, HTML several times its text: so much is decoded at most. */
const RAW_PER_CHAR = 4;

/** The text of the bodies, of every alternative, in the order of the message, with a line feed between them. */
export function bodyText(message: Message): VisibleText {
  return textOf(message, message.parts.filter(isShown));
}

/**
 * The text of the attachments that are text, by type or by name, and of the bodies and attachments of attached messages. A
 * named text that is shown in place is in both.
 */
export function attachmentText(message: Message): VisibleText {
  return attachedText(message, 0);
}

function attachedText(message: Message, depth: number): VisibleText {
  const own = textOf(
    message,
    message.parts.filter((part) => isTextFile(message, part)),
  );
  const texts = [own];
  for (const part of message.parts) {
    if (!holdsMessage(message, part)) continue;
    if (depth >= MAX_ATTACHED_DEPTH) return joined([...texts, { text: '', complete: false }]);
    const attached = parseAttachedMessage(message, part);
    texts.push(bodyText(attached), attachedText(attached, depth + 1));
  }
  return joined(texts);
}

function joined(texts: readonly VisibleText[]): VisibleText {
  const text = texts
    .map((one) => one.text)
    .filter((one) => one !== '')
    .join('\n');
  const complete = texts.every((one) => one.complete) && text.length <= MAX_TEXT_CHARS;
  return { text: cutText(text, MAX_TEXT_CHARS), complete };
}

/** The first characters, none of them halved. */
function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars);
}

/** What is text although its type says something else, or nothing. */
const TEXT_EXTENSIONS: ReadonlySet<string> = new Set(
  'csv htm html json log md shtml tsv txt xhtml xml'.split(' '),
);

function isTextFile(message: Message, part: Part): boolean {
  if (part.children.length > 0 || holdsMessage(message, part)) return false;
  if (isText(part)) return fileNames(message, part).length > 0 || !isShown(part);
  return fileExtensions(message, part).some((extension) => TEXT_EXTENSIONS.has(extension));
}

function isText({ contentType: { mediaType } }: Part): boolean {
  return mediaType.startsWith('text/') || /[/+](?:json|xml)$/.test(mediaType);
}

/** A leaf that some program shows without being asked. A multipart in which no part was found is shown as text by some. */
function isShown(part: Part): boolean {
  const { mediaType } = part.contentType;
  const shown = mediaType.startsWith('text/') || mediaType.startsWith('multipart/');
  if (part.children.length > 0 || !shown) return false;
  // RFC 2183 §2.8: a disposition that is not known is an attachment; nobody shows those, but for a body that has no other.
  return part.disposition === undefined || part.disposition === 'inline' || part.parent === undefined;
}

function textOf(message: Message, parts: readonly Part[]): VisibleText {
  const texts: string[] = [];
  let left = MAX_TEXT_CHARS;
  let complete = true;
  for (const part of parts) {
    if (left <= 0) return { text: texts.join('\n'), complete: false };
    const read = textOfPart(message, part, left);
    if (!read.complete) complete = false;
    texts.push(read.text);
    left -= read.text.length + 1;
  }
  return { text: texts.join('\n'), complete };
}

function textOfPart(message: Message, part: Part, maxChars: number): VisibleText {
  const { mediaType, parameters } = part.contentType;
  const maxRawBytes = maxChars * RAW_PER_CHAR;
  const decoded = decodeBodyStart(message, part, maxRawBytes);
  const cut = part.body.end - part.body.start > maxRawBytes;
  const charset = parameters.get('charset');
  const { text: whole } = decodeLeniently(cut ? wholeCharacters(decoded.bytes) : decoded.bytes, charset);
  const html = isHtml(mediaType) || (!mediaType.startsWith('text/') && looksLikeHtml(whole));
  const shown = withoutUnseen(html ? searchableHtmlText(whole) : plainText(part, whole));
  const complete =
    decoded.kind === 'decoded' &&
    (charset === undefined || charset === '' || isKnownCharset(charset)) &&
    !cut &&
    shown.length <= maxChars;
  return { text: cutText(shown, maxChars), complete };
}

/** Without half a character of UTF-8 at the end, for which the whole would be taken for another charset. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes.length - end < 3 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return (bytes[end - 1] ?? 0) >= 0xc0 ? bytes.subarray(0, end - 1) : bytes;
}

function isHtml(mediaType: string): boolean {
  return mediaType === 'text/html' || mediaType === 'text/x-amp-html' || mediaType === 'text/watch-html';
}

/** A file of another type is HTML when it begins so. */
function looksLikeHtml(text: string): boolean {
  return textKind(Buffer.from(text.slice(0, 1024), 'latin1'))?.mediaType === 'text/html';
}

function plainText({ contentType: { mediaType, parameters } }: Part, text: string): string {
  const flowed = mediaType === 'text/plain' && parameters.get('format')?.toLowerCase() === 'flowed';
  // RFC 3676 §4: the parameters' values are compared without case.
  return flowed
    ? joinFlowed(text, parameters.get('delsp')?.toLowerCase() === 'yes')
    : text.replace(/\r\n/g, '\n');
}
