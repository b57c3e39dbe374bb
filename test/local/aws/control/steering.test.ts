/** What an administrator changes over the AWS APIs holds for the mail flow of the running stand-in, from the next message on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AddPermissionCommand, LambdaClient, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import { CreateEmailIdentityCommand, DeleteEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { PutInboundDmarcSettingsCommand, WorkMailClient } from '@aws-sdk/client-workmail';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject } from '../../../../local/aws/json.ts';
import type { TraceEntry } from '../../../../local/types.ts';
import { sendMail } from '../../../support/smtp-client.ts';
import {
  type MessageReport,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
  until,
} from '../../../support/stand-in.ts';
import { CLIENT } from '../stand.ts';
import { ACCOUNT, ORGANIZATION } from './account.ts';

const SAMPLE = resolve(import.meta.dirname, '../../../../local/sample/organization.yaml');
const OTHER = 'm-ffffffffffffffffffffffffffffffff';
const ALICE = 'alice@example.com';

let standIn: RunningStandIn;
let workmail: WorkMailClient;
let lambda: LambdaClient;
let ses: SESv2Client;
let logs: CloudWatchLogsClient;

/** Inbound mail is tried again for a minute, outbound mail not at all; everything is journaled. */
function organizationFile(data: string): string {
  const [inbound, outbound] = readFileSync(SAMPLE, 'utf8').split('  outbound:');
  const again = (text: string | undefined, minutes: number) =>
    (text ?? '').replace('ruleTimeoutMinutes: 60', `ruleTimeoutMinutes: ${minutes}`);
  const journaling =
    'native:\n  journaling: { journalAddress: archive@good.example, reportAddress: carol@example.com }\n';
  const file = join(data, 'organization.yaml');
  const text = `${again(inbound, 1)}  outbound:${again(outbound, 0)}`;
  writeFileSync(file, text.replace('native:\n', journaling));
  return file;
}

beforeAll(async () => {
  const data = newDataFolder();
  // A minute is 3 s, and the 25 s that a provider has are 1.25 s.
  const flags = ['--organization', organizationFile(data), '--concurrency', '1', '--time-scale', '20'];
  standIn = await startStandIn(data, flags);
  const config = { ...CLIENT, endpoint: `http://127.0.0.1:${standIn.ports.aws}` };
  workmail = new WorkMailClient(config);
  lambda = new LambdaClient(config);
  ses = new SESv2Client(config);
  logs = new CloudWatchLogsClient(config);
});
afterAll(async () => {
  for (const client of [workmail, lambda, ses, logs]) client?.destroy();
  await standIn?.stop();
  removeFolder(standIn.data);
});

function send(from: string, subject: string) {
  const data = `From: ${from}\r\nTo: ${ALICE}\r\nSubject: ${subject}\r\n\r\nHi.\r\n`;
  return sendMail({ port: standIn.ports.smtp, mailFrom: from, recipients: [ALICE], data });
}

function submit(subject: string) {
  return sendMail({
    port: standIn.ports.submission,
    mailFrom: ALICE,
    recipients: ['ann@good.example'],
    data: `From: ${ALICE}\r\nTo: ann@good.example\r\nSubject: ${subject}\r\n\r\nHi.\r\n`,
    login: { user: ALICE, password: 'alice' },
  });
}

/** The message itself, not the journal's record of it. */
async function reportOf(subject: string): Promise<MessageReport> {
  const reports = await settled(standIn, subject);
  const own = reports.find(({ summary }) => !summary.recipients.includes('archive@good.example'));
  if (own === undefined) throw new Error(`no message ${subject}`);
  return own;
}

/** Whether the trace of a message that may still be on its way tells of another try. */
async function isTriedAgain(subject: string): Promise<boolean> {
  const messages = `http://127.0.0.1:${standIn.ports.http}/api/messages`;
  const list: unknown = await (await fetch(messages)).json();
  const found: unknown = Array.isArray(list)
    ? list.find((one: unknown) => isJsonObject(one) && one['subject'] === subject)
    : undefined;
  if (!isJsonObject(found)) return false;
  return (await (await fetch(`${messages}/${String(found['id'])}`)).text()).includes('"kind":"retry"');
}

const texts = ({ trace }: MessageReport, kind: TraceEntry['kind']): readonly string[] =>
  trace.filter((entry) => entry.kind === kind).map(({ text }) => text);

const removeRight = (name: string, statement: string) =>
  lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: statement }));

