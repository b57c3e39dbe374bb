/** The second table of docs/failures.md: free/busy times, asked of the real bundle as WorkMail asks. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, expect, test } from 'vitest';
import { isRecord } from '../../shared/workmail/json.ts';
import { temporaryFolder } from '../support/folders.ts';
import { openWorld, type World } from './world.ts';

const SAMPLE = new URL('../../local/sample/', import.meta.url);
const WINDOW = 'from=2026-03-16T00:00:00Z&to=2026-03-20T00:00:00Z';
/** 25 s of WorkMail's pass in 5. */
const FLAGS = ['--time-scale', '5'];
const TIMEOUT_SECONDS = 6;
const ALL_ROWS_TIMEOUT_MS = 60_000;
const FAILED = 'ERROR_FREE_BUSY_GENERATION_FAILED';

interface Row {
  readonly name: string;
  readonly workmail: string;
  readonly mailroom: string;
  readonly faults?: readonly string[];
  readonly flags?: readonly string[];
  /** Dave's calendar file is not there; Erin's is. */
  readonly lost?: true;
  /** What a user gets for Dave and for Erin: `times`, or the word of EWS. */
  readonly expected: readonly [dave: string, erin: string];
  /** A record in the function's log: its event, and its reason, outcome or kind. */
  readonly log?: { readonly event: string; readonly word: string };
}

const ROWS: readonly Row[] = [
  {
    name: 'WorkMail may not call the function',
    workmail: 'Answers for the mailboxes of the domain by an error.',
    mailroom: 'Nothing: it is never called.',
    faults: ['lambda:Invoke denied'],
    expected: [FAILED, FAILED],
  },
  {
    name: 'The function does not answer in 25 s',
    workmail: 'Stops waiting, and answers for the mailboxes of the domain by an error.',
    mailroom: 'Nothing that is heard.',
    faults: ['lambda:Invoke hang'],
    expected: ['ERROR_TIMEOUT_EXPIRED', 'ERROR_TIMEOUT_EXPIRED'],
  },
  {
    name: 'One calendar cannot be read',
    workmail: 'Hands on what it got.',
    mailroom: 'An error for that mailbox, the times of the others.',
    lost: true,
    expected: ['ERROR_AVAILABILITY_CONFIG_NOT_FOUND', 'times'],
    log: { event: 'failure', word: 'no-configuration' },
  },
  {
    name: 'The policy cannot be read at a cold start, and there is no copy',
    workmail: 'Hands on what it got.',
    mailroom: 'An error for each mailbox: nobody knows whose calendars are where.',
    flags: ['--set', 'POLICY_URI=s3://mailroom-policy/policy.yaml'],
    faults: ['s3:GetObject denied'],
    expected: [FAILED, FAILED],
    log: { event: 'policy', word: 'none' },
  },
  {
    name: 'Mailroom is switched off (`Mode: off`)',
    workmail: 'Hands on what it got.',
    mailroom: 'The times as ever: the switch is for mail.',
    flags: ['--set', 'MAILROOM_MODE=off'],
    expected: ['times', 'times'],
  },
];

/** The sample's policy, in which Dave's calendar file is one that is not there. */
function lostCalendar(): string {
  const folder = mkdtempSync(join(temporaryFolder('free-busy'), 'policy-'));
  const text = readFileSync(new URL('policy.yaml', SAMPLE), 'utf8').replace('dave.ics', 'nowhere.ics');
  cpSync(new URL('calendars', SAMPLE), join(folder, 'calendars'), { recursive: true });
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, text);
  return file;
}

async function answersOf(world: World): Promise<string[]> {
  const mailboxes = ['dave', 'erin'].map((name) => `mailbox=${name}@partner.example`).join('&');
  const asked = await fetch(
    `http://127.0.0.1:${world.standIn.ports.http}/api/freebusy?${mailboxes}&${WINDOW}`,
  );
  const report: unknown = await asked.json();
  const all: unknown = isRecord(report) ? report['mailboxes'] : undefined;
  if (!Array.isArray(all)) throw new Error(JSON.stringify(report));
  return all.map((one: unknown) => (isRecord(one) ? String(one['error'] ?? one['kind']) : ''));
}

/** What the function wrote, as it stands in CloudWatch Logs. */
async function logsOf(world: World): Promise<Record<string, unknown>[]> {
  const logs = new CloudWatchLogsClient({
    endpoint: `http://127.0.0.1:${world.standIn.ports.aws}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'administrator', secretAccessKey: 'x' },
  });
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/availability' }),
  );
  logs.destroy();
  return events.map(({ message = '{}' }) => JSON.parse(message));
}

interface Seen {
  readonly answers: readonly string[];
  readonly logs: readonly Record<string, unknown>[];
}

function open({ faults = [], flags = [], lost }: Partial<Row>): Promise<World> {
  return openWorld({
    handler: 'availability',
    timeoutSeconds: TIMEOUT_SECONDS,
    faults,
    flags: [...FLAGS, ...flags, ...(lost ? ['--policy', lostCalendar()] : [])],
  });
}

/** Asks on one stand-in, row by row. */
async function run(rows: readonly Row[], seen: Map<string, Seen>): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const world = await open(first);
  for (const row of rows) {
    world.setFaults(row.faults ?? []);
    seen.set(row.name, { answers: await answersOf(world), logs: await logsOf(world) });
  }
  await world.stop();
}

const seen = new Map<string, Seen>();
beforeAll(async () => {
  const shared = ROWS.filter((row) => row.flags === undefined && row.lost === undefined);
  const own = ROWS.filter((row) => !shared.includes(row));
  await Promise.all([run(shared, seen), ...own.map((row) => run([row], seen))]);
}, ALL_ROWS_TIMEOUT_MS);

test.each(ROWS.map((row) => [row.name, row] as const))('%s', (name, { expected, log }) => {
  const { answers = [], logs = [] } = seen.get(name) ?? {};
  expect(answers, JSON.stringify(logs)).toEqual(expected);
  if (log === undefined) return;
  const words = logs
    .filter((one) => one['event'] === log.event)
    .flatMap((one) => [one['reason'], one['outcome'], one['kind']]);
  expect(words).toContain(log.word);
});

function line({ name, workmail, mailroom, expected, log }: Row): string {
  const [dave, erin] = expected.map((one) => (one === 'times' ? 'the times' : `\`${one}\``));
  const user = dave === erin ? dave : `${dave} for that mailbox, ${erin} of the others`;
  return `| ${[name, workmail, mailroom, user, log === undefined ? 'the audit log' : `log \`${log.event}\` ${log.word}`].join(' | ')} |`;
}

test('is what docs/failures.md shows', () => {
  const page = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('## Free/busy times');
  const rows = table.split('\n').filter((each) => each.split(' | ').length === 5);
  expect(rows.slice(1)).toEqual(ROWS.map(line));
});
