/** `mailroom log`, over a data folder and over the log group of an organization. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../local/cli/log.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { readLogGroups } from '../../../local/event-log/cloudwatch.ts';
import { childId } from '../../../local/flow/ids.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { bouncedIn, delivered, logOf, received, ruleApplied } from '../event-log/world.ts';
import { mailroom } from './run.ts';

const A = 'ann@good.example';
const B = 'bob@example.com';
const TRACE = '01a1f866-0d8a-7b15-99aa-70a5500c476f';
const EVENTS = logOf(
  [TRACE, received(A, [B], { subject: 'Pay\u001b[31m now' })],
  [TRACE, ruleApplied('mailflow', 'MOVE_TO_JUNK', [B])],
  [TRACE, delivered(B, 'Junk')],
  ['other', bouncedIn(B)],
);

let data: string;
beforeAll(async () => {
  data = await temporaryFolder('log');
  const lines = EVENTS.map(({ timeMs, traceId, event }) =>
    JSON.stringify({ '@timestamp': new Date(timeMs).toISOString(), traceId, event }),
  );
  await writeFile(join(data, 'events.jsonl'), `${lines.join('\n')}\n`);
  const logs = [
    { level: 'info', event: 'decision', step: 'dmarc', outcome: 'junk', text: 'DMARC fails' },
    { level: 'info', event: 'decision', step: 'rewrite', outcome: 'unchanged' },
  ];
  const trace = { time: '2026-11-20T10:00:00.000Z', kind: 'invoke', text: 'Called.', data: { logs } };
  // One decision in the message's own trace, one in that of its copy for colleagues.
  const inner = {
    ...trace,
    data: { logs: [{ level: 'error', event: 'failure', step: 'rewrite', reason: 's3' }] },
  };
  for (const [id, told] of [
    [TRACE, trace],
    [childId(TRACE, 'forward'), inner],
  ] as const) {
    await mkdir(join(data, 'messages', id), { recursive: true });
    await writeFile(join(data, 'messages', id, 'trace.jsonl'), `${JSON.stringify(told)}\n`);
  }
  const failed = { event_timestamp: 1, availability_event_successful: false };
  await writeFile(join(data, 'availability.jsonl'), `${JSON.stringify(failed)}\n`);
});

/** What the command prints, in this process. */
async function ask(...args: string[]): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    expect(await run(args)).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return out.join('');
}

async function rows(...args: string[]): Promise<unknown> {
  return JSON.parse(await ask(...args, '--json'));
}

