import fc from 'fast-check';
import { type ParsedMail, simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { type BounceRequest, composeBounce } from '../../../local/flow/bounce.ts';

const REQUEST: BounceRequest = {
  id: '01a1f866-0d8a-7b15-99aa-70a5500c476f',
  to: 'wendy@good.example',
  domain: 'example.com',
  reportingHost: 'inbound-smtp.us-east-1.amazonaws.com',
  nowMs: Date.parse('2026-11-20T10:00:05Z'),
  arrivedMs: Date.parse('2026-11-20T10:00:00Z'),
  recipients: [
    { recipient: 'alice@example.com', text: 'Bitte nicht: schöne Grüße', status: '5.7.1' },
    { recipient: 'bob@example.com', text: 'There is no mailbox with this address.', status: '5.1.1' },
  ],
  header: Buffer.from('From: wendy@good.example\r\nSubject: Hi\r\nMessage-ID: <1@good.example>\r\n\r\n'),
  messageIdHeader: '<1@good.example>',
};

/** The parts of the report as they stand, and the mail as mailparser sees it. */
async function parsed(request: BounceRequest): Promise<{ mail: ParsedMail; raw: string; parts: string[] }> {
  const bytes = Buffer.from(composeBounce(request));
  const raw = bytes.toString('latin1');
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1] ?? 'none';
  const parts = raw.split(`\r\n--${boundary}`).slice(1, -1);
  return { mail: await simpleParser(bytes), raw, parts };
}

describe('a delivery status notification', () => {
  test('is a report with three parts, and says what happened', async () => {
    const { mail, parts } = await parsed(REQUEST);
    expect(mail.headers.get('content-type')).toMatchObject({
      value: 'multipart/report',
      params: { 'report-type': 'delivery-status' },
    });
    expect(mail.text).toContain('schöne Grüße');
    expect(mail.to).toMatchObject({ text: 'wendy@good.example' });
    expect(mail.references).toBe('<1@good.example>');
    expect(mail.headers.get('auto-submitted')).toBe('auto-replied');
    expect(parts.map((part) => /Content-Type: ([^\r;]+)/.exec(part)?.[1])).toEqual([
      'text/plain',
      'message/delivery-status',
      'text/rfc822-headers',
    ]);
  });

  test('has no line that is longer than RFC 5322 allows, whatever a function wants to tell', async () => {
    const recipients = [{ recipient: 'alice@example.com', text: 'x'.repeat(5_000), status: '5.7.1' }];
    const { raw } = await parsed({ ...REQUEST, recipients });
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  });

  test('has the fields of RFC 3464, a block for each recipient', async () => {
    const { parts } = await parsed(REQUEST);
    expect(parts[1]?.trimEnd().split('\r\n\r\n').slice(1)).toEqual([
      'Reporting-MTA: dns; inbound-smtp.us-east-1.amazonaws.com\r\nArrival-Date: Fri, 20 Nov 2026 10:00:00 +0000',
      'Final-Recipient: rfc822; alice@example.com\r\nAction: failed\r\nStatus: 5.7.1\r\nDiagnostic-Code: smtp; 550 5.7.1 Bitte nicht: sch?ne Gr??e',
      'Final-Recipient: rfc822; bob@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 There is no mailbox with this address.',
    ]);
  });

  test('is the same for the same request', () => {
    expect(composeBounce(REQUEST)).toEqual(composeBounce({ ...REQUEST }));
  });

  test('returns a large header cut at a line end, and no line over 1000 octets', async () => {
    const header = Buffer.from(
      `From: a@b.example\n${'X-Long: '}${'y'.repeat(5000)}\n${'X-Many: z\n'.repeat(10_000)}`,
    );
    const { raw, parts } = await parsed({ ...REQUEST, header });
    expect(raw.length).toBeLessThan(60_000);
    for (const line of raw.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
    expect(parts[2]).toMatch(/X-Many: z$/);
  });
});

test('nothing that comes from others leaves its place', async () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '\r\n',
      '\n--',
      '\r\nBcc: x@y.example\r\n\r\n',
      '\0',
      '--=_',
      '\u2028',
      '=?utf-8?q?=0D=0A?=',
    ),
  );
  const text = fc.array(nasty, { maxLength: 5 }).map((pieces) => pieces.join(''));
  const expected = await parsed(REQUEST);
  const names = [...expected.mail.headers.keys()];
  await fc.assert(
    fc.asyncProperty(text, text, text, async (address, notice, header) => {
      const { mail, raw, parts } = await parsed({
        ...REQUEST,
        to: address,
        recipients: [{ recipient: address, text: notice, status: '5.7.1' }],
        header: Buffer.from(header),
      });
      expect([...mail.headers.keys()].filter((name) => name !== 'content-transfer-encoding')).toEqual(names);
      expect(parts).toHaveLength(3);
      expect(parts[1]?.split('\r\n\r\n')).toHaveLength(3);
      expect(raw).not.toMatch(/[^\r]\n|\r[^\n]/);
    }),
    { numRuns: 60 },
  );
});
