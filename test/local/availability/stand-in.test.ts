import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AddPermissionCommand, LambdaClient, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import {
  CreateAvailabilityConfigurationCommand,
  DeleteAvailabilityConfigurationCommand,
  TestAvailabilityConfigurationCommand,
  WorkMailClient,
} from '@aws-sdk/client-workmail';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDataFolder, type RunningStandIn, removeFolder, startStandIn } from '../../support/stand-in.ts';
import { mailroom, ROOT } from '../cli/run.ts';

const ID = 'm-0123456789abcdef0123456789abcdef';
const WINDOW = ['--from', '2026-03-16T00:00:00Z', '--to', '2026-03-20T00:00:00Z'];
const DAVE = 'dave@partner.example';

/** The sample with both assumptions about availability the other way. */
function otherOrganization(data: string): string {
  const sample = readFileSync(join(ROOT, 'local/sample/organization.yaml'), 'utf8');
  const file = join(data, 'organization.yaml');
  const assumptions = 'assumptions:\n  capBias: utc-offset\n  testAvailabilityEvent: empty-object\n';
  writeFileSync(file, sample.replace('assumptions:\n', assumptions));
  return file;
}

async function ask(standIn: RunningStandIn, ...args: string[]) {
  return mailroom(['freebusy', ...args, '--data', standIn.data]);
}

function administrator(standIn: RunningStandIn): WorkMailClient {
  return new WorkMailClient({
    endpoint: `http://127.0.0.1:${standIn.ports.aws}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'administrator', secretAccessKey: 'x' },
  });
}

const folders = [newDataFolder(), newDataFolder()] as const;
let standIn: RunningStandIn;
let other: RunningStandIn;
beforeAll(async () => {
  [standIn, other] = await Promise.all([
    startStandIn(folders[0]),
    startStandIn(folders[1], ['--organization', otherOrganization(folders[1])]),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([standIn.stop(), other.stop()]);
  for (const folder of folders) removeFolder(folder);
});

describe('mailroom freebusy', () => {
  it('prints the busy times and the working hours of a mailbox in its local time', async () => {
    const ran = await ask(standIn, DAVE, ...WINDOW);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.split('\n').slice(0, 3)).toEqual([
      DAVE,
      '  works MON-FRI 09:00-17:00 (W. Europe Standard Time, UTC+01:00)',
      '  2026-03-16 09:15-09:30 UTC+01:00  busy',
    ]);
  });

  it('[A10] reads the bias the other way when that is assumed', async () => {
    const ran = await ask(other, DAVE, ...WINDOW);
    expect(ran.stdout).toContain('W. Europe Standard Time, UTC-01:00');
  });

  it('[A3] says for each mailbox what was wrong, and ends with 1', async () => {
    const ran = await ask(
      standIn,
      DAVE,
      'nobody@partner.example',
      'bob@example.com',
      'x@else.example',
      ...WINDOW,
    );
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('works MON-FRI');
    expect(ran.stdout).toContain('nobody@partner.example\n  ERROR_MAIL_RECIPIENT_NOT_FOUND: ');
    expect(ran.stdout).toContain('bob@example.com\n  ERROR_FREE_BUSY_GENERATION_FAILED: ');
    expect(ran.stdout).toContain('x@else.example\n  ERROR_AVAILABILITY_CONFIG_NOT_FOUND: ');
  });

  it('prints JSON, and leaves the audit log in the data folder', async () => {
    const ran = await ask(
      standIn,
      'erin@partner.example',
      '--requester',
      'ALICE.liddell@example.com',
      '--json',
      ...WINDOW,
    );
    expect(JSON.parse(ran.stdout)).toEqual({
      window: { startDate: '2026-03-16T00:00:00.000Z', endDate: '2026-03-20T00:00:00.000Z' },
      capBias: 'ews',
      mailboxes: [{ mailbox: 'erin@partner.example', kind: 'times', events: expect.any(Array) }],
    });
    const lines = readFileSync(join(folders[0], 'availability.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      user_id: 'S-1-5-21-1-2-3-1001',
      domain: 'partner.example',
      availability_event_successful: true,
    });
  });

  it('says in one line what is wrong with the question', async () => {
    const [none, window, flag] = await Promise.all([
      ask(standIn),
      ask(standIn, DAVE, '--to', '2020-01-01T00:00:00Z'),
      ask(standIn, DAVE, '--colour'),
    ]);
    const first = (ran: typeof none) => [ran.code, ran.stdout, ran.stderr.split('\n')[0]];
    expect(first(none)).toEqual([2, '', 'mailroom freebusy: give the mailboxes to ask about']);
    expect(first(window)).toEqual([2, '', 'mailroom freebusy: "to" is not after "from"']);
    expect(first(flag)).toEqual([2, '', "mailroom freebusy: Unknown option '--colour'"]);
  });

  it('says so when no stand-in answers, or something else does', async () => {
    const [nobody, aws, url, help] = await Promise.all([
      mailroom(['freebusy', DAVE, '--url', 'http://127.0.0.1:1']),
      mailroom(['freebusy', DAVE, '--url', `http://127.0.0.1:${standIn.ports.aws}`]),
      mailroom(['freebusy', DAVE, '--url', 'ftp://127.0.0.1']),
      mailroom(['freebusy', '--help']),
    ]);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('no stand-in answers at') });
    expect(aws).toMatchObject({ code: 1, stderr: expect.stringContaining('answered 404') });
    expect(url).toMatchObject({ code: 2, stderr: expect.stringContaining('--url takes a URL') });
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: mailroom freebusy') });
  });
});