describe('mailroom log', () => {
  it('[E10] why: a sentence, what Mailroom decided, and the trace; nothing that repaints the terminal', async () => {
    const ran = await mailroom(['log', 'why', '--from', A, '--to', B, '--data', data]);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: `2026-11-20T10:00:00.000Z  Pay\\u{1b}[31m now
  It was delivered to Junk of bob@example.com: the rule "mailflow" moved it there.
  Mailroom: dmarc: junk — DMARC fails
  Mailroom: rewrite: failure — s3
  trace ${TRACE}
`,
    });
  });

  it('why: of a message that is not decided yet, what it waits for', async () => {
    const folder = await temporaryFolder('waiting');
    const [arrived] = logOf([TRACE, received(A, [B], { subject: 'Later' })]);
    const line = { '@timestamp': '2026-11-20T10:00:00.000Z', traceId: TRACE, event: arrived?.event };
    await writeFile(join(folder, 'events.jsonl'), `${JSON.stringify(line)}\n`);
    const why = 'it did not answer in time';
    const retry = { function: 'mailflow', nextAt: '2026-11-20T10:05:00.000Z', tries: 2, why };
    await mkdir(join(folder, 'messages', TRACE), { recursive: true });
    const told = { time: '2026-11-20T10:04:00.000Z', kind: 'retry', text: 'Will call again.', data: retry };
    await writeFile(join(folder, 'messages', TRACE, 'trace.jsonl'), `${JSON.stringify(told)}\n`);
    expect(await ask('why', '--from', A, '--to', B, '--data', folder)).toContain(
      'Not decided yet: 2 tries of mailflow, the last failed: it did not answer in time. The next is at 2026-11-20T10:05:00.000Z.',
    );
  });

  it('says so when the log has nothing', async () => {
    expect(await ask('why', '--from', 'x@y.example', '--to', B, '--data', data)).toMatch(
      /^The log has no mail from x@y\.example to bob@example\.com\. /,
    );
    const empty = await temporaryFolder('log');
    expect(await ask('bounces', '--data', empty)).toBe('Nothing was bounced.\n');
    expect(await rows('rule', '--data', empty)).toEqual([]);
    expect(await ask('rule', 'mailflo', '--data', data)).toBe(
      'The log has nothing of a rule with this name. Rules that acted: mailflow.\n',
    );
  });

  it.each([
    [['mail-from', 'good.example'], [{ from: A, trace: TRACE }]],
    [['bounces'], [{ recipient: B, status: '5.2.2' }]],
    [['spam'], []],
    [['junked', '--subject', 'pay'], [{ mailbox: B, rule: 'mailflow' }]],
    [['rule'], [{ rule: 'mailflow', action: 'MOVE_TO_JUNK', messages: 1 }]],
    [['rule', 'mailflow'], [{ recipient: B, trace: TRACE }]],
    [['counts'], [{ direction: 'received', address: B, messages: 1 }]],
    [['dmarc'], []],
  ])('%s', async (args, expected) => {
    expect(await rows(...args, '--data', data)).toMatchObject(expected);
  });

  it('[E22] metrics: those of the event log, and AvailabilityProviderFailure of the audit log', async () => {
    expect(await ask('metrics', '--data', data)).toBe(`metric                       value
AvailabilityProviderFailure  1
IncomingEmailBounced         1
MailboxEmailDelivered        1
OrganizationEmailReceived    1
OutgoingEmailBounced         0
OutgoingEmailSent            0
`);
  });

  it('--since leaves out what is older', async () => {
    const since = (when: string) => rows('counts', '--data', data, '--since', when);
    expect(await since('2026-11-20T10:00:02Z')).toHaveLength(1);
    expect(await since('2026-11-20T10:00:03Z')).toEqual([]);
    expect(await since('100000d')).toHaveLength(1);
    expect(await since('0m')).toEqual([]);
  });

  it('sqlite: the events as a file that other tools read', async () => {
    const file = join(await temporaryFolder('log'), 'events.db');
    expect(await ask('sqlite', file, '--data', data)).toBe(`${file}: 4 events.\n`);
    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare('SELECT count(*) AS found FROM recipients WHERE recipient = ?').get(B)).toEqual({
      found: 3,
    });
    database.close();
    await expect(ask('sqlite', file, '--data', data)).rejects.toThrow('is there already');
  });

  it.each([
    [[], 'ask a question'],
    [['frobnicate'], 'there is no question "frobnicate"; the questions are why, mail-from, '],
    [['toString'], 'there is no question "toString"'],
    [['why', '--from', A], '"why" takes --from and --to'],
    [['why', 'x', '--from', A, '--to', B], '"why" takes --from and --to'],
    [['bounces', '--from', A], '--from and --to go with "why"'],
    [['bounces', 'x'], '"bounces" takes nothing more: "x"'],
    [['metrics', 'x'], '"metrics" takes nothing more: "x"'],
    [['mail-from'], '"mail-from" takes an address or a domain'],
    [['rule', 'a', 'b'], '"b" is too much'],
    [['counts', '--subject', 'x'], '--subject goes with "junked"'],
    [['sqlite'], '"sqlite" takes the file to make'],
    [['counts', '--since', 'yesterday'], '--since takes'],
    [['counts', '--data', '/nowhere'], 'there is no data folder /nowhere'],
    [['counts', '--data', 'x', '--alias', 'y'], 'not both'],
    [['counts', '--region', 'us-east-1'], '--region goes with'],
    [['counts', '--frob'], "Unknown option '--frob'"],
  ])('%s is wrong use', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WrongUse);
    expect(String(error)).toContain(message);
  });

  it('--help tells every question', async () => {
    const help = await ask('--help');
    for (const question of [
      'why',
      'mail-from',
      'bounces',
      'spam',
      'junked',
      'rule',
      'counts',
      'dmarc',
      'metrics',
    ])
      expect(help).toContain(`  ${question} `);
  });
});

interface Asked {
  readonly target: string | undefined;
  readonly input: Readonly<Record<string, unknown>>;
}
type Reply = { readonly status?: number; readonly body: unknown };

