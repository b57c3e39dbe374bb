/**
 * The published ways of making a server and a mail program see different senders: the cases of espoofer
 * (github.com/chenjj/espoofer, testcases.py: server_a1 to a19, client_a1 to a3), and forged results of authentication, each
 * over SMTP through the whole stand-in. SES's part evaluates with mailauth and copies what the sender wrote, as SES does.
 */
import { createHash, createSign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { type Domain, signed, testKey, zoneWith } from '../support/senders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const ALICE = 'alice@example.com';
/** attack.example does everything right for itself; legit.example asks for rejection. */
const DOMAINS: readonly Domain[] = [
  { name: 'legit.example', dmarc: 'p=reject', address: '203.0.113.20' },
  { name: 'attack.example', address: '203.0.113.99', signs: true },
];
const ATTACKER = { address: '203.0.113.99', name: 'mail.attack.example' };
/** As trusting as a policy can be: what is believed here is believed anywhere. */
const POLICY = `version: 1
organization:
  domains: [example.com]
  trustSesHeaders: always
dmarc:
  mode: enforce
  actions: { none: junk, quarantine: junk, reject: junk }
`;

let standIn: RunningStandIn;
beforeAll(async () => {
  const folder = temporaryFolder('espoofer');
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
  writeFileSync(join(folder, 'zone.db'), zoneWith(DOMAINS));
  const files = ['--policy', join(folder, 'policy.yaml'), '--zone', join(folder, 'zone.db')];
  standIn = await startStandIn(newDataFolder(), files);
}, 30_000);
afterAll(async () => {
  await standIn?.kill();
  removeFolder(standIn.data);
});

const REST = (subject: string) =>
  `To: ${ALICE}\r\nSubject: ${subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@test>\r\n\r\nHi there.\r\n`;

interface Case {
  readonly name: string;
  readonly mailFrom?: string;
  readonly helo?: string;
  message(subject: string): Promise<string> | string;
  /** A reply code of SMTP, or where the message goes and by which reasons. */
  readonly expected: number | readonly [outcome: 'Inbox' | 'Junk', ...reasons: string[]];
}

/** Where it went and the reason codes of the function, or the code with which it was refused. */
async function sent({ name, mailFrom = 'any@attack.example', helo = 'mail.attack.example', message }: Case) {
  const subject = `case ${name}`;
  const reply = await sendMail({
    port: standIn.ports.smtp,
    client: ATTACKER,
    helo,
    mailFrom,
    recipients: [ALICE],
    data: await message(subject),
  });
  if (reply.code !== 250) return reply.code;
  const [report] = await settled(standIn, subject);
  const logs = (report?.trace ?? []).flatMap(({ data }) => (Array.isArray(data['logs']) ? data['logs'] : []));
  const reasons = logs.flatMap((log) =>
    log.event === 'decision' && log.step === 'dmarc' ? [String(log.reason)] : [],
  );
  return [report?.summary.outcomes[0]?.outcome, ...reasons];
}

/** A DKIM-Signature by the key of attack.example, with whatever stands in its tags: no library writes these. */
function handSigned(message: string, tags: string): string {
  const body = message.slice(message.indexOf('\r\n\r\n') + 4);
  const bh = createHash('sha256').update(body).digest('base64');
  const unsigned = `DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; ${tags}; h=From; bh=${bh}; b=`;
  const from = /^From:.*\r\n/im.exec(message)?.[0] ?? '';
  const b = createSign('sha256').update(`${from}${unsigned}`).sign(testKey, 'base64');
  return `${unsigned}${b}\r\n${message}`;
}

const legit = (subject: string) => `From: <admin@legit.example>\r\n${REST(subject)}`;
const from = (fields: string) => (subject: string) => `${fields}\r\n${REST(subject)}`;
/** After a name without a colon some see no more header: the subject, by which the message is found, comes first. */
const behind = (fields: string) => (subject: string) =>
  `Subject: ${subject}\r\n${fields}\r\n${REST('again')}`;

const SERVER_CASES: readonly Case[] = [
  {
    name: 'server_a1 a subdomain that does not exist',
    mailFrom: 'any@mailfrom.notexist.legit.example',
    message: legit,
    expected: ['Junk', 'fail-reject'],
  },
  {
    name: 'server_a2 an envelope that reads as empty',
    mailFrom: '(any@legit.example',
    message: legit,
    expected: ['Junk', 'fail-reject'],
  },
  {
    name: 'server_a3 NUL in the selector',
    message: (subject) =>
      handSigned(legit(subject), 'd=legit.example; s=test._domainkey.attack.example.\0.any'),
    expected: ['Junk', 'fail-reject'],
  },
  {
    name: 'server_a4 a quote in the signing domain',
    message: (subject) => signed(legit(subject), "legit.example'a.attack.example"),
    expected: ['Junk', 'fail-reject'],
  },
  {
    name: 'server_a5 a comment in the envelope',
    mailFrom: 'any@legit.example(a.attack.example',
    message: legit,
    expected: 501,
  },
  {
    name: 'server_a6 a quote in the envelope',
    mailFrom: "any@legit.example'@any.attack.example",
    message: legit,
    expected: 501,
  },
  {
    name: 'server_a7 a source route in the envelope',
    mailFrom: "@legit.example,@any.com:'any@attack.example",
    message: legit,
    expected: ['Junk', 'fail-reject'],
  },
  {
    name: 'server_a8 two From fields',
    message: from('From: <first@attack.example>\r\nFrom: <admin@legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a9 a From that begins with a blank',
    message: from(' From: <first@attack.example>\r\nFrom: <admin@legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a10 a blank before the colon',
    message: from('From: <first@attack.example>\r\nFrom : <admin@legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a11 a folded name',
    message: behind('From\r\n : <first@attack.example>\r\nFrom: <admin@legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a12 a folded name and Sender',
    message: behind('From\r\n : <first@attack.example>\r\nSender: <admin@legit.example>'),
    expected: ['Junk', 'author-unreadable'],
  },
  {
    name: 'server_a13 a folded name and Resent-From',
    message: behind('From\r\n : <first@attack.example>\r\nResent-From: <admin@legit.example>'),
    expected: ['Junk', 'author-unreadable'],
  },
  {
    name: 'server_a14 two authors and a Sender',
    message: from('From: <first@attack.example>, <admin@legit.example>\r\nSender: <s@sender.legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a15 an encoded address',
    message: from(
      `From: =?utf-8?B?${Buffer.from('<admin@legit.example>').toString('base64')}?=,<second@attack.example>`,
    ),
    expected: ['Junk', 'author-unreadable'],
  },
  {
    name: 'server_a16 a route',
    message: from('From: <@attack.example,@any.com:admin@legit.example>'),
    expected: ['Junk', 'author-unreadable'],
  },
  {
    name: 'server_a17 a quoted pair',
    message: from('From: <admin@legit.example>\\,<second@attack.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a18 precedence',
    message: from('From: admin@legit.example,<second@attack.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'server_a19 an address before an address',
    message: from('From: <any@attack.example>admin@legit.example'),
    expected: ['Junk', 'author-unreadable'],
  },
];

/** Results that the sender wrote himself, at the top of what he sent: SES's own block stands above. */
const forged = (field: string) => (subject: string) => `${field}\r\n${legit(subject)}`;
const FAILS = ['Junk', 'fail-reject'] as const;
const PASSES = 'dmarc=pass header.from=legit.example;';
const BLOCK = [
  'Return-Path: <admin@legit.example>',
  'Received: from mail.legit.example (mail.legit.example [203.0.113.20])\r\n by inbound-smtp.us-east-1.amazonaws.com with SMTP id abcdefghij0123456789abcdefghij0123456789\r\n for alice@example.com;\r\n Fri, 20 Nov 2026 10:00:00 +0000 (UTC)',
  'X-SES-Spam-Verdict: PASS',
  'X-SES-Virus-Verdict: PASS',
  `Authentication-Results: amazonses.com;\r\n spf=pass (spfCheck: domain of legit.example designates 203.0.113.20 as permitted sender) client-ip=203.0.113.20; envelope-from=admin@legit.example; helo=mail.legit.example;\r\n dkim=pass header.i=@legit.example;\r\n ${PASSES}`,
  'X-SES-RECEIPT: AEFBQUFBQUFBabcdefgh',
].join('\r\n');

const FORGED_CASES: readonly Case[] = [
  {
    name: 'F1 results below those of SES',
    message: forged(`Authentication-Results: amazonses.com; ${PASSES}`),
    expected: FAILS,
  },
  ...[
    'amazonses.com 1',
    'AMAZONSES.COM',
    '(x) amazonses.com',
    '"amazonses.com"',
    'amazonses.com.evil.example',
    'amazonses.com@x',
  ].map(
    (id): Case => ({
      name: `F3 results of ${id}`,
      message: forged(`Authentication-Results: ${id}; ${PASSES}`),
      expected: FAILS,
    }),
  ),
  {
    name: 'F4 results in the envelope sender',
    mailFrom: '"x; dmarc=pass header.from=legit.example; y="@attack.example',
    message: legit,
    expected: 501,
  },
  {
    name: 'F4 results in the envelope sender without quotes',
    mailFrom: 'x;dmarc=pass@attack.example',
    message: legit,
    expected: FAILS,
  },
  { name: 'F4 results in HELO', helo: 'a;dmarc=pass', message: legit, expected: FAILS },
  { name: 'F5 a comment that is not closed in HELO', helo: 'a(b', message: legit, expected: FAILS },
  {
    name: 'F6 another author for SES',
    message: from('From: <any@attack.example>\r\nfrom: <admin@legit.example>'),
    expected: ['Junk', 'author-several'],
  },
  {
    name: 'F7 a thousand results',
    message: forged(
      Array.from({ length: 1_000 }, () => `Authentication-Results: amazonses.com; ${PASSES}`).join('\r\n'),
    ),
    expected: FAILS,
  },
  {
    name: 'F7 results of 70 KB',
    message: forged(`Authentication-Results: amazonses.com;${'\r\n (padding)'.repeat(7_000)}\r\n ${PASSES}`),
    expected: FAILS,
  },
  {
    name: 'F7 a tab before the colon',
    message: forged(`Authentication-Results\t: amazonses.com; ${PASSES}`),
    expected: FAILS,
  },
  {
    name: 'F7 8-bit octets',
    message: forged(`Authentication-Results: amazonses.com; \xe9\xe9 ${PASSES}`),
    expected: FAILS,
  },
  { name: 'F11 the whole block of SES, once more', message: forged(BLOCK), expected: FAILS },
];

test.each([...SERVER_CASES, ...FORGED_CASES])('$name', async (each) => {
  expect(await sent(each)).toEqual(each.expected);
});

test.each([
  ['client_a1 two From fields', 'From: <alice@example.com>\r\nFrom: <bob@example.com>'],
  ['client_a2 two authors', 'From: <bob@example.com>, <alice@example.com>'],
  ['client_a3 a colleague in From', 'From: <bob@example.com>'],
])('%s: nobody submits mail as another', async (_name, fields) => {
  const reply = await sendMail({
    port: standIn.ports.submission,
    login: { user: ALICE, password: 'alice' },
    mailFrom: ALICE,
    recipients: ['bob@example.com'],
    data: `${fields}\r\n${REST('submitted')}`,
  });
  expect(reply.code).toBeGreaterThanOrEqual(500);
});
