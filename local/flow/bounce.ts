/**
 * Writes delivery status notifications: mail that tells a sender that a message was not delivered. In plain words
 * (RFC 3464, RFC 6522): a multipart/report with a text for the person, a part of fields for the machine, and the
 * header of the message it is about. It is sent with the null sender, so that it can never be answered by another.
 *
 * Written here and not with `mimetext`, which knows the multipart types mixed, alternative and related only, and
 * takes date and boundary from the clock and from chance.
 *
 * What was sent by others enters it (addresses, a header, a function's text), so each piece is brought into a form
 * that cannot end a line or a part.
 */
import { createHash } from 'node:crypto';
import { foldedLines, internetDate } from '../header-lines.ts';

/** Of the returned header; a hostile one of megabytes would be sent on to whoever its sender names. */
const MAX_HEADER_BYTES = 32 * 1024;
/** Of what a function wants to tell. */
const MAX_NOTICE_CHARS = 2_000;
/** Of it, for machines: one word of this length still fits a line (RFC 5322 §2.1.1: 998 characters). */
const MAX_DIAGNOSTIC_CHARS = 900;
/** RFC 2045 §6.8: no line of base64 is longer. */
const LINE_CHARS = 76;

export interface BouncedRecipient {
  readonly recipient: string;
  /** What the sender is told. */
  readonly text: string;
  /** Enhanced status code, RFC 3463: `5.7.1`. */
  readonly status: string;
}

export interface BounceRequest {
  /** Id of the bounce itself. */
  readonly id: string;
  /** Whom it goes to: the envelope sender of the message. Not the null sender. */
  readonly to: string;
  /** The organization's domain, in whose name it speaks. */
  readonly domain: string;
  /** The host that says so. */
  readonly reportingHost: string;
  /** Unix time in ms of the bounce and of the message's arrival. */
  readonly nowMs: number;
  readonly arrivedMs: number;
  readonly recipients: readonly BouncedRecipient[];
  /** The header of the message, raw. */
  readonly header: Uint8Array;
  readonly messageIdHeader: string | undefined;
}

/** The whole notification, with CRLF line ends. The same request gives the same bytes. */
export function composeBounce(request: BounceRequest): Uint8Array {
  // Unknown to whoever wrote the returned header: the id has random bits of this machine in it.
  const boundary = `=_${createHash('sha256').update(`bounce ${request.id}`).digest('hex').slice(0, 40)}`;
  const header = cutHeader(request.header);
  const eightBit = header.some((byte) => byte > 0x7f);
  const lines = [
    `Date: ${internetDate(request.nowMs)}`,
    `From: Mail Delivery Subsystem <mailer-daemon@${request.domain}>`,
    `To: <${field(request.to)}>`,
    'Subject: Delivery Status Notification (Failure)',
    `Message-ID: <${request.id}@${request.domain}>`,
    ...(request.messageIdHeader === undefined ? [] : [`References: ${request.messageIdHeader}`]),
    // RFC 3834 §5: nobody is to answer this automatically.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
    ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
    '',
    'This is a delivery status notification in MIME format.',
    '',
    `--${boundary}`,
    ...humanPart(request.recipients),
    `--${boundary}`,
    ...statusPart(request),
    `--${boundary}`,
    // RFC 6522 §4: the header alone, where the message itself is not returned.
    'Content-Type: text/rfc822-headers',
    ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), header, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

function humanPart(recipients: readonly BouncedRecipient[]): string[] {
  const paragraphs = recipients.map(({ recipient, text }) => `<${field(recipient)}>:\r\n  ${notice(text)}`);
  const text = `Your message could not be delivered to the following recipients:\r\n\r\n${paragraphs.join('\r\n\r\n')}\r\n`;
  const encoded = Buffer.from(text).toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
  return ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', '', ...lines];
}

/** RFC 3464 §2.2 and §2.3: fields of the message, then a block for each recipient. */
function statusPart(request: BounceRequest): string[] {
  const blocks = request.recipients.map(({ recipient, text, status }) => [
    '',
    `Final-Recipient: rfc822; ${field(recipient)}`,
    'Action: failed',
    `Status: ${status}`,
    ...foldedLines(
      'Diagnostic-Code',
      `smtp; 550 ${status} ${field(notice(text)).slice(0, MAX_DIAGNOSTIC_CHARS)}`,
    ),
  ]);
  return [
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${request.reportingHost}`,
    `Arrival-Date: ${internetDate(request.arrivedMs)}`,
    ...blocks.flat(),
    '',
  ];
}

/** Text that cannot end the field it stands in, nor leave ASCII (RFC 3464 §2.1.2). */
function field(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => (/\s/.test(character) ? ' ' : '?'));
}

/** What a function wants to tell, as one paragraph. */
function notice(text: string): string {
  const plain = text
    .slice(0, MAX_NOTICE_CHARS)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return plain === '' ? 'The message was refused.' : plain;
}

/** Cut at a line end, with CRLF line ends, whatever the sender's were. */
function cutHeader(header: Uint8Array): Buffer {
  const text = Buffer.from(header.subarray(0, MAX_HEADER_BYTES)).toString('latin1');
  const whole = header.length <= MAX_HEADER_BYTES ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.replace(/[\r\n]+$/, '').split(/\r\n|\r|\n/);
  return Buffer.from(lines.flatMap(cutLine).join('\r\n'), 'latin1');
}

/** RFC 5321 §4.5.3.1.6: no line over 1000 octets with its CRLF; a longer one continues as a folded one. */
function cutLine(line: string): string[] {
  if (line.length <= 990) return [line];
  return (line.match(/.{1,989}/g) ?? []).map((piece, index) => (index === 0 ? piece : ` ${piece}`));
}
