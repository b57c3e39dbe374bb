/** The form of a journal record, read as the programs read it that take them. */
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeJournalRecord, type RecordRequest } from '../../../local/native/journal-record.ts';
import '../../support/properties.ts';

const MESSAGE = Buffer.from(
  'From: a@example.com\r\nTo: B <b@example.com>, c@example.com\r\nCc: d@example.com\r\n\r\nHi\r\n',
);
const REQUEST: RecordRequest = {
  id: '01a1f866-0d8a-7b15-99aa-70a5500c476f',
  from: 'amazonjournaling@example.awsapps.com',
  to: 'archive@world.example',
  arrivedMs: Date.parse('2026-11-20T10:00:00Z'),
  direction: 'inbound',
  facts: {
    from: 'a@example.com',
    sender: undefined,
    subject: 'Hello',
    messageIdHeader: '<1@example.com>',
    isSpam: false,
  },
  mailFrom: 'bounces@example.com',
  recipients: [{ address: 'b@example.com', members: [] }],
  message: MESSAGE,
};

/** The lines of the first part and the bytes of the second, read by hand as journal readers do. */
function partsOf(record: Uint8Array): { head: string; lines: string[]; attached: string } {
  const text = Buffer.from(record).toString('latin1');
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(text) ?? [];
  const [head = '', first = '', second = '', end, ...more] = text.split(`--${boundary}`);
  expect([end, more]).toEqual(['--\r\n', []]);
  const body = (part: string): string => part.slice(part.indexOf('\r\n\r\n') + 4, -2);
  return { head, lines: body(first).replace(/\r\n$/, '').split('\r\n'), attached: body(second) };
}

describe('a journal record', () => {
  it('[J3] is a text with the envelope, then the message, under both markers', () => {
    const { head, lines, attached } = partsOf(composeJournalRecord(REQUEST));
    expect(head.split('\r\n')).toEqual([
      'Date: Fri, 20 Nov 2026 10:00:00 +0000',
      'From: <amazonjournaling@example.awsapps.com>',
      'To: <archive@world.example>',
      'Subject: Hello',
      'Message-ID: <01a1f866-0d8a-7b15-99aa-70a5500c476f@journal.report.generator>',
      'X-MS-Exchange-Parent-Message-Id: <1@example.com>',
      'Auto-Submitted: auto-generated',
      'X-MS-Journal-Report:',
      'X-WM-Journal-Report: journal',
      'MIME-Version: 1.0',
      expect.stringMatching(/^Content-Type: multipart\/mixed; boundary="_[0-9a-f]{40}_"$/),
      '',
      '',
    ]);
    expect(lines).toEqual([
      'Sender: a@example.com',
      'Subject: Hello',
      'Message-Id: <1@example.com>',
      'Recipient: b@example.com',
    ]);
    expect(attached).toBe(MESSAGE.toString('latin1'));
  });

  it('[J3] of what a user submitted names To, Cc and Bcc, and who was meant by a group', () => {
    const recipients = ['b@example.com', 'D@example.com', 'e@example.com'].map((address) => ({
      address,
      members: [],
    }));
    const group = { address: 'c@example.com', members: ['x@example.com', 'y@example.com'] };
    const { lines } = partsOf(
      composeJournalRecord({ ...REQUEST, direction: 'outbound', recipients: [...recipients, group] }),
    );
    expect(lines.slice(3)).toEqual([
      'To: b@example.com',
      'Cc: D@example.com',
      'Bcc: e@example.com',
      'To: x@example.com, Expanded: c@example.com',
      'To: y@example.com, Expanded: c@example.com',
    ]);
  });

  it('names who sent on behalf of whom, and the envelope sender where the header names none', () => {
    const facts = { ...REQUEST.facts, sender: 'secretary@example.com' };
    expect(partsOf(composeJournalRecord({ ...REQUEST, facts })).lines.slice(0, 2)).toEqual([
      'Sender: secretary@example.com',
      'On-Behalf-Of: a@example.com',
    ]);
    const nobody = { ...REQUEST.facts, from: undefined, subject: undefined, messageIdHeader: undefined };
    expect(partsOf(composeJournalRecord({ ...REQUEST, facts: nobody })).lines).toEqual([
      'Sender: bounces@example.com',
      'Subject: ',
      'Message-Id: ',
      'Recipient: b@example.com',
    ]);
  });

  it('another reader finds the same message in it, byte for byte', async () => {
    const bytes = Buffer.from('From: a@example.com\r\nSubject: \xe9\r\n\r\n\xff\x00\r\n--_x_\r\n', 'latin1');
    const email = await PostalMime.parse(composeJournalRecord({ ...REQUEST, message: bytes }), {
      forceRfc822Attachments: true,
    });
    const [attached] = email.attachments;
    expect(attached?.mimeType).toBe('message/rfc822');
    const content = attached?.content;
    const found = content instanceof ArrayBuffer ? Buffer.from(content).toString('latin1') : '';
    // This reader writes every line end as LF.
    expect(found.trimEnd()).toBe(bytes.toString('latin1').replaceAll('\r\n', '\n').trimEnd());
    expect(email.headers.map(({ key }) => key)).toContain('x-ms-journal-report');
  });

  it('holds the message unchanged and no line that its sender made up', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\r', '\n', 'Bcc: evil@x.example', ' ', '\u2028', '\u0085', ',') }),
    );
    fc.assert(
      fc.property(hostile, hostile, fc.uint8Array(), (subject, from, message) => {
        const record = composeJournalRecord({
          ...REQUEST,
          facts: { ...REQUEST.facts, subject, from },
          message,
        });
        const { head, lines, attached } = partsOf(record);
        expect(attached).toBe(Buffer.from(message).toString('latin1'));
        expect(lines.map((line) => line.split(':')[0])).toEqual([
          'Sender',
          'Subject',
          'Message-Id',
          'Recipient',
        ]);
        // To some readers these end a line as well.
        for (const line of lines)
          expect(Buffer.from(line, 'latin1').toString('utf8')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(head).not.toMatch(/^Bcc:/m);
        for (const line of head.split('\r\n')) expect(line).toMatch(/^[ -~]{0,998}$/);
      }),
    );
  });
});
