/** The message that carries a report (aggregate-reporting-32 §3.5.2): a text for people, and the file as an attachment. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../errors.ts';
import { newField } from '../../mime/new-field.ts';
import { isPlainAddress, mailDate } from '../../notice/addresses.ts';
import { type ReportName, reportId, reportSubject } from './names.ts';
import type { ReportPart } from './write-parts.ts';

export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly nowMs: number;
}

/** RFC 2045 §6.8. */
const BASE64_LINE = /.{1,76}/g;
const EOL = '\r\n';

/** The fields that each report begins with. Throws PermanentError for an address that is none. */
export function reportFields(
  { from, to, nowMs }: Envelope,
  subject: string,
  id: string,
  contentType: string,
): string {
  if (!isPlainAddress(from) || !isPlainAddress(to)) throw new PermanentError('a report cannot be addressed');
  const fields: readonly (readonly [string, string])[] = [
    ['From', from],
    ['To', to],
    ['Subject', subject],
    ['Date', mailDate(nowMs)],
    // SES puts one of its own in its place; the Report-ID in the subject stays.
    ['Message-ID', `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`],
    // RFC 3834 §5: no machine answers it.
    ['Auto-Submitted', 'auto-generated'],
    // For Exchange and Outlook, which know this one (MS-OXCMAIL §2.2.3.2.14).
    ['X-Auto-Response-Suppress', 'All'],
    ['MIME-Version', '1.0'],
  ];
  const written = fields.map(([name, value]) => {
    const field = newField(name, value, EOL);
    if (field === undefined) throw new PermanentError(`a report cannot have the field ${name}`);
    return field.toString('latin1');
  });
  return `${written.join('')}Content-Type: ${contentType}${EOL}`;
}

/** The whole message, with CRLF line ends. */
export function composeReport(part: ReportPart, envelope: Envelope): Uint8Array {
  const id = reportId(part.name);
  const boundary = `=_${createHash('sha256').update(`report ${id}`).digest('hex').slice(0, 32)}`;
  const type = `multipart/mixed;${EOL} boundary="${boundary}"`;
  const lines = [
    `${reportFields(envelope, reportSubject(part.name), id, type)}`,
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...textFor(part.name),
    '',
    `--${boundary}`,
    // RFC 6713. The name is quoted: "!" may stand in a token, and not every reader knows it.
    'Content-Type: application/gzip',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment;',
    ` filename="${part.fileName}"`,
    '',
    ...(Buffer.from(part.gzip).toString('base64').match(BASE64_LINE) ?? []),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join(EOL), 'latin1');
}

function textFor({ domain, receiver, begin, end }: ReportName): readonly string[] {
  const [from, to] = [begin, end].map((seconds) => new Date(seconds * 1000).toISOString());
  return [
    'This is a DMARC aggregate report (RFC 9990). A machine wrote it; its data are in the',
    'attachment.',
    '',
    `Domain:  ${domain}`,
    `From:    ${from}`,
    `To:      ${to}`,
    `Made by: ${receiver}`,
  ];
}
