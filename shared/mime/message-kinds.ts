/** What kind of mail a message is, as rules ask (`messageType`). One message may be of several kinds. */
import { fileNames } from './content-fields.ts';
import { headerField, headerFields } from './header.ts';
import { rawHeaderText } from './header-text.ts';
import { inlinePgpReason } from './inline-pgp.ts';
import { decodeBodyStart } from './transfer.ts';
import type { Message, Part } from './types.ts';

export const MESSAGE_KINDS = {
  signed: 'S/MIME or OpenPGP signed, multipart, opaque or inline',
  encrypted: 'S/MIME or OpenPGP encrypted, multipart, opaque or inline; or rights-managed',
  calendar: 'an invitation, or an answer to one',
  autoReply: 'written by a program in answer to a message: an absence notice',
  report: 'a delivery report, a read receipt or another report (multipart/report)',
  readReceipt: 'tells that a message was read, or deleted unread',
  list: 'came through a mailing list',
  partial: 'one fragment of a message (message/partial)',
  tnef: 'has its content in a winmail.dat',
  permissionControlled: 'rights-managed by Microsoft (.rpmsg)',
} as const;

export type MessageKind = keyof typeof MESSAGE_KINDS;

/** Every kind that the message is of. */
export function messageKinds(message: Message): ReadonlySet<MessageKind> {
  const kinds = new Set<MessageKind>(kindsOfHeader(message));
  for (const part of message.parts) for (const kind of kindsOfPart(message, part)) kinds.add(kind);
  return kinds;
}

/** Fields that mailing lists and senders to many write (RFC 2919, RFC 2369). */
const TO_MANY = ['list-id', 'list-post', 'list-unsubscribe'];
const BULK: ReadonlySet<string> = new Set(['bulk', 'list', 'junk']);

/**
 * Mail that no program may answer: reports, automatic answers, notifications, list and bulk mail (RFC 3834 §2). An answer goes
 * to the wrong person or round in circles. The sender writes these fields, and whoever forges them only spares himself an answer.
 */
export function isAutomatic(message: Message): boolean {
  const { contentType, header } = message.root;
  return (
    contentType.mediaType === 'multipart/report' ||
    // RFC 3834 §5: anything but `no` was not written by a person.
    words(message, 'auto-submitted').some((word) => word !== 'no') ||
    words(message, 'precedence').some((word) => BULK.has(word)) ||
    header.fields.some(({ lowerName }) => TO_MANY.includes(lowerName)) ||
    isAutoReply(message)
  );
}

function kindsOfHeader(message: Message): readonly MessageKind[] {
  const kinds: MessageKind[] = [];
  const contentClass = words(message, 'content-class');
  if (isAutoReply(message)) kinds.push('autoReply');
  if (isList(message)) kinds.push('list');
  if (contentClass.some((word) => word === 'rpmsg.message')) kinds.push('permissionControlled', 'encrypted');
  if (contentClass.some((word) => word === 'urn:content-classes:calendarmessage')) kinds.push('calendar');
  return kinds;
}

/** RFC 3834 §5.1; and what programs wrote before it. `auto-generated` is a notification that answers nothing. */
function isAutoReply(message: Message): boolean {
  const { header } = message.root;
  if (words(message, 'auto-submitted').includes('auto-replied')) return true;
  if (words(message, 'precedence').includes('auto_reply')) return true;
  return ['x-autoreply', 'x-autorespond', 'x-autoreply-from'].some(
    (name) => headerField(header, name) !== undefined,
  );
}

/** RFC 2919, RFC 2369 §3.4, and the field that lists wrote before them. Bulk mail has List-Unsubscribe too, and is no list. */
function isList(message: Message): boolean {
  const { header } = message.root;
  return (
    headerField(header, 'list-id') !== undefined ||
    headerField(header, 'list-post') !== undefined ||
    words(message, 'precedence').includes('list')
  );
}

/** Stops a header of thousands of fields of one name. */
const MAX_FIELDS = 10;

/** The first word of each field of the name, lower case, without parameters and comments. */
function words(message: Message, name: string): readonly string[] {
  return headerFields(message.root.header, name)
    .slice(0, MAX_FIELDS)
    .map(
      (field) =>
        rawHeaderText(message, field)
          .toLowerCase()
          .split(/[\s;(]/, 1)[0] ?? '',
    );
}

function kindsOfPart(message: Message, part: Part): readonly MessageKind[] {
  const { mediaType } = part.contentType;
  switch (mediaType) {
    case 'multipart/signed':
    case 'application/pkcs7-signature':
    case 'application/x-pkcs7-signature':
    case 'application/pgp-signature':
      return ['signed'];
    case 'multipart/encrypted':
    case 'application/pgp-encrypted':
      return ['encrypted'];
    case 'application/pkcs7-mime':
    case 'application/x-pkcs7-mime':
      return [smimeKind(part)];
    case 'application/x-microsoft-rpmsg-message':
      return ['permissionControlled', 'encrypted'];
    case 'multipart/report':
      return part.contentType.parameters.get('report-type')?.toLowerCase() === 'disposition-notification'
        ? ['report', 'readReceipt']
        : ['report'];
    case 'message/delivery-status':
    case 'message/global-delivery-status':
      return ['report'];
    case 'message/disposition-notification':
    case 'message/global-disposition-notification':
      return ['report', 'readReceipt'];
    case 'message/partial':
      return ['partial'];
    case 'application/ms-tnef':
    case 'application/vnd.ms-tnef':
      return ['tnef'];
    case 'text/calendar':
      return part.disposition !== 'attachment' || part.contentType.parameters.has('method')
        ? ['calendar']
        : [];
    case 'text/plain':
    case 'text/html':
      return inlineKind(message, part);
    default:
      return kindsOfName(message, part);
  }
}

/** RFC 8551 §3.2.2: what an application/pkcs7-mime holds. */
function smimeKind(part: Part): MessageKind {
  const kind = part.contentType.parameters.get('smime-type')?.toLowerCase();
  return kind === 'signed-data' || kind === 'certs-only' ? 'signed' : 'encrypted';
}

/** Armour begins a text, or follows a few words: nobody looks further down for it. */
const ARMOUR_WITHIN_BYTES = 256 * 1024;

function inlineKind(message: Message, part: Part): readonly MessageKind[] {
  if (part.disposition === 'attachment') return [];
  const reason = inlinePgpReason(decodeBodyStart(message, part, ARMOUR_WITHIN_BYTES).bytes);
  return reason === undefined ? [] : [reason];
}

/** Programs that do not know a type send it as application/octet-stream, and the name tells. */
function kindsOfName(message: Message, part: Part): readonly MessageKind[] {
  if (part.children.length > 0 || !part.contentType.mediaType.startsWith('application/')) return [];
  const names = fileNames(message, part).map((name) => name.toLowerCase());
  if (names.some((name) => name.endsWith('.rpmsg'))) return ['permissionControlled', 'encrypted'];
  if (names.includes('winmail.dat')) return ['tnef'];
  if (names.some((name) => name.endsWith('.p7m'))) return ['encrypted'];
  return names.some((name) => name.endsWith('.p7s')) ? ['signed'] : [];
}
