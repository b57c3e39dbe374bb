/**
 * The files that a message carries, as the union of what mail programs show: parts with a name or a disposition, parts
 * of types that are no text to read, attached messages, uuencoded files inside texts. Better one too many than one too
 * few: rules that strip programs ask this list.
 */

import { holdsMessage, isAttachedMessage, parseAttachedMessage } from './attached-message.ts';
import type { Attachment, AttachmentContent } from './attachment-types.ts';
import { fileNames, mayHaveMoreNames, tokensOf } from './content-fields.ts';
import { savedNames } from './file-names.ts';
import { inspectFile } from './files/inspect.ts';
import { bufferOver, headerField } from './header.ts';
import { MAX_ATTACHED_DEPTH, MAX_ATTACHMENTS, MAX_UUENCODED_FILES } from './limits.ts';
import { once } from './once.ts';
import { type DecodedBody, decodeBody, transferOf } from './transfer.ts';
import type { Message, Part } from './types.ts';
import { decodeUuencodedFile, type UuencodedFile, uuencodedFiles } from './uuencode.ts';

/** Parts of a report (RFC 3464, RFC 8098, RFC 6522) and of a signature or encryption that programs read and do not show. */
const MACHINE_PARTS: ReadonlySet<string> = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'message/global-disposition-notification',
  'message/feedback-report',
  'text/rfc822-headers',
  'message/global-headers',
]);

/** How much may still be listed, and how deep in attached messages the list is. */
interface Budget {
  left: number;
  readonly depth: number;
  /** Of the attached message whose attachments are listed: its path and `/`. */
  readonly prefix: string;
}

/** Lists the attachments. Nothing is decoded before it is asked for, but text parts that may hold a uuencoded file. */
export function listAttachments(message: Message): readonly Attachment[] {
  return listWithin(message, { left: MAX_ATTACHMENTS, depth: 0, prefix: '' });
}

function listWithin(message: Message, budget: Budget): readonly Attachment[] {
  const found: Attachment[] = [];
  for (const part of message.parts) {
    if (part.children.length > 0) continue;
    const names = namesOf(message, part);
    if (isAttachment(part, names)) found.push(partAttachment(message, part, names, budget));
    for (const file of uuencodedIn(message, part, budget)) found.push(file);
    if (found.length >= budget.left) break;
  }
  budget.left -= found.length;
  return found;
}

/** With the name of the `begin` line, where the whole part is uuencoded. */
function namesOf(message: Message, part: Part): readonly string[] {
  const names = new Set(fileNames(message, part));
  if (transferOf(part) === 'uuencode') {
    const [file] = uuencodedFiles(message.bytes.subarray(part.body.start, part.body.end));
    if (file !== undefined) names.add(file.name);
  }
  return withSavedNames(names);
}

function withSavedNames(names: Iterable<string>): readonly string[] {
  const written = [...names];
  return [...new Set([...written, ...written.flatMap(savedNames)])];
}

function isAttachment(part: Part, names: readonly string[]): boolean {
  const { mediaType } = part.contentType;
  // RFC 2183 §2.8: a disposition that is not known is an attachment.
  if (names.length > 0 || (part.disposition !== undefined && part.disposition !== 'inline')) return true;
  if (mediaType === 'text/plain' || mediaType === 'text/html' || mediaType.startsWith('multipart/'))
    return false;
  // RFC 2046 §5.1.4: another form of the same text: AMP, enriched text, an invitation.
  const alternative = part.parent?.contentType.mediaType === 'multipart/alternative';
  if (mediaType.startsWith('text/') && alternative) return false;
  return !(MACHINE_PARTS.has(mediaType) && part.parent?.contentType.mediaType === 'multipart/report');
}