const addRight = (name: string, statement: string, organization = ORGANIZATION) =>
  lambda.send(
    new AddPermissionCommand({
      FunctionName: name,
      StatementId: statement,
      Action: 'lambda:InvokeFunction',
      Principal: `${name === 'availability' ? 'availability.' : ''}workmail.us-east-1.amazonaws.com`,
      SourceAccount: ACCOUNT,
      SourceArn: `arn:aws:workmail:us-east-1:${ACCOUNT}:organization/${organization}`,
    }),
  );

test("WorkMail's own DMARC enforcement takes what fails from the rules while it is on", async () => {
  const put = (Enforced: boolean) =>
    workmail.send(new PutInboundDmarcSettingsCommand({ OrganizationId: ORGANIZATION, Enforced }));
  await put(true);
  await send('security@bank.example', 'enforced');
  const enforced = await reportOf('enforced');
  await put(false);
  await send('security@bank.example', 'left to rules');
  const left = await reportOf('left to rules');
  expect(enforced.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'dropped' }]);
  expect(texts(enforced, 'invoke')).toEqual([]);
  expect(left.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'Junk' }]);
  expect(texts(left, 'invoke')).toHaveLength(1);
});

describe('the right to call a function', () => {
  const RIGHT = 'mailroom-MailflowInvokeRight';

  test('once removed, makes the fallback act, and the trace says why', async () => {
    await removeRight('mailflow', RIGHT);
    await submit('not let in');
    const report = await reportOf('not let in');
    await addRight('mailflow', RIGHT);
    expect(texts(report, 'invoke')).toEqual([
      expect.stringContaining(
        'AccessDeniedException: workmail.us-east-1.amazonaws.com is not authorized to perform lambda:InvokeFunction',
      ),
    ]);
    expect(texts(report, 'fallback')).toHaveLength(1);
    expect(report.summary.outcomes).toEqual([{ recipient: 'ann@good.example', outcome: 'sent' }]);
  });

  test('for another organization is none: the call is tried again until the right one is given', async () => {
    await removeRight('mailflow', RIGHT);
    await addRight('mailflow', 'other', OTHER);
    await send('ann@good.example', 'mended in time');
    await until('a call that is refused', async () =>
      (await isTriedAgain('mended in time')) ? true : undefined,
    );
    await removeRight('mailflow', 'other');
    await addRight('mailflow', RIGHT);
    const report = await reportOf('mended in time');
    const calls = report.trace.filter(({ kind }) => kind === 'invoke').map(({ data }) => data['outcome']);
    expect(calls[0]).toBe('error');
    expect(calls.at(-1)).toBe('answer');
    expect(texts(report, 'fallback')).toEqual([]);
    expect(report.summary.outcomes).toEqual([{ recipient: ALICE, outcome: 'Inbox' }]);
  });

  test('of free/busy is another one: without it no provider answers', async () => {
    const RIGHT_OF_PROVIDER = 'mailroom-AvailabilityInvokeRight';
    const query = 'mailbox=dave@partner.example&from=2026-03-16T00:00:00Z&to=2026-03-20T00:00:00Z';
    const ask = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${standIn.ports.http}/api/freebusy?${query}`)).json();
    await removeRight('availability', RIGHT_OF_PROVIDER);
    const refused = await ask();
    await addRight('availability', RIGHT_OF_PROVIDER);
    expect(refused).toMatchObject({
      mailboxes: [{ kind: 'error', why: 'the function failed: AccessDeniedException' }],
    });
    expect(await ask()).toMatchObject({ mailboxes: [{ kind: 'times' }] });
  });
});

test("journaling stops without SES's record of ALIAS.awsapps.com, and goes on with it", async () => {
  const EmailIdentity = 'example.awsapps.com';
  await ses.send(new DeleteEmailIdentityCommand({ EmailIdentity }));
  await send('ann@good.example', 'without record');
  const without = await reportOf('without record');
  await ses.send(new CreateEmailIdentityCommand({ EmailIdentity }));
  await send('ann@good.example', 'with record');
  expect(texts(without, 'forwarded')).toEqual([expect.stringContaining('Not journaled')]);
  expect(texts(await reportOf('with record'), 'forwarded')).toEqual([
    expect.stringContaining('Journaled to archive@good.example'),
  ]);
});

test("a function's group has what the function wrote, and that of one which nobody called is empty", async () => {
  const messages = async (name: string) => {
    const command = new FilterLogEventsCommand({
      logGroupName: `/aws/lambda/${name}`,
      filterPattern: '{ $.event = "decision" }',
    });
    return ((await logs.send(command)).events ?? []).map(({ message = '' }) => message);
  };
  await send('ann@good.example', 'logged');
  await reportOf('logged');
  const lines = await messages('mailflow');
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ step: 'dmarc' }));
  expect(await messages('journal')).toEqual([]);
});
