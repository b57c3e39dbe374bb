/** The mail and the events that are measured: literal, so that two runs measure the same thing. */

/** good.example of the sample zone: SPF passes from this host, DMARC too. */
export const SENDER = {
  mailFrom: 'ann@good.example',
  client: { address: '203.0.113.10', name: 'mail.good.example', helo: 'mail.good.example' },
} as const;
export const RECIPIENT = 'alice@example.com';

const SENTENCE = 'The figures of the third quarter are in, and they are as we expected them to be. ';
const BOUNDARY = 'b1_7f3c';

const part = (type: string, body: string): string =>
  `--${BOUNDARY}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${body}\r\n`;

const paragraphs = (count: number, open: string, close: string): string =>
  `${open}${SENTENCE}${close}\r\n`.repeat(count);

/**
 * A message with a text and an HTML alternative, `bytes` long to within a sentence. `name` becomes its Subject and
 * Message-ID, so that no two have the same content.
 */
export function sampleMessage(name: string, bytes: number): Buffer {
  const header =
    `From: Ann <${SENDER.mailFrom}>\r\nTo: Alice <${RECIPIENT}>\r\nSubject: ${name}\r\n` +
    `Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${name}@good.example>\r\nMIME-Version: 1.0\r\n` +
    `Content-Type: multipart/alternative; boundary="${BOUNDARY}"\r\n\r\n`;
  const body = (count: number): string => {
    const text = part('text/plain', paragraphs(count, '', ''));
    const html = part('text/html', `<html><body>\r\n${paragraphs(count, '<p>', '</p>')}</body></html>`);
    return `${text}${html}--${BOUNDARY}--\r\n`;
  };
  const empty = header.length + body(0).length;
  const each = body(1).length - body(0).length;
  return Buffer.from(header + body(Math.max(1, Math.round((bytes - empty) / each))), 'latin1');
}

/** The event of a rule, in the form of version 2018-10-10. */
export function ruleEvent(messageId: string, subject: string) {
  return {
    summaryVersion: '2018-10-10',
    envelope: { mailFrom: { address: SENDER.mailFrom }, recipients: [{ address: RECIPIENT }] },
    subject,
    messageId,
    invocationId: messageId.replaceAll('-', ''),
    flowDirection: 'INBOUND',
    truncated: false,
  };
}

/** A question about two weeks of the two people whose calendars the sample policy knows. */
export const AVAILABILITY_EVENT = {
  requester: {
    email: RECIPIENT,
    userName: 'alice',
    organization: 'm-0123456789abcdef0123456789abcdef',
    userId: 'S-1-5-18',
    origin: '127.0.0.1',
  },
  mailboxes: ['dave@partner.example', 'erin@partner.example'],
  window: { startDate: '2026-11-16T00:00:00.000Z', endDate: '2026-11-30T00:00:00.000Z' },
};
