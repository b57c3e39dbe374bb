/**
 * Mail that Mailroom changed, as it lies in a mailbox of the stand-in: sealed with a key from SSM that the function may read,
 * so that whoever it is forwarded to finds the chain whole, by our own reading and by mailauth's.
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { validateArc } from '../../shared/auth/arc/index.ts';
import type { LookupTxt } from '../../shared/auth/types.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import { peerStatus } from '../conformance/arc/peer.ts';
import { temporaryFolder } from '../support/folders.ts';
import { mail, sealed, signed, testKeyRecord, zoneWith } from '../support/senders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const ALICE = 'alice@example.com';
const POLICY = `version: 1
organization: { domains: [example.com] }
dmarc:
  mode: enforce
  header: true
  seal: { domain: example.com, selector: arc }
rules:
  - name: from outside
    when: { direction: inbound }
    do: [{ prependDisclaimer: { text: "From outside." } }]
`;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const strings = `v=DKIM1; k=rsa; p=${spki}`.match(/.{1,200}/g) ?? [];

let standIn: RunningStandIn;
beforeAll(async () => {
  const folder = temporaryFolder('seal');
  const [policy, zone, key] = ['policy.yaml', 'zone.db', 'arc.pem'].map((name) => join(folder, name));
  const domains = [
    { name: 'signs.example', dmarc: 'p=reject', address: '203.0.113.20', signs: true },
    { name: 'forwards.example', signs: true },
  ];
  const record = `arc._domainkey.example.com. TXT ( ${strings.map((text) => `"${text}"`).join(' ')} )\n`;
  writeFileSync(policy ?? '', POLICY);
  writeFileSync(zone ?? '', `${zoneWith(domains)}\n${record}`);
  writeFileSync(key ?? '', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  standIn = await startStandIn(newDataFolder(), [
    ...['--policy', policy ?? '', '--zone', zone ?? '', '--time-scale', '100'],
    ...['--parameter', `mailroom-mark-key-arc=${key}`],
    ...['--set', 'MAILROOM_ARC_KEY_URI=ssm://mailroom-mark-key-arc'],
  ]);
}, 30_000);
afterAll(async () => {
  await standIn?.kill();
  removeFolder(standIn.data);
});

const lookupTxt: LookupTxt = async (name) => {
  if (name === 'arc._domainkey.example.com') return { kind: 'records', records: [strings.join('')] };
  return name === 'test._domainkey.forwards.example'
    ? { kind: 'records', records: [testKeyRecord] }
    : { kind: 'nxdomain' };
};

/** The one copy in the folder, when `count` of that subject are through. */
async function delivered(
  subject: string,
  message: string,
  { folder = 'Inbox', count = 1 }: { readonly folder?: 'Inbox' | 'Junk'; readonly count?: number } = {},
): Promise<Buffer> {
  const reply = await sendMail({
    port: standIn.ports.smtp,
    client: { address: '203.0.113.66', name: 'host.test' },
    mailFrom: 'bounce@elsewhere.example',
    recipients: [ALICE],
    data: message,
  });
  expect(reply.code).toBe(250);
  await settled(standIn, subject, count);
  const mails = await mailIn(standIn.data, ALICE, folder);
  const found = mails.filter(({ bytes }) => bytes.includes(`Subject: ${subject}`));
  expect(found).toHaveLength(1);
  return found[0]?.bytes ?? Buffer.of();
}

const letter = (subject: string) => mail({ from: 'bob@signs.example', subject });

test.each([
  ['direct', 'none', ['example.com'], (message: string) => message],
  [
    'forwarded',
    'pass',
    ['forwards.example', 'example.com'],
    (message: string) => sealed(message, 'forwards.example', 'dmarc=pass header.from=signs.example'),
  ],
] as const)('%s mail, whose chain was "%s" when it came', async (subject, received, sealers, forward) => {
  const bytes = await delivered(subject, await forward(await signed(letter(subject), 'signs.example')));
  const text = bytes.toString('latin1');
  expect(text).toContain('From outside.');
  expect(text.replace(/\s+/g, ' ')).toContain(
    `ARC-Authentication-Results: i=${sealers.length}; example.com; dmarc=pass header.from=signs.example; dkim=pass header.d=signs.example header.s=test; arc=${received}`,
  );
  const { signal } = new AbortController();
  const arc = await validateArc(parseMessage(bytes), { lookupTxt, signal });
  expect(arc.result).toBe('pass');
  expect(arc.open).toBeUndefined();
  expect(arc.sets.map(({ sealer }) => sealer)).toEqual(sealers);
  expect(await peerStatus(bytes, lookupTxt)).toBe('pass');
});

test('mail that was sealed and comes back: the chain is found whole, with the key in DNS', async () => {
  const first = await delivered('returns', await signed(letter('returns'), 'signs.example'));
  const text = first.toString('latin1');
  const sent = text.slice(text.indexOf('ARC-Seal:'));
  // The warning broke the author's signature, and nobody's seal is believed here.
  const again = (await delivered('returns', sent, { folder: 'Junk', count: 2 })).toString('latin1');
  expect(again.replace(/\s+/g, ' ')).toMatch(/Results: i=2; example\.com;[^:]*dkim=fail[^:]*arc=pass/);
  expect(await peerStatus(Buffer.from(again, 'latin1'), lookupTxt)).toBe('pass');
});
