/**
 * A sample of the header hygiene matrix over SMTP through the whole stand-in: whichever way an attacker writes the fields that
 * decide, his mail does not get to the inbox in another's name.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MATRIX } from '../conformance/auth-attacks/matrix.ts';
import { RSA, record, signed } from '../shared/auth/dkim/support.ts';
import { temporaryFolder } from '../support/folders.ts';
import { zoneWith } from '../support/senders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  startStandIn,
  until,
} from '../support/stand-in.ts';

const ALICE = 'alice@example.com';
/** Each part of a forgery in a few ways, over the rows another few each. */
const STEP = 8;
const SAMPLE = MATRIX.filter((_, index) => index % STEP === 0);
/** As trusting as a policy can be. */
const POLICY = `version: 1
organization:
  domains: [example.com]
  trustSesHeaders: always
dmarc:
  mode: enforce
  actions: { none: junk, quarantine: junk, reject: junk }
`;
const STRING_CHARS = 200;

function keyOf(domain: string): string {
  const strings = record(RSA).match(new RegExp(`.{1,${STRING_CHARS}}`, 'g')) ?? [];
  return `$ORIGIN ${domain}.\nrsa._domainkey TXT ( ${strings.map((text) => `"${text}"`).join(' ')} )\n`;
}

let standIn: RunningStandIn;
beforeAll(async () => {
  const folder = temporaryFolder('hygiene');
  const domains = [
    { name: 'sender.example', dmarc: 'p=reject' },
    { name: 'attack.example', dmarc: 'p=none', address: '203.0.113.99' },
  ];
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
  writeFileSync(
    join(folder, 'zone.db'),
    [zoneWith(domains), ...domains.map(({ name }) => keyOf(name))].join('\n'),
  );
  const files = ['--policy', join(folder, 'policy.yaml'), '--zone', join(folder, 'zone.db')];
  standIn = await startStandIn(newDataFolder(), files);
}, 30_000);
afterAll(async () => {
  await standIn?.kill();
  removeFolder(standIn.data);
});

async function send(text: string): Promise<number> {
  const { code } = await sendMail({
    port: standIn.ports.smtp,
    client: { address: '203.0.113.99', name: 'mail.attack.example' },
    helo: 'mail.attack.example',
    mailFrom: 'any@attack.example',
    recipients: [ALICE],
    data: Buffer.from(text, 'latin1'),
  });
  return code;
}

test('what is signed comes into the inbox, and nothing of the matrix', { timeout: 120_000 }, async () => {
  const genuine = signed();
  expect(await send(genuine)).toBe(250);
  let accepted = 0;
  for (const { text } of SAMPLE) if ((await send(text)) === 250) accepted += 1;
  expect(accepted).toBeGreaterThan(SAMPLE.length - 3);
  const inbox = () => mailIn(standIn.data, ALICE, 'Inbox');
  const junk = await until('all to be delivered', async () => {
    const [good, bad] = await Promise.all([inbox(), mailIn(standIn.data, ALICE, 'Junk')]);
    return good.length + bad.length > accepted ? bad : undefined;
  });
  const [first, ...others] = (await inbox()).map(({ bytes }) => bytes.toString('latin1'));
  expect(first?.endsWith(genuine)).toBe(true);
  expect(others).toEqual([]);
  expect(junk).toHaveLength(accepted);
});
