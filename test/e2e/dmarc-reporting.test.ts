/**
 * A day of mail over SMTP, then the reports about it: the function is called as the schedule calls it, sends through SES, and what
 * went out is valid by the schema and read by our own reader.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AggregateReport } from '../../shared/reports/aggregate/model.ts';
import { readAggregateReport } from '../../shared/reports/aggregate/read.ts';
import { schemaProblems, XSD_PATH } from '../shared/reports/aggregate/schema.ts';
import { gunzipped } from '../shared/reports/attached.ts';
import { temporaryFolder } from '../support/folders.ts';
import { mail, signed, zoneWith } from '../support/senders.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  sentMail,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const POLICY = `version: 1
organization: { domains: [example.com], trustSesHeaders: always }
dmarc:
  mode: enforce
  actions: { none: default, quarantine: junk, reject: drop }
  mailingLists: { domains: [lists.example] }
  reports:
    from: dmarc@example.com
    organization: Example Ltd
    contact: postmaster@example.com
    failure: { perDomainAndDay: 2 }
`;

const ZONE = [
  zoneWith([
    {
      name: 'signs.example',
      dmarc: 'p=reject; rua=mailto:agg@signs.example; ruf=mailto:fail@signs.example',
      address: '203.0.113.61',
      signs: true,
    },
    { name: 'soft.example', dmarc: 'p=quarantine; t=y; rua=mailto:soft@collector.example', signs: true },
    { name: 'victim.example', dmarc: 'p=none; rua=mailto:somebody@stranger.example' },
    { name: 'lists.example', address: '203.0.113.71', signs: true },
  ]),
  '$ORIGIN collector.example.',
  '@ SOA ns.example.com. hostmaster ( 1 1h 15m 1w 5m )',
  '  NS ns.example.com.',
  '*._report._dmarc TXT "v=DMARC1;"',
  '',
].join('\n');

let standIn: RunningStandIn;
let lambda: LambdaClient;
beforeAll(async () => {
  const folder = temporaryFolder('dmarc-reporting');
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
  writeFileSync(join(folder, 'zone.db'), ZONE);
  const files = ['--policy', join(folder, 'policy.yaml'), '--zone', join(folder, 'zone.db')];
  standIn = await startStandIn(newDataFolder(), [...files, '--time-scale', '100']);
  lambda = new LambdaClient({
    endpoint: `http://127.0.0.1:${standIn.ports.aws}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'admin', secretAccessKey: 'admin' },
  });
}, 30_000);
afterAll(async () => {
  lambda?.destroy();
  await standIn?.kill();
  removeFolder(standIn.data);
});

async function arrive(subject: string, message: string, mailFrom: string, address: string): Promise<void> {
  const client = { address, name: 'host.test' };
  const recipients = ['alice@example.com'];
  const reply = await sendMail({ port: standIn.ports.smtp, client, mailFrom, recipients, data: message });
  expect(reply.code).toBe(250);
  await settled(standIn, subject);
}

async function invoke(): Promise<unknown> {
  const Payload = Buffer.from(JSON.stringify({ day: new Date().toISOString().slice(0, 10) }));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'reports', Payload }));
  return JSON.parse(Buffer.from(answer.Payload ?? '').toString());
}

async function reportsTo(address: string): Promise<readonly string[]> {
  const sent = (await sentMail(standIn.data)).map(({ bytes }) => bytes.toString('latin1'));
  return sent.filter(
    (text) => text.includes(`\r\nTo: ${address}\r\n`) || text.startsWith(`To: ${address}\r\n`),
  );
}

async function aggregateTo(address: string): Promise<AggregateReport> {
  const [message = ''] = await reportsTo(address);
  const read = readAggregateReport(Buffer.from(message, 'latin1'));
  if (!read.ok || read.reports[0] === undefined) throw new Error(read.ok ? 'nothing' : read.why);
  expect(read.reports[0]).toMatchObject({ namespace: 'rfc9990', deviations: [], unreadableRecords: 0 });
  if (XSD_PATH !== undefined) expect(schemaProblems(gunzipped(message), XSD_PATH)).toEqual([]);
  return read.reports[0].report;
}

describe('the reports about a day of mail', () => {
  beforeAll(async () => {
    const list = 'List-Id: <talk.lists.example>\r\n';
    const listed = mail({ from: 'a@signs.example', subject: 'through a list', more: list });
    const genuine = (subject: string) => signed(mail({ from: 'a@signs.example', subject }), 'signs.example');
    // Subject, message, envelope sender, and where it comes from.
    await Promise.all([
      arrive('genuine one', await genuine('genuine one'), 'a@signs.example', '203.0.113.61'),
      arrive('genuine two', await genuine('genuine two'), 'a@signs.example', '203.0.113.61'),
      arrive(
        'forged',
        mail({ from: 'ceo@signs.example', subject: 'forged' }),
        'x@attacker.example',
        '203.0.113.66',
      ),
      arrive('through a list', await signed(listed, 'lists.example'), 'bounce@lists.example', '203.0.113.71'),
      arrive('soft', mail({ from: 'b@soft.example', subject: 'soft' }), 'b@soft.example', '203.0.113.67'),
      arrive('none', mail({ from: 'c@victim.example', subject: 'none' }), 'c@victim.example', '203.0.113.68'),
    ]);
  }, 20_000);

  test('go to the owners who ask for them, and not to strangers; a second call sends nothing', async () => {
    await expect(invoke()).resolves.toMatchObject({ domains: 3, made: 2, sent: 2 });
    expect(await reportsTo('agg@signs.example')).toHaveLength(1);
    expect(await reportsTo('soft@collector.example')).toHaveLength(1);
    expect(await reportsTo('somebody@stranger.example')).toEqual([]);
    await expect(invoke()).resolves.toEqual({ domains: 0, made: 0, sent: 0 });
    expect(await reportsTo('agg@signs.example')).toHaveLength(1);
  });

  test('say of each source what passed, what was done, and why not what was asked', async () => {
    const { metadata, policyPublished, records } = await aggregateTo('agg@signs.example');
    expect(metadata).toMatchObject({ orgName: 'Example Ltd', email: 'postmaster@example.com' });
    expect(metadata.dateRange.end - metadata.dateRange.begin).toBe(86_399);
    expect(policyPublished).toMatchObject({
      domain: 'signs.example',
      p: 'reject',
      discoveryMethod: 'treewalk',
    });
    const bySource = Object.fromEntries(records.map((record) => [record.sourceIp, record]));
    expect(bySource['203.0.113.61']).toMatchObject({
      count: 2,
      policyEvaluated: { disposition: 'pass', dkim: 'pass', spf: 'pass', reasons: [] },
      identifiers: { headerFrom: 'signs.example', envelopeFrom: 'signs.example' },
      authResults: { dkim: [{ domain: 'signs.example', selector: 'test', result: 'pass' }] },
    });
    expect(bySource['203.0.113.66']).toMatchObject({
      count: 1,
      policyEvaluated: { disposition: 'reject', dkim: 'fail', spf: 'fail', reasons: [] },
    });
    expect(bySource['203.0.113.71']?.policyEvaluated).toMatchObject({
      disposition: 'quarantine',
      reasons: [{ type: 'mailing_list' }],
    });
  });

  test('say that the owner is testing', async () => {
    const { policyPublished, records } = await aggregateTo('soft@collector.example');
    expect(policyPublished).toMatchObject({ p: 'quarantine', testing: 'y' });
    expect(records.map(({ policyEvaluated }) => policyEvaluated)).toMatchObject([
      { disposition: 'none', reasons: [{ type: 'policy_test_mode' }] },
    ]);
  });

  test('name nobody, in the message or in its attachment', async () => {
    for (const address of ['agg@signs.example', 'soft@collector.example']) {
      const [message = ''] = await reportsTo(address);
      expect(gunzipped(message)).not.toMatch(/alice|ceo|forged|a@signs|b@soft/);
    }
  });

  test('are one failure report for the forged message, and none for the list', async () => {
    const reports = await reportsTo('fail@signs.example');
    expect(reports).toHaveLength(1);
    const [report = ''] = reports;
    expect(report).toMatch(/^Feedback-Type: auth-failure\r$/m);
    expect(report).toMatch(/^Identity-Alignment: dkim, spf\r$/m);
    expect(report).toMatch(/^Source-IP: 203\.0\.113\.66\r$/m);
    expect(report).toMatch(/^From: <redacted@signs\.example>\r$/m);
    expect(report).not.toMatch(/alice|ceo|forged|x@attacker/);
  });
});
