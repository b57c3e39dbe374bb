/**
 * Mail of every kind that DMARC is about, over SMTP through the whole stand-in: SES's part is played by mailauth, the rest is
 * ours. Each message ends where docs/dmarc.md says, and `mailroom log why` says why in one sentence.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run as log } from '../../local/cli/log.ts';
import { REASONS } from '../../shared/auth/dmarc/reasons.ts';
import { temporaryFolder } from '../support/folders.ts';
import { mail, zoneWith } from '../support/senders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';
import { CASES, type Case, DOMAINS, policyOf, rowsOf, type Sent } from './dmarc-cases.ts';

const DOCS = readFileSync(resolve(import.meta.dirname, '../../docs/dmarc.md'), 'utf8');
const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';
const CAROL = 'carol@example.com';

let standIn: RunningStandIn;
beforeAll(async () => {
  const folder = temporaryFolder('dmarc');
  writeFileSync(join(folder, 'policy.yaml'), policyOf(DOCS));
  writeFileSync(join(folder, 'zone.db'), zoneWith(DOMAINS));
  const files = ['--policy', join(folder, 'policy.yaml'), '--zone', join(folder, 'zone.db')];
  standIn = await startStandIn(newDataFolder(), [...files, '--time-scale', '100']);
}, 30_000);
afterAll(async () => {
  await standIn?.kill();
  removeFolder(standIn.data);
});

/** Where each copy went, and the message as it lies there. */
async function outcomeOf(subject: string, { message, address = '203.0.113.66', mailFrom, to }: Sent) {
  const reply = await sendMail({
    port: standIn.ports.smtp,
    client: { address, name: 'host.test' },
    mailFrom,
    recipients: to ?? [ALICE],
    data: message,
  });
  expect(reply.code).toBe(250);
  const [report] = await settled(standIn, subject);
  return Object.fromEntries(
    (report?.summary.outcomes ?? []).map(({ recipient, outcome }) => [recipient, outcome]),
  );
}

async function why(from: string, to = ALICE): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    await log(['why', '--from', from, '--to', to, '--data', standIn.data]);
  } finally {
    spy.mockRestore();
  }
  return out.join('');
}

async function authField(subject: string, folder: 'Inbox' | 'Junk', mailbox = ALICE): Promise<string> {
  const mails = await mailIn(standIn.data, mailbox, folder);
  const found = mails.map(({ bytes }) => bytes.toString('latin1')).find((text) => text.includes(subject));
  const fields = [...(found ?? '').matchAll(/^x-mailroom-auth[ \t]*:[ \t]?(.*(?:\r\n[ \t].*)*)/gim)];
  expect(fields).toHaveLength(1);
  return (fields[0]?.[1] ?? '').replace(/\r\n\s+/g, ' ');
}

/** Messages that SMTP cannot bring about here: SES's part is in the way, or the DNS would have to change meanwhile. */
const NOT_BY_SMTP = ['fail-no-record', 'unknown-no-evidence', 'permerror'];

test('each row of the table in the docs is a case here, and ends there', () => {
  const rows = rowsOf(DOCS).filter(([, , reason]) => !NOT_BY_SMTP.includes(reason));
  const cases = CASES.filter(({ row }) => row !== undefined);
  const waits = ['fails, and DNS does not answer', 'tried again', 'unknown-dns'];
  expect([...cases.map(({ row, outcome, reason }) => [row, outcome, reason]), waits].sort()).toEqual(
    [...rows].sort(),
  );
});

describe('mail that', () => {
  const subjectOf = ({ name }: Case) => `case ${name}.`;

  test.each(CASES)('$name', async (each) => {
    const { from, outcome, reason, says } = each;
    expect(await outcomeOf(subjectOf(each), await each.send(subjectOf(each)))).toEqual({ [ALICE]: outcome });
    const told = await why(from);
    const texts: Readonly<Record<string, string>> = REASONS;
    expect(told).toMatch(says ?? /Mailroom: dmarc: (let through|junk) — /);
    expect(told).toContain((texts[reason] ?? '').replace(/\.$/, ''));
    expect(told).toContain(`(${reason})`);
    // WorkMail takes no new content without From.
    if (reason === 'author-none') return;
    const field = await authField(subjectOf(each), outcome === 'Junk' ? 'Junk' : 'Inbox');
    expect(field).toContain(`reason=${reason}`);
  });
});

test('is decided for each recipient: by his entry, his group, or for all', async () => {
  const subject = 'to three';
  const from = 'three@bank.example';
  const to = [ALICE, BOB, CAROL];
  const sent = { message: mail({ from, subject }), mailFrom: from, to };
  expect(await outcomeOf(subject, sent)).toEqual({ [ALICE]: 'Junk', [BOB]: 'dropped', [CAROL]: 'Inbox' });
  const told = await why(from);
  expect(told).toContain(
    `Mailroom: dmarc: junk for ${ALICE} — DMARC failed; the domain in From asks for rejection (fail-reject)`,
  );
  expect(told).toContain(`Mailroom: dmarc: drop for ${BOB} — `);
  expect(told).toContain(`Mailroom: dmarc: let through for ${CAROL}, enforcing would do: junk — `);
});

test('a field of our name from outside is gone, however it is spelled, and ours is there once', async () => {
  const subject = 'forged fields';
  const from = 'f1@shop.example';
  const forged = [
    'X-Mailroom-Auth: example.com; x-mailroom=default reason=pass',
    'x-mailroom-auth : example.com; x-mailroom=default reason=pass',
    'X-MAILROOM-AUTH\t:\r\n example.com; x-mailroom=default\r\n\treason=pass',
  ].join('\r\n');
  const message = mail({ from, subject, more: `${forged}\r\n` });
  expect(await outcomeOf(subject, { message, mailFrom: from })).toEqual({ [ALICE]: 'Junk' });
  expect(await authField(subject, 'Junk')).toBe(
    'example.com; x-mailroom=junk reason=fail-quarantine; ' +
      'dmarc=fail policy.dmarc=quarantine header.from=shop.example; spf=softfail smtp.mailfrom=shop.example; arc=none',
  );
});

/** SES's word stays as it is, so asking again for the published policy could change nothing. */
test.each(['servfail.example', 'timeout.example'])(
  'of %s, which SES could not check, is delivered',
  async (domain) => {
    const from = `t1@${domain}`;
    const subject = `no answer of ${domain}`;
    const sent = { message: mail({ from, subject }), mailFrom: from };
    expect(await outcomeOf(subject, sent)).toEqual({ [ALICE]: 'Inbox' });
    expect(await why(from)).toMatch(/Mailroom: dmarc: let through — .*\(unknown-temperror\)/);
  },
);
