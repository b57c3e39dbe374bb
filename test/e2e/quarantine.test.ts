/**
 * A program by mail, in the real stand-in with the real bundles: held back, told of, released by the command line, and
 * delivered once; every answer of the function is lost once, so that everything is done again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../local/cli/quarantine.ts';
import { parseMessage } from '../../shared/mime/index.ts';
import { RELEASE_HEADER } from '../../shared/notice/release.ts';
import { mailroom } from '../local/cli/run.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  sentMail,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const POLICY = `version: 1
organization: { domains: [example.com], trustSesHeaders: always }
notices: { from: mailroom@example.com }
rules:
  - name: no programs in
    reason: They may do harm.
    when: { direction: inbound, attachmentExtension: exe }
    do: [{ quarantine: { notify: recipient } }]
  - name: no programs out
    when: { direction: outbound, attachmentExtension: zip }
    do: [{ quarantine: { notify: none } }]
`;
const ALICE = 'alice@example.com';
const PROGRAM = Buffer.from('MZ\x90\0 This program cannot be run in DOS mode.').toString('base64');

function programMail(subject: string, from = 'bob@good.example', name = 'setup.exe'): string {
  return [
    `From: ${from}`,
    `To: ${ALICE}`,
    `Subject: ${subject}`,
    `Message-ID: <${subject}@good.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'See the attached.',
    '.',
    '--b',
    `Content-Type: application/octet-stream; name=${name}`,
    'Content-Transfer-Encoding: base64',
    '',
    PROGRAM,
    '--b--',
    '',
  ].join('\r\n');
}

let standIn: RunningStandIn;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  const data = newDataFolder();
  const policy = join(data, 'policy.yaml');
  writeFileSync(policy, POLICY);
  // The function has done all that it does when its answer is lost.
  const lost = ['lambda:Invoke 5xx-after count=2', 'lambda:Invoke 5xx-after rate=0.4 skip=3'];
  const faults = lost.flatMap((fault) => ['--fault', fault]);
  standIn = await startStandIn(data, [
    '--policy',
    policy,
    '--concurrency',
    '1',
    '--time-scale',
    '100',
    ...faults,
  ]);
}, 30_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await standIn?.stop();
  if (standIn !== undefined) removeFolder(standIn.data);
});

const world = (data: string | Uint8Array, mailFrom = 'bob@good.example') =>
  sendMail({ port: standIn.ports.smtp, mailFrom, recipients: [ALICE], data });

/** What the command prints, in this process. */
async function quarantine(...args: string[]): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    expect(await run([...args, ...where()])).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return out.join('');
}

const where = () => ['--region', 'us-east-1', '--endpoint', `http://127.0.0.1:${standIn.ports.aws}`];

interface Held {
  readonly id: string;
  readonly subject: string;
}

async function heldAs(subject: string): Promise<string> {
  const listed: Held[] = JSON.parse(await quarantine('list', '--json'));
  const found = listed.filter((held) => held.subject === subject);
  expect(found).toHaveLength(1);
  return found[0]?.id ?? '';
}

async function inbox(word: string): Promise<Buffer[]> {
  const mails = await mailIn(standIn.data, ALICE, 'Inbox');
  return mails.map(({ bytes }) => bytes).filter((bytes) => bytes.includes(word));
}

describe('a message with a program', () => {
  test('is held back, and the recipient is told once, with the id', async () => {
    expect((await world(programMail('held-1'))).code).toBe(250);
    const [report] = await settled(standIn, 'held-1');
    expect(report?.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'held' }]);
    // Its answer was lost, and everything was done again.
    expect(report?.trace.filter(({ kind }) => kind === 'invoke').length).toBeGreaterThan(1);
    const listed = await mailroom(['quarantine', 'list', ...where()]);
    expect(listed.stdout).toMatch(/no programs in +bob@good\.example +alice@example\.com +held-1/);
    const id = await heldAs('held-1');
    await settled(standIn, 'A message to you was held back');
    const [notice, ...more] = await inbox('Auto-Submitted: auto-generated');
    expect(more).toEqual([]);
    const text = Buffer.from(/\r\n\r\n([A-Za-z0-9+/=\r\n]{80,})/.exec(String(notice))?.[1] ?? '', 'base64');
    expect(text.toString()).toContain(id);
    expect(text.toString()).toContain('Rule:    no programs in: They may do harm.');
    expect(await quarantine('show', id)).toContain('X-SES-RECEIPT');
  });

  test('comes attached to a message of ours when it is released, once, and no second time by the same release', async () => {
    const id = await heldAs('held-1');
    expect(await quarantine('release', id)).toMatch(
      /^Sent to alice@example\.com\. It passes the rules once, until /,
    );
    const [report] = await settled(standIn, 'Released: held-1');
    expect(report?.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'Inbox' }]);
    const [delivered, ...more] = await inbox('Subject: Released: held-1');
    expect(more).toEqual([]);
    const bytes = delivered ?? Buffer.alloc(0);
    const attached = parseMessage(bytes).root.children[1];
    // A file: SES would not take the program.
    expect(attached?.contentType.mediaType).toBe('application/octet-stream');
    const original = Buffer.from(
      bytes.subarray(attached?.body.start, attached?.body.end).toString(),
      'base64',
    );
    expect(original.toString('latin1').endsWith(programMail('held-1'))).toBe(true);
    // Whoever got it sends it on, with the field that let it pass.
    const again = bytes.subarray(bytes.indexOf(RELEASE_HEADER)).toString('latin1');
    await world(again.replace('Released: held-1', 'Stolen: held-1').replace('message.eml', 'setup.exe'));
    const [stolen] = await settled(standIn, 'Stolen: held-1');
    expect(stolen?.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'held' }]);
    expect(JSON.stringify(stolen?.trace)).toContain('"outcome":"used"');
  });

  test('comes as it was over SMTP, with a null sender', async () => {
    await world(programMail('held-2'));
    await settled(standIn, 'held-2');
    const id = await heldAs('held-2');
    await quarantine('release', id, '--smtp', `127.0.0.1:${standIn.ports.smtp}`, '--hours', '1');
    const [report] = await settled(standIn, 'held-2', 2);
    expect(report?.summary).toMatchObject({
      mailFrom: '',
      outcomes: [{ recipient: ALICE, outcome: 'Inbox' }],
    });
    const [delivered, ...more] = await inbox('<held-2@good.example>');
    expect(more).toEqual([]);
    expect(String(delivered)).toContain(programMail('held-2'));
  });

  test('is gone when it is deleted', async () => {
    const id = await heldAs('held-2');
    expect(await quarantine('delete', id)).toBe(`${id} is deleted.\n`);
    expect(await quarantine('list')).not.toContain('held-2');
  });
});

test('outbound mail that was held goes out as its user wrote it', async () => {
  await sendMail({
    port: standIn.ports.submission,
    mailFrom: ALICE,
    recipients: ['w@world.example'],
    login: { user: ALICE, password: 'alice' },
    data: programMail('held-out', ALICE, 'setup.zip'),
  });
  const [report] = await settled(standIn, 'held-out');
  expect(report?.summary.outcomes).toEqual([{ recipient: 'w@world.example', outcome: 'held' }]);
  expect(await sentMail(standIn.data)).toEqual([]);
  await quarantine('release', await heldAs('held-out'));
  const [sent, ...more] = await sentMail(standIn.data);
  expect(more).toEqual([]);
  const text = String(sent?.bytes);
  expect(text).toContain('DKIM-Signature');
  expect(text).toContain('\r\nFrom: alice@example.com\r\n');
  expect(text).toContain(PROGRAM);
});
