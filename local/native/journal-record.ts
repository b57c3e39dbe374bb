/**
 * Writes journal records as WorkMail's built-in journaling sends them: in the form that Microsoft's journal readers
 * know (Exchange 2007 and later). In plain words: a multipart/mixed of two parts, first a text that names the sender,
 * the subject, the id and each recipient on a line of its own, then the message itself, not a byte changed.
 *
 *   Sender: a@example.com
 *   Subject: Hello
 *   Message-Id: <1@example.com>
 *   Recipient: b@example.com
 *   Recipient: member@example.com, Expanded: group@example.com
 *
 * Who stood in To, Cc and Bcc is known only of what a user submitted; for the rest the line is `Recipient`. No public
 * capture of WorkMail's own record is known: of it only the marker `X-WM-Journal-Report: journal` is, and Exchange's
 * marker stands beside it. Not written with `mimetext`, which encodes every attachment: an attached message must not be
 * (RFC 2046 §5.2.1).
 *
 * Subject and addresses are the sender's text: each is brought into a form that cannot begin another line.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { parseAddressList } from '../../shared/mime/address.ts';
import { encodeWords, headerFields, parseMessage, rawHeaderText } from '../../shared/mime/index.ts';
import type { HeaderFacts } from '../flow/facts.ts';
import type { Direction } from '../flow/types.ts';
import { foldedLines, internetDate } from '../header-lines.ts';

/** A subject of thousands of characters says no more than its beginning, and would be the longest part of the record. */
const MAX_SUBJECT_CHARS = 1_000;

export interface JournaledRecipient {
  readonly address: string;
  /** The members, when it is a group's address; empty otherwise. */
  readonly members: readonly string[];
}

export interface RecordRequest {
  /** Id of the record itself. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Unix time in ms of the message's arrival. */
  readonly arrivedMs: number;
  readonly direction: Direction;
  readonly facts: HeaderFacts;
  /** Envelope sender, for a message whose header names none. */
  readonly mailFrom: string;
  readonly recipients: readonly JournaledRecipient[];
  readonly message: Uint8Array;
}

/** The whole record, with CRLF line ends in what is written here. The same request gives the same bytes. */
export function composeJournalRecord(request: RecordRequest): Uint8Array {
  const { facts, message } = request;
  // Unknown to whoever wrote the message: the id has random bits of this machine in it.
  const boundary = `_${createHash('sha256').update(`journal ${request.id}`).digest('hex').slice(0, 40)}_`;
  const envelope = envelopeLines(request).join('\r\n');
  const textIsAscii = isAscii(Buffer.from(envelope));
  const messageIsAscii = isAscii(message);
  const isEightBit = !textIsAscii || !messageIsAscii;
  const subject = plain(facts.subject ?? '').slice(0, MAX_SUBJECT_CHARS);
  const head = [
    `Date: ${internetDate(request.arrivedMs)}`,
    `From: <${request.from}>`,
    `To: <${request.to}>`,
    ...foldedLines('Subject', encodeWords(subject)),
    `Message-ID: <${request.id}@journal.report.generator>`,
    ...(facts.messageIdHeader === undefined
      ? []
      : [`X-MS-Exchange-Parent-Message-Id: ${facts.messageIdHeader}`]),
    // RFC 3834 §5: nobody is to answer this automatically.
    'Auto-Submitted: auto-generated',
    // After From and To: readers forget the recipients that they saw before the marker.
    'X-MS-Journal-Report:',
    'X-WM-Journal-Report: journal',
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    ...(isEightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
    '',
    `--${boundary}`,
    `Content-Type: text/plain; charset=${textIsAscii ? 'us-ascii' : 'utf-8'}`,
    `Content-Transfer-Encoding: ${textIsAscii ? '7bit' : '8bit'}`,
    '',
    envelope,
    '',
    `--${boundary}`,
    'Content-Type: message/rfc822',
    ...(messageIsAscii ? [] : ['Content-Transfer-Encoding: 8bit']),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n')), message, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function envelopeLines({ facts, mailFrom, direction, recipients, message }: RecordRequest): string[] {
  const author = facts.from ?? mailFrom;
  const sender = facts.sender ?? author;
  const typeOf = direction === 'outbound' ? recipientTypes(message) : () => 'Recipient';
  const lines = [
    `Sender: ${plain(sender)}`,
    ...(sender.toLowerCase() === author.toLowerCase() ? [] : [`On-Behalf-Of: ${plain(author)}`]),
    `Subject: ${plain(facts.subject ?? '').slice(0, MAX_SUBJECT_CHARS)}`,
    `Message-Id: ${facts.messageIdHeader ?? ''}`,
  ];
  for (const { address, members } of recipients) {
    const type = typeOf(address);
    if (members.length === 0) lines.push(`${type}: ${plain(address)}`);
    for (const member of members) lines.push(`${type}: ${plain(member)}, Expanded: ${plain(address)}`);
  }
  return lines;
}

/** By the header of what a user submitted: who is in neither To nor Cc was a blind copy. */
function recipientTypes(bytes: Uint8Array): (address: string) => string {
  const message = parseMessage(bytes);
  const addressesIn = (name: string): Set<string> =>
    new Set(
      headerFields(message.root.header, name)
        .flatMap((field) => parseAddressList(rawHeaderText(message, field)).mailboxes)
        .map(({ address }) => address.toLowerCase()),
    );
  const to = addressesIn('to');
  const cc = addressesIn('cc');
  return (address) => {
    const lower = address.toLowerCase();
    if (to.has(lower)) return 'To';
    return cc.has(lower) ? 'Cc' : 'Bcc';
  };
}

/** Text that stays on its line: a line of a sender's would be read as a recipient. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