describe('the log group of an organization', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    vi.unstubAllEnvs();
  });

  /** CloudWatch Logs as a table of answers, in the order in which they are given; records what was asked. */
  async function cloudWatch(...replies: Reply[]): Promise<{ asked: Asked[]; url: string }> {
    const asked: Asked[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      asked.push({ target: request.headers['x-amz-target']?.toString(), input: JSON.parse(text) });
      const { status = 200, body } = replies[asked.length - 1] ?? { status: 400, body: {} };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { asked, url: `http://127.0.0.1:${port}` };
  }

  function clientOf(url: string): CloudWatchLogsClient {
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    return new CloudWatchLogsClient({ region: 'us-east-1', endpoint: url, credentials, maxAttempts: 1 });
  }

  /** As CloudWatch has them: the time beside the line, the line without one. */
  const page = (from: number, to: number) =>
    EVENTS.slice(from, to).map(({ timeMs, traceId, event }) => ({
      timestamp: timeMs,
      message: JSON.stringify({ traceId, event }),
    }));

  it('is read page by page through the real client, with the same answer as the data folder', async () => {
    const { asked, url } = await cloudWatch(
      { body: { events: page(2, 4), nextToken: 'n' } },
      { body: { events: [{ timestamp: 1, message: 'no event' }], nextToken: 'm' } },
      { body: { events: page(0, 2) } },
    );
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const why = ['why', '--from', A, '--to', B];
    const told = await ask(...why, '--log-group', 'mine', '--region', 'us-east-1');
    const local = await ask(...why, '--data', data);
    expect(told).toBe(local.replaceAll(/ {2}Mailroom: .*\n/g, ''));
    expect(asked.map(({ target, input }) => [target, input['logGroupName'], input['nextToken']])).toEqual([
      ['Logs_20140328.FilterLogEvents', 'mine', undefined],
      ['Logs_20140328.FilterLogEvents', 'mine', 'n'],
      ['Logs_20140328.FilterLogEvents', 'mine', 'm'],
    ]);
    // A week, unless --since says otherwise.
    const startTime = Number(asked[0]?.input['startTime']);
    expect(Math.abs(Date.now() - 7 * 86_400_000 - startTime)).toBeLessThan(60_000);
  });

  it('says of dropped mail that it may be held, which the log of WorkMail does not know', async () => {
    const dropped = logOf([TRACE, received(A, [B])], [TRACE, ruleApplied('mailflow', 'DROP', [B])]);
    const events = dropped.map(({ timeMs, traceId, event }) => ({
      timestamp: timeMs,
      message: JSON.stringify({ traceId, event }),
    }));
    const { url } = await cloudWatch({ body: { events } });
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const told = await ask('why', '--from', A, '--to', B, '--log-group', 'mine', '--region', 'us-east-1');
    expect(told).toContain('The flow rule "mailflow" dropped it. Mail that a rule of Mailroom holds');
  });

  it('[E9] is found under either name', async () => {
    const missing = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'none' } };
    const { asked, url } = await cloudWatch(missing, { body: { events: page(0, 4) } });
    const events = await readLogGroups(
      clientOf(url),
      ['/aws/workmail/emailevents/e', '/aws/workmail/events/e'],
      0,
    );
    expect(events).toEqual(EVENTS);
    expect(asked.map(({ input }) => input['logGroupName'])).toEqual([
      '/aws/workmail/emailevents/e',
      '/aws/workmail/events/e',
    ]);
  });

  it('says what to do about a region that is missing or wrong, and about no connection', async () => {
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const told = (settings: object) =>
      readLogGroups(new CloudWatchLogsClient({ credentials, maxAttempts: 1, ...settings }), ['g'], 0).catch(
        String,
      );
    const noRegion = { region: () => Promise.reject(new Error('Region is missing')) };
    expect(await told(noRegion)).toContain('--region');
    expect(await told({ region: 'a b' })).toContain('--region');
    const { url } = await cloudWatch();
    await new Promise((done) => servers.pop()?.close(done));
    expect(await told({ region: 'us-east-1', endpoint: url })).toContain('cannot be reached (ECONNREFUSED)');
  });

  it('is asked from 1970 on at the earliest', async () => {
    const { asked, url } = await cloudWatch({ body: { events: [] } });
    await readLogGroups(clientOf(url), ['g'], -1);
    expect(asked[0]?.input['startTime']).toBe(0);
  });

  it.each([
    [
      'ResourceNotFoundException',
      PermanentError,
      'there is no log group g; is the event log switched on, and the name right?',
    ],
    ['AccessDeniedException', PermanentError, 'lack logs:FilterLogEvents'],
    ['ExpiredTokenException', PermanentError, 'have expired'],
    ['ThrottlingException', TemporaryError, 'cannot be read now: ThrottlingException'],
  ])('%s is told', async (name, kind, message) => {
    const { url } = await cloudWatch({ status: 400, body: { __type: name, message: 'x' } });
    const error = await readLogGroups(clientOf(url), ['g'], 0).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toContain(message);
  });
});
