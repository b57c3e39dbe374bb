/** Notices: what is in them, and what a hostile sender cannot put there. */
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../../shared/mime/index.ts';
import { isPlainAddress, oneLine } from '../../../shared/notice/addresses.ts';
import { claimedNotice, noAnswerBecause } from '../../../shared/notice/guard.ts';
import { heldNotice } from '../../../shared/notice/held.ts';
import { composeNotice, type Notice } from '../../../shared/notice/notice.ts';
import '../../support/properties.ts';

const NOTICE: Notice = {
  id: '0123456789abcdef'.repeat(2),
  from: 'mailroom@example.com',
  to: 'alice@example.com',
  subject: 'A message to you was held back',
  text: 'Grüße\n<b>not bold</b> & https://evil.example/\n',
  nowMs: Date.UTC(2026, 10, 21),
};

const FIELDS = [
  'date',
  'from',
  'to',
  'message-id',
  'subject',
  'mime-version',
  'auto-submitted',
  'x-auto-response-suppress',
  'x-mailroom-notice',
  'content-type',
];

describe('a notice', () => {
  test('says that a machine wrote it, in text and HTML, the same each time', async () => {
    const bytes = await composeNotice(NOTICE);
    expect(Buffer.from(await composeNotice(NOTICE)).equals(bytes)).toBe(true);
    const text = Buffer.from(bytes).toString('latin1');
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).toContain('\r\nAuto-Submitted: auto-generated\r\n');
    expect(text).toContain('\r\nX-Auto-Response-Suppress: All\r\n');
    expect(text).toContain('Date: Sat, 21 Nov 2026 00:00:00 +0000\r\n');
    expect(text).toContain(`\r\nMessage-ID: <${NOTICE.id}@example.com>\r\n`);
    expect(claimedNotice(parseMessage(bytes))).toBe(NOTICE.id);
    const parsed = await simpleParser(Buffer.from(bytes));
    expect(parsed.subject).toBe(NOTICE.subject);
    expect(parsed.text).toBe(NOTICE.text);
    expect(parsed.html).toContain('&lt;b&gt;not bold&lt;/b&gt; &amp; https://evil.example/');
    expect(parsed.from?.value[0]?.address).toBe(NOTICE.from);
    expect(parsed.attachments).toEqual([]);
  });

  test('has lines that every server takes, and encoded words of at most 75 characters', async () => {
    const subject = 'ä'.repeat(120);
    const bytes = await composeNotice({ ...NOTICE, subject, text: 'ß'.repeat(5_000) });
    const lines = Buffer.from(bytes).toString('latin1').split('\r\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    for (const [word] of lines.join('\n').matchAll(/=\?[^?]+\?.\?[^?]*\?=/g))
      expect(word.length).toBeLessThanOrEqual(75);
    expect((await simpleParser(Buffer.from(bytes))).subject).toBe(subject);
  });

  test('takes no field, part or address from what is put into it', async () => {
    const hostile = fc.oneof(
      fc.constantFrom('\r\nBcc: v@x.example', '\n\n<html>', '\r', '$&', '$1', '=?utf-8?B?eA==?=', '\u202e'),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (subject, text) => {
        const { root } = parseMessage(await composeNotice({ ...NOTICE, subject, text }));
        expect(root.header.fields.map(({ lowerName }) => lowerName).sort()).toEqual([...FIELDS].sort());
        expect(root.children.map(({ contentType }) => contentType.mediaType)).toEqual([
          'text/plain',
          'text/html',
        ]);
      }),
      { numRuns: 60 },
    );
  });

  test.each(['', 'a@b\r\nBcc: c@d', 'a@b>, <c@d', 'a,b@c.example', 'ä@b.example', '"a b"@c.example'])(
    'is not addressed to %j',
    async (to) => {
      expect(isPlainAddress(to)).toBe(false);
      await expect(composeNotice({ ...NOTICE, to })).rejects.toThrow('cannot be addressed');
    },
  );
});

describe('the notice of held mail', () => {
  const held = { id: 'f'.repeat(32), from: 'Bob <b@x.example>', heldAtMs: 0, rule: 'no programs' };

  test('names the message on a line each and the id, and nothing of the sender in its subject', () => {
    const hostile = 'Your\r\nID:\u0000 is\u2028  x\u202e';
    const { subject, text } = heldNotice({ ...held, subject: hostile, reason: undefined });
    expect(subject).not.toContain('Your');
    expect(text).toContain(
      '\nFrom:    Bob <b@x[.]example>\nSubject: Your ID: is x\nHeld:    Thu, 01 Jan 1970 00:00:00 +0000\n',
    );
    expect(text).toContain(`\n    ${held.id}\n`);
    expect(heldNotice({ ...held, subject: '', reason: 'they harm' }).text).toMatch(
      /Subject: \(none\)\n.*\nRule: {4}no programs: they harm\n/,
    );
  });

  test.each([
    ['Pay at https://evil.example/login?a=1', 'Pay at https[:]//evil[.]example/login?a=1'],
    ['www.evil.example', 'www[.]evil[.]example'],
    ['evil。example evil．example', 'evil[.]example evil[.]example'],
    ['mailto:a@b.example tel:+1900', 'mailto[:]a@b[.]example tel[:]+1900'],
    ['Re: Offer. See you', 'Re: Offer. See you'],
  ])('makes no link of %s', (subject, shown) => {
    expect(heldNotice({ ...held, subject, reason: undefined }).text).toContain(`\nSubject: ${shown}\n`);
  });

  test('cuts what is long', () => {
    const { text } = heldNotice({ ...held, subject: 'x'.repeat(1_000), reason: undefined });
    expect(/x+…/.exec(text)?.[0]).toHaveLength(121);
    expect(oneLine('x'.repeat(1_000), 200)).toHaveLength(201);
    expect(oneLine('𝒳'.repeat(1_000), 201).isWellFormed()).toBe(true);
  });
});

describe('what no notice answers', () => {
  const absent = { state: 'absent', why: '' } as const;
  const because = (header: string, mailFrom = 'bob@partner.example') =>
    noAnswerBecause(parseMessage(Buffer.from(`${header}\r\n\r\nx`)), mailFrom, absent);

  test.each([
    ['Auto-Submitted: auto-replied', 'automatic'],
    ['Precedence: bulk', 'automatic'],
    ['List-Id: <a.b>', 'automatic'],
    ['Content-Type: multipart/report; boundary=a', 'automatic'],
    ['Auto-Submitted: no', undefined],
    ['Subject: x', undefined],
  ])('%s: %s', (header, reason) => {
    expect(because(header)).toBe(reason);
  });

  test('is a null sender, by the event or by SES', () => {
    expect(because('Subject: x', '')).toBe('null-sender');
    const present = {
      state: 'present',
      spf: undefined,
      dkim: [],
      dmarc: { result: 'none', headerFromDomain: undefined },
      automatic: true,
    } as const;
    const message = parseMessage(Buffer.from('Subject: x\r\n\r\nx'));
    expect(noAnswerBecause(message, 'bob@partner.example', present)).toBe('automatic');
  });

  test.each(['v1', 'v1 x', `v2 ${NOTICE.id}`, `v1 ${NOTICE.id}0`, `v1 ../${NOTICE.id.slice(3)}`])(
    'is no notice that says %s',
    (value) => {
      const message = parseMessage(Buffer.from(`X-Mailroom-Notice: ${value}\r\n\r\nx`));
      expect(claimedNotice(message)).toBeUndefined();
    },
  );
});
