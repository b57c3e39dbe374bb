import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../shared/mime/index.ts';
import { isAutomatic, MESSAGE_KINDS, messageKinds } from '../../../shared/mime/message-kinds.ts';
import { charsetsOf, importanceOf, isReply } from '../../../shared/mime/message-properties.ts';
import { grammarMessage, rawMessage } from './arbitraries.ts';
import { fixture, message } from './support.ts';

function kindsOf(header: string): readonly string[] {
  return [...messageKinds(message(`${header}\n\nbody\n`))].toSorted();
}

describe('messageKinds', () => {
  it.each([
    ['plain-7bit', []],
    ['openssl-signed', ['signed']],
    ['openssl-opaque', ['signed']],
    ['openssl-enveloped', ['encrypted']],
    ['smime-enveloped', ['encrypted']],
    ['pgp-mime-encrypted', ['encrypted']],
    ['pgp-inline-signed', ['signed']],
    ['pgp-inline-encrypted', ['encrypted']],
    ['rights-managed', ['encrypted', 'permissionControlled']],
    ['calendar-invitation', ['calendar']],
    ['calendar-alone', ['calendar']],
    ['report-dsn', ['report']],
    ['report-mdn', ['readReceipt', 'report']],
    ['partial', ['partial']],
    ['tnef', ['tnef']],
  ])('%s', (name, kinds) => {
    expect([...messageKinds(parseMessage(fixture(name)))].toSorted()).toEqual(kinds);
  });

  it.each([
    ['Auto-Submitted: auto-replied (vacation)', ['autoReply']],
    ['Auto-Submitted: auto-generated', []],
    ['Auto-Submitted: no', []],
    ['Precedence: auto_reply', ['autoReply']],
    ['X-Autoreply: yes', ['autoReply']],
    ['List-Id: <a.example.org>', ['list']],
    ['Precedence: list', ['list']],
    ['List-Unsubscribe: <mailto:x@example.org>', []],
    ['Content-Class: rpmsg.message', ['encrypted', 'permissionControlled']],
    ['Content-Class: urn:content-classes:calendarmessage', ['calendar']],
    ['Content-Type: application/octet-stream; name=winmail.dat', ['tnef']],
    ['Content-Type: application/octet-stream; name=smime.p7m', ['encrypted']],
    ['Content-Type: multipart/signed', ['signed']],
    ['Content-Type: application/pkcs7-signature', ['signed']],
    ['Content-Type: application/x-pkcs7-signature', ['signed']],
    ['Content-Type: application/pgp-signature', ['signed']],
    ['Content-Type: multipart/encrypted', ['encrypted']],
    ['Content-Type: application/pgp-encrypted', ['encrypted']],
    ['Content-Type: application/pkcs7-mime', ['encrypted']],
    ['Content-Type: application/x-pkcs7-mime; smime-type=Signed-Data', ['signed']],
    ['Content-Type: application/pkcs7-mime; smime-type=certs-only', ['signed']],
    ['Content-Type: application/x-microsoft-rpmsg-message', ['encrypted', 'permissionControlled']],
    ['Content-Type: multipart/report', ['report']],
    ['Content-Type: multipart/report; report-type=Disposition-Notification', ['readReceipt', 'report']],
    ['Content-Type: message/delivery-status', ['report']],
    ['Content-Type: message/global-delivery-status', ['report']],
    ['Content-Type: message/disposition-notification', ['readReceipt', 'report']],
    ['Content-Type: message/global-disposition-notification', ['readReceipt', 'report']],
    ['Content-Type: message/partial', ['partial']],
    ['Content-Type: application/ms-tnef', ['tnef']],
    ['Content-Type: application/vnd.ms-tnef', ['tnef']],
    ['Content-Type: text/calendar', ['calendar']],
    ['Content-Type: text/calendar\nContent-Disposition: attachment', []],
    ['Content-Type: text/calendar; method=REQUEST\nContent-Disposition: attachment', ['calendar']],
    ['Content-Type: text/html\n\n<p>-----BEGIN PGP MESSAGE-----\n\nxx', ['encrypted']],
  ])('%s', (header, kinds) => {
    expect(kindsOf(header)).toEqual(kinds);
  });

  it('any octets: no throw, only known kinds', () => {
    fc.assert(
      fc.property(fc.oneof(rawMessage, grammarMessage), (bytes) => {
        const parsed = parseMessage(bytes);
        for (const kind of messageKinds(parsed)) expect(kind in MESSAGE_KINDS).toBe(true);
        charsetsOf(parsed);
        importanceOf(parsed);
        isReply(parsed);
      }),
      { numRuns: 500 },
    );
  });
});

it.each([
  ['Auto-Submitted: auto-generated', true],
  ['Auto-Submitted: auto-replied', true],
  ['Auto-Submitted: No', false],
  ['Auto-Submitted: (what) auto-replied', true],
  ['X-Autorespond: x', true],
  ['Precedence: auto_reply', true],
  ['Precedence: Bulk', true],
  ['Precedence: junk', true],
  ['Precedence: first-class', false],
  ['List-Unsubscribe: <mailto:a@example.com>', true],
  ['List-Id: <a.example.com>', true],
  ['Content-Type: multipart/report; boundary=x', true],
  ['Subject: x', false],
])('not to be answered by a program (RFC 3834 §2): %s: %s', (header, automatic) => {
  expect(isAutomatic(message(`${header}\n\n`))).toBe(automatic);
});

it.each([
  ['Subject: x', 'normal'],
  ['Importance: High', 'high'],
  ['Importance: low', 'low'],
  ['X-Priority: 1 (Highest)', 'high'],
  ['X-Priority: 5', 'low'],
  ['Priority: urgent', 'high'],
  ['Priority: non-urgent', 'low'],
  ['X-MSMail-Priority: High', 'high'],
  ['Importance: rather\nX-Priority: 2', 'high'],
  ['Importance: normal\nX-Priority: 1', 'normal'],
])('importance: %j is %s', (header, importance) => {
  expect(importanceOf(message(`${header}\n\n`))).toBe(importance);
});

it('charsets: of the subject and of parts, by their usual names, once', () => {
  const text =
    'Subject: =?KOI8-R?B?xQ==?= =?utf-8*en?q?x?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=UTF-8\n\nx\n--b\nContent-Type: text/plain; charset="GB2312"\n\n--b--\n';
  expect(charsetsOf(message(text))).toEqual(['koi8-r', 'utf-8', 'gb2312']);
  // Only the first Subject is shown.
  expect(charsetsOf(message('Subject: =?big5?q?x?=\nSubject: =?koi8-r?q?y?=\n\n'))).toEqual(['big5']);
});

it.each([
  ['Subject: Re: x', true],
  ['Subject: AW[2]: x', true],
  ['Subject: [EXTERNAL] Fwd: SV: x', true],
  ['Subject: 回复：x', true],
  ['Subject: Fwd: x', false],
  ['Subject: Regarding: x', false],
  ['Subject: [a] [b] x', false],
  ['In-Reply-To: <a@b>', true],
  ['References: <a@b>', true],
  ['In-Reply-To:', false],
])('a reply: %j: %s', (header, reply) => {
  expect(isReply(parseMessage(Buffer.from(`${header}\n\n`)))).toBe(reply);
});
