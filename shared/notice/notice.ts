/**
 * Notices: mail that Mailroom itself writes to tell somebody what a rule did. In plain words (RFC 3834): a machine that
 * writes mail says so in `Auto-Submitted`, answers nothing that a machine wrote, and is answered by no machine.
 *
 * What a sender chose (subject, addresses) stands in it as text: one line each, escaped in HTML, never as markup or link.
 * `mimetext` composes the message. It takes date, Message-ID and boundary from the clock and from chance, and writes a
 * subject as one encoded word however long it is (RFC 2047 §2: at most 75 characters), so these are given to it.
 */
import { createHash } from 'node:crypto';
import { PermanentError } from '../errors.ts';
import { newField } from '../mime/new-field.ts';
import { isPlainAddress, mailDate, oneLine } from './addresses.ts';

/** Says which notice of ours a message is: no rule answers it with another (`guard.ts`). */
export const NOTICE_HEADER = 'X-Mailroom-Notice';

/** Against a policy text into which a hostile subject or a long recipient list was put. */
const MAX_TEXT_CHARS = 60_000;
const MAX_SUBJECT_CHARS = 250;
/** RFC 2045 §6.8. */
const BASE64_LINE = /.{1,76}/g;
/** Stands for the subject until ours takes its place. */
const SUBJECT_LINE = /^Subject: .*$/m;

export interface Notice {
  /** Tells notices apart; the same id, the same Message-ID. 32 hexadecimal digits that nobody can guess. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Plain text; lines end in LF. */
  readonly text: string;
  readonly nowMs: number;
}

/** The whole message, with CRLF line ends. The same notice gives the same bytes. Throws PermanentError for a bad address. */
export async function composeNotice(notice: Notice): Promise<Uint8Array> {
  const { id, from, to, nowMs } = notice;
  for (const address of [from, to])
    if (!isPlainAddress(address)) throw new PermanentError('a notice cannot be addressed');
  const { createMimeMessage } = await import('mimetext');
  const message = createMimeMessage();
  message.setSender({ addr: from });
  message.setTo({ addr: to });
  message.setSubject('-');
  message.setHeader('Date', mailDate(nowMs));
  message.setHeader('Message-ID', `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`);
  message.setHeader('Auto-Submitted', 'auto-generated');
  // For Exchange and Outlook, which know this one (MS-OXCMAIL §2.2.3.2.14).
  message.setHeader('X-Auto-Response-Suppress', 'All');
  message.setHeader(NOTICE_HEADER, `v1 ${id}`);
  message.boundaries.alt = `=_${createHash('sha256').update(`notice ${id}`).digest('hex').slice(0, 32)}`;
  const text = `${notice.text.slice(0, MAX_TEXT_CHARS).toWellFormed().trimEnd()}\n`;
  for (const [contentType, data] of [
    ['text/plain', text],
    ['text/html', htmlOf(text)],
  ] as const)
    message.addMessage({ contentType, charset: 'utf-8', encoding: 'base64', data: base64(data) });
  const subject = newField('Subject', oneLine(notice.subject, MAX_SUBJECT_CHARS) || 'Notice', '\r\n');
  // The library ends its own lines as this machine does, and does not quote the boundary.
  const raw = message.asRaw().replaceAll(/\r?\n/g, '\r\n');
  const whole = raw
    .replace(SUBJECT_LINE, () => String(subject ?? 'Subject: Notice').trimEnd())
    .replace(/boundary=(=_[0-9a-f]{32})/, 'boundary="$1"');
  return Buffer.from(`${whole}\r\n`, 'latin1');
}

function base64(text: string): string {
  const encoded = Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'utf8').toString('base64');
  return (encoded.match(BASE64_LINE) ?? []).join('\r\n');
}

/** The text for readers that show HTML: escaped, as it stands, without a link or an image. */
function htmlOf(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body><pre style="font-family:sans-serif;white-space:pre-wrap">${escaped}</pre></body></html>\n`;
}
