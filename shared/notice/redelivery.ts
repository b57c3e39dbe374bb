/** The two shapes in which a held message comes once more (`release.ts`). */
import { createHash } from 'node:crypto';
import { PermanentError } from '../errors.ts';
import { newField } from '../mime/new-field.ts';
import { refusedAttachment } from '../mime/refused-attachment.ts';
import { parseMessage } from '../mime/scan.ts';
import { isPlainAddress, mailDate, oneLine } from './addresses.ts';
import { RELEASE_HEADER } from './release.ts';

const MAX_SUBJECT_CHARS = 200;
/** RFC 5322 §2.1.1, without the line end. */
const MAX_LINE_BYTES = 998;
const LF = 0x0a;
const CR = 0x0d;
const BASE64_BYTES_A_LINE = 57;

/** The original with the field as its first line. Throws PermanentError for one whose first line would continue the field. */
export function asItCame(original: Uint8Array, release: string): Uint8Array {
  if (original[0] === 0x20 || original[0] === 0x09)
    throw new PermanentError('the message begins with a folded line: it can only be sent as an attachment');
  return Buffer.concat([Buffer.from(`${RELEASE_HEADER}: ${release}\r\n`), original]);
}

export interface AttachedOriginal {
  /** Tells messages apart; letters, digits and dashes. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The original's author, whom an answer should reach; undefined where From names no single one. */
  readonly author: string | undefined;
  /** The original's, decoded. */
  readonly subject: string;
  /** The first part, in plain text; lines end in LF. */
  readonly text: string;
  readonly release: string;
  readonly original: Uint8Array;
  readonly nowMs: number;
}

/** A message of ours with the original attached, octet by octet. Throws PermanentError for a bad address. */
export function asAttachment(message: AttachedOriginal): Uint8Array {
  const { id, from, to, author, release, original } = message;
  for (const address of [from, to])
    if (!isPlainAddress(address)) throw new PermanentError('the release cannot be addressed');
  const form = formOf(original);
  // Whoever wrote the original cannot know it: the release is made with a secret key.
  const boundary = `=_${createHash('sha256').update(`release ${id} ${release}`).digest('hex').slice(0, 40)}`;
  const subject = newField('Subject', `Released: ${oneLine(message.subject, MAX_SUBJECT_CHARS)}`, '\r\n');
  const head = [
    `${RELEASE_HEADER}: ${release}`,
    `Date: ${mailDate(message.nowMs)}`,
    `From: <${from}>`,
    ...(author !== undefined && isPlainAddress(author) ? [`Reply-To: <${author}>`] : []),
    `To: <${to}>`,
    String(subject ?? 'Subject: Released').trimEnd(),
    `Message-ID: <${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64Lines(Buffer.from(message.text.replaceAll('\n', '\r\n'))),
    `--${boundary}`,
    `Content-Type: ${form.type}`,
    `Content-Transfer-Encoding: ${form.transfer}`,
    'Content-Disposition: attachment; filename="message.eml"',
    '',
    '',
  ];
  const body = form.transfer === 'base64' ? Buffer.from(base64Lines(original)) : original;
  return Buffer.concat([Buffer.from(head.join('\r\n')), body, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

interface Form {
  readonly type: string;
  readonly transfer: '7bit' | '8bit' | 'base64';
}

/**
 * RFC 2046 §5.2.1: message/rfc822 may not be encoded. One that no server takes as it is (a line that is too long, a NUL,
 * a lone CR or LF) is therefore a file. So is one with an attachment that SES refuses.
 */
function formOf(original: Uint8Array): Form {
  const refused = refusedAttachment(parseMessage(original)) !== undefined;
  const transfer = refused ? 'base64' : transferOf(original);
  const type = transfer === 'base64' ? 'application/octet-stream; name="message.eml"' : 'message/rfc822';
  return { type, transfer };
}

function transferOf(bytes: Uint8Array): Form['transfer'] {
  let transfer: '7bit' | '8bit' = '7bit';
  let lineStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0 || (byte === CR && bytes[at + 1] !== LF)) return 'base64';
    if (byte > 0x7f) transfer = '8bit';
    if (byte !== LF) continue;
    if (at === 0 || bytes[at - 1] !== CR || at - 1 - lineStart > MAX_LINE_BYTES) return 'base64';
    lineStart = at + 1;
  }
  return bytes.length - lineStart > MAX_LINE_BYTES ? 'base64' : transfer;
}

function base64Lines(bytes: Uint8Array): string {
  const lines: string[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length; at += BASE64_BYTES_A_LINE)
    lines.push(buffer.toString('base64', at, at + BASE64_BYTES_A_LINE));
  return lines.join('\r\n');
}