describe('over HTTP', () => {
  const page = (path: string, headers = {}) =>
    fetch(`http://127.0.0.1:${standIn.ports.http}${path}`, { headers });

  it('a form asks, and what was typed comes back as text', async () => {
    const typed = encodeURIComponent(`${DAVE}, <b>@x "`);
    const text = await (await page(`/freebusy?mailbox=${typed}&from=&to=`)).text();
    expect(text).toContain('value="dave@partner.example, &lt;b&gt;@x &quot;"');
    expect(text).toContain('This cannot be asked: a mailbox is no address');
    const asked = await page(`/freebusy?mailbox=${encodeURIComponent(DAVE)}&from=2026-03-16&to=2026-03-20`);
    expect(await asked.text()).toContain('2026-03-16 09:15-09:30 UTC+01:00  busy');
    expect(asked.headers.get('content-security-policy')).toContain("form-action 'self'");
  });

  it('refuses a page of another site, and more mailboxes than Exchange would ask for', async () => {
    expect((await page('/api/freebusy?mailbox=a@b.example', { origin: 'http://evil.example' })).status).toBe(
      403,
    );
    const many = Array.from({ length: 101 }, (_, index) => `mailbox=u${index}@partner.example`).join('&');
    const refused = await page(`/api/freebusy?${many}`);
    expect([refused.status, await refused.json()]).toEqual([400, { problem: 'more than 100 mailboxes' }]);
  });
});

describe("WorkMail's own settings", () => {
  it.each([
    ['an event without mailboxes', () => standIn],
    ['an empty object', () => other],
  ])('[A7] [A8] the function passes the test of the provider that sends %s', async (_, which) => {
    const client = administrator(which());
    const tested = await client.send(
      new TestAvailabilityConfigurationCommand({ OrganizationId: ID, DomainName: 'partner.example' }),
    );
    expect(tested).toMatchObject({ TestPassed: true });
    client.destroy();
  });

  it('[A7] the test fails when anybody may call the function, or WorkMail may not', async () => {
    const client = administrator(standIn);
    const lambda = new LambdaClient({
      endpoint: `http://127.0.0.1:${standIn.ports.aws}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'administrator', secretAccessKey: 'x' },
    });
    const test = () =>
      client.send(
        new TestAvailabilityConfigurationCommand({ OrganizationId: ID, DomainName: 'partner.example' }),
      );
    const open = { FunctionName: 'availability', StatementId: 'open' };
    const Principal = 'availability.workmail.us-east-1.amazonaws.com';
    await lambda.send(new AddPermissionCommand({ ...open, Action: 'lambda:InvokeFunction', Principal }));
    expect(await test()).toMatchObject({
      TestPassed: false,
      FailureReason: expect.stringContaining('anonymous'),
    });
    await lambda.send(new RemovePermissionCommand(open));
    expect(await test()).toMatchObject({ TestPassed: true });
    client.destroy();
    lambda.destroy();
  });

  it('[A1] [A4] [A5] the provider that is set is the one that is asked, wherever it is', async () => {
    const client = administrator(other);
    const one = { OrganizationId: ID, DomainName: 'partner.example' };
    await client.send(new DeleteAvailabilityConfigurationCommand(one));
    expect((await ask(other, DAVE)).stdout).toContain('ERROR_AVAILABILITY_CONFIG_NOT_FOUND');
    const LambdaArn = 'arn:aws:lambda:eu-west-1:123456789012:function:availability:live';
    await client.send(new CreateAvailabilityConfigurationCommand({ ...one, LambdaProvider: { LambdaArn } }));
    expect(await ask(other, DAVE, ...WINDOW)).toMatchObject({ code: 0 });
    // Its permission names us-east-1, where WorkMail is.
    expect(await client.send(new TestAvailabilityConfigurationCommand(one))).toMatchObject({
      TestPassed: true,
    });
    client.destroy();
  });
});
