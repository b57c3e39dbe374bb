/** The policy changes while mail flows: a good one acts at once, a bad one never takes the old one down, and both show. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendMail } from '../support/smtp-client.ts';
import {
  delay,
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const SAMPLE = readFileSync(resolve(import.meta.dirname, '../../local/sample/policy.yaml'), 'utf8');
/** The functions look at a policy file again after one second. */
const NOTICED_MS = 1_200;

let standIn: RunningStandIn;
let policy: string;
beforeAll(async () => {
  const data = newDataFolder();
  policy = join(data, 'policy.yaml');
  writeFileSync(policy, SAMPLE);
  standIn = await startStandIn(data, ['--policy', policy, '--concurrency', '1']);
});
afterAll(async () => {
  await standIn?.stop();
  removeFolder(standIn.data);
});

async function deliver(subject: string): Promise<string> {
  const data = `From: ann@good.example\r\nTo: alice@example.com\r\nSubject: ${subject}\r\n\r\nHi.\r\n`;
  await sendMail({
    port: standIn.ports.smtp,
    mailFrom: 'ann@good.example',
    recipients: ['alice@example.com'],
    data,
  });
  await settled(standIn, subject);
  const copies = await mailIn(standIn.data, 'alice@example.com', 'Inbox');
  return (
    copies.map((copy) => copy.bytes.toString()).find((mail) => mail.includes(`Subject: ${subject}`)) ?? ''
  );
}

async function list(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${standIn.ports.http}/`)).text();
}

test('a bad policy shows and changes nothing; a good one acts at once', async () => {
  expect(await deliver('before')).toContain('CAUTION: This message comes from outside');
  expect(await list()).not.toContain('class="notice"');

  writeFileSync(policy, SAMPLE.replace('senderScope: outside', 'sendrScope: outside'));
  await delay(NOTICED_MS);
  expect(await deliver('broken')).toContain('CAUTION: This message comes from outside');
  expect(await list()).toContain(
    'mailflow keeps the last good policy: the policy has 1 error, the first at line',
  );

  writeFileSync(policy, SAMPLE.replace('CAUTION: This message comes', 'BEWARE: This message comes'));
  await delay(NOTICED_MS);
  expect(await deliver('mended')).toContain('BEWARE: This message comes from outside');
  expect(await list()).not.toContain('class="notice"');
});