function partAttachment(message: Message, part: Part, names: readonly string[], budget: Budget): Attachment {
  const { mediaType } = part.contentType;
  const isMessage = isAttachedMessage(part);
  const content = once(() => contentOf(message, part, isMessage, budget.depth));
  return {
    path: `${budget.prefix}${part.path}`,
    kind: isMessage ? 'message' : 'part',
    names,
    mediaType,
    inline: isInline(part),
    get sizeBytes() {
      return transferOf(part) === 'identity' ? part.body.end - part.body.start : content().bytes.length;
    },
    content,
    nested: once(() => (holdsMessage(message, part) ? nestedIn(message, part, budget) : [])),
  };
}

function isInline(part: Part): boolean {
  if (part.disposition === 'inline') return true;
  const related = part.parent?.contentType.mediaType === 'multipart/related';
  return part.disposition === undefined && related && headerField(part.header, 'content-id') !== undefined;
}

/** Parts whose content is elsewhere: in other messages (RFC 2046 §5.2.2), or on a server (§5.2.3). */
const ELSEWHERE: ReadonlySet<string> = new Set(['message/partial', 'message/external-body']);

function contentOf(message: Message, part: Part, isMessage: boolean, depth: number): AttachmentContent {
  const decoded = decodeBody(message, part);
  const inspected = inspectFile(decoded.bytes);
  // An attached message may begin with fields that nobody knows.
  const type = isMessage
    ? (inspected.type ?? { mediaType: 'message/rfc822', extensions: ['eml'], executable: false })
    : inspected.type;
  const unreadable = whyUnreadable(message, part, decoded, depth) ?? inspected.unreadable;
  return { bytes: decoded.bytes, ...inspected, type, unreadable };
}

function whyUnreadable(
  message: Message,
  part: Part,
  decoded: DecodedBody,
  depth: number,
): string | undefined {
  if (decoded.kind === 'unknown-encoding') return 'unknown-encoding';
  // Mail programs differ in what they make of either.
  if (decoded.defects.includes('base64-invalid')) return 'encoding-damaged';
  if (tokensOf(message.bytes, part.header, 'content-transfer-encoding').size > 1) return 'encoding-ambiguous';
  if (ELSEWHERE.has(part.contentType.mediaType)) return 'content-elsewhere';
  if (mayHaveMoreNames(message, part)) return 'names-over-limit';
  return depth >= MAX_ATTACHED_DEPTH && holdsMessage(message, part) ? 'too-deep' : undefined;
}

function nestedIn(message: Message, part: Part, budget: Budget): readonly Attachment[] {
  if (budget.depth >= MAX_ATTACHED_DEPTH || budget.left <= 0) return [];
  const { left, depth, prefix } = budget;
  return listWithin(parseAttachedMessage(message, part), {
    left,
    depth: depth + 1,
    prefix: `${prefix}${part.path}/`,
  });
}

/** A text that holds `begin ` somewhere in its raw form, or is encoded so that it could. */
function uuencodedIn(message: Message, part: Part, budget: Budget): readonly Attachment[] {
  if (part.contentType.mediaType !== 'text/plain' || transferOf(part) === 'uuencode') return [];
  const raw = bufferOver(message.bytes).subarray(part.body.start, part.body.end);
  if (transferOf(part) === 'identity' && !raw.includes('begin ', 0, 'latin1')) return [];
  const body = decodeBody(message, part).bytes;
  return uuencodedFiles(body).map((file, index) =>
    uuencodedAttachment(
      body,
      file,
      `${budget.prefix}${part.path}~${index + 1}`,
      index + 1 === MAX_UUENCODED_FILES ? 'files-over-limit' : undefined,
    ),
  );
}

function uuencodedAttachment(
  body: Uint8Array,
  file: UuencodedFile,
  path: string,
  unreadable: string | undefined,
): Attachment {
  const content = once((): AttachmentContent => {
    const bytes = decodeUuencodedFile(body, file);
    const inspected = inspectFile(bytes);
    return { bytes, ...inspected, unreadable: unreadable ?? inspected.unreadable };
  });
  return {
    path,
    kind: 'uuencode',
    names: withSavedNames([file.name]),
    mediaType: 'application/octet-stream',
    inline: false,
    get sizeBytes() {
      return content().bytes.length;
    },
    content,
    nested: () => [],
  };
}
