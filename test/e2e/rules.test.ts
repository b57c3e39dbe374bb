/**
 * Rules that look things up and send copies elsewhere, with the bundle as it is deployed and the rights that the template
 * gives it: groups of the directory, first contact, redirects and added recipients.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const RULES = `rules:
  - name: first contact
    when: { direction: inbound, firstContact: true, sentTo: [bob@example.com] }
    do: [{ prependSubject: "[NEW]" }]
  - name: staff
    when: { direction: inbound, sentTo: ["group:staff@example.com"], subjectContains: [group] }
    do: [{ addHeader: { name: X-Staff, value: "yes" } }]
  - name: deputy
    when: { direction: inbound, sentTo: [alice@example.com], subjectContains: [deputy] }
    do: [{ redirectTo: [carol@example.com] }]
  - name: copy
    when: { direction: inbound, subjectContains: [copy] }
    do: [{ addRecipients: [carol@example.com] }]
`;
let standIn: RunningStandIn;

beforeAll(async () => {
  const sample = readFileSync(resolve(import.meta.dirname, '../../local/sample/policy.yaml'), 'utf8');
  const file = join(temporaryFolder('policy'), 'policy.yaml');
  writeFileSync(file, sample.replace('rules:\n', RULES));
  standIn = await startStandIn(newDataFolder(), ['--policy', file]);
}, 30_000);

afterAll(async () => {
  await standIn.kill();
  removeFolder(standIn.data);
});

async function send(subject: string, recipients: readonly string[]): Promise<void> {
  const sent = await sendMail({
    port: standIn.ports.smtp,
    client: { address: '203.0.113.10', name: 'mail.good.example' },
    mailFrom: 'ann@good.example',
    recipients,
    data: `From: ann@good.example\r\nTo: somebody@example.com\r\nSubject: ${subject}\r\n\r\nHi.\r\n`,
  });
  expect(sent.code).toBe(250);
  await settled(standIn, subject);
}

async function subjects(mailbox: string, word: string): Promise<string[]> {
  const mails = await mailIn(standIn.data, mailbox, 'Inbox');
  return mails.flatMap(({ bytes }) => {
    const subject = /^Subject: (.*)$/m.exec(bytes.toString())?.[1]?.trim() ?? '';
    return subject.includes(word) ? [subject] : [];
  });
}

test('the first message of an author is known from the second', async () => {
  await send('hello one', ['bob@example.com']);
  await send('hello two', ['bob@example.com']);
  expect((await subjects('bob@example.com', 'hello')).sort()).toEqual(['[NEW] hello one', 'hello two']);
});

test('a group of the directory is looked up, aliases included', async () => {
  await send('group mail', ['alice.liddell@example.com']);
  const [mail] = await mailIn(standIn.data, 'alice@example.com', 'Inbox');
  expect(mail?.bytes.toString()).toContain('X-Staff: yes');
});

test('a redirected message is with the deputy and not with the other; an added recipient gets a copy', async () => {
  await send('deputy please', ['alice@example.com', 'bob@example.com']);
  expect(await subjects('alice@example.com', 'deputy')).toEqual([]);
  expect(await subjects('carol@example.com', 'deputy')).toEqual(['deputy please']);
  expect(await subjects('bob@example.com', 'deputy')).toEqual(['deputy please']);
  await send('copy please', ['bob@example.com']);
  expect(await subjects('carol@example.com', 'copy')).toEqual(['copy please']);
});
