/** Tells the report address of journaling that a journal record could not be delivered. */
import { createMimeMessage } from 'mimetext';
import { internetDate } from '../header-lines.ts';

export interface ReportNotice {
  /** Id of the notice itself. */
  readonly id: string;
  readonly from: string;
  /** The report address. */
  readonly to: string;
  readonly journalAddress: string;
  readonly nowMs: number;
  /** The message whose record it was. */
  readonly messageId: string;
  readonly messageIdHeader: string | undefined;
  readonly reason: string;
}

/** The whole notice. The same request gives the same bytes. */
export function composeReportNotice(notice: ReportNotice): Uint8Array {
  const message = createMimeMessage();
  message.setSender(notice.from);
  message.setTo(notice.to);
  message.setSubject('A journal record could not be delivered');
  // Set, because by itself the library takes them from the clock and from chance.
  message.setHeader('Date', internetDate(notice.nowMs));
  message.setHeader('Message-ID', `<${notice.id}@${notice.from.slice(notice.from.lastIndexOf('@') + 1)}>`);
  message.setHeader('Auto-Submitted', 'auto-generated');
  const about = notice.messageIdHeader === undefined ? '' : ` (${notice.messageIdHeader})`;
  message.addMessage({
    contentType: 'text/plain',
    charset: 'us-ascii',
    encoding: '7bit',
    data: [
      `The journal record of message ${notice.messageId}${about}`,
      `could not be delivered to ${notice.journalAddress}.`,
      '',
      `Reason: ${notice.reason.replace(/[^ -~]+/g, ' ')}`,
      '',
    ].join('\r\n'),
  });
  // The library ends its own lines as this machine does.
  return Buffer.from(message.asRaw().replace(/\r?\n/g, '\r\n'));
}
