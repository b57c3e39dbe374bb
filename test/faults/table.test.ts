/** The table of docs/failures.md, row by row, with the real bundles over SMTP: nothing is lost, nothing is doubled. */
import { readFileSync } from 'node:fs';
import { AddPermissionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FaultRow, line } from './row.ts';
import { ROWS } from './rows.ts';
import { KEEPING } from './rows-keep.ts';
import { BANNER, FOOTER, openWorld, type Seen, type World, type WorldOptions } from './world.ts';

/** Rows of one stand-in that run at a time: most of them wait for a time-out. */
const SHARED_LANES = 3;
/** Rows with a stand-in of their own: each costs the start of one. */
const OWN_LANES = 3;
/** Of the function in the shared ones: what hangs is waited for so long. It leaves four seconds for the work. */
const SHARED_TIMEOUT_SECONDS = 6;
const ALL_ROWS_TIMEOUT_MS = 180_000;

function clientOf(world: World) {
  return {
    endpoint: `http://127.0.0.1:${world.standIn.ports.aws}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'administrator', secretAccessKey: 'x' },
  };
}

/** The right to call the function, for the organization that there is. */
async function letWorkMailCall(world: World): Promise<void> {
  const lambda = new LambdaClient(clientOf(world));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: 'mailflow',
      StatementId: 'right-organization',
      Action: 'lambda:InvokeFunction',
      Principal: 'workmail.us-east-1.amazonaws.com',
      SourceAccount: '123456789012',
      SourceArn: 'arn:aws:workmail:us-east-1:123456789012:organization/m-0123456789abcdef0123456789abcdef',
    }),
  );
  lambda.destroy();
}

/** The policy, where `remotePolicy` says that it is. */
async function storePolicy(world: World): Promise<void> {
  const s3 = new S3Client({ ...clientOf(world), forcePathStyle: true });
  const Body = readFileSync(new URL('../../local/sample/policy.yaml', import.meta.url));
  await s3.send(new CreateBucketCommand({ Bucket: 'mailroom-policy' }));
  await s3.send(new PutObjectCommand({ Bucket: 'mailroom-policy', Key: 'policy.yaml', Body }));
  s3.destroy();
}

async function prepare(row: FaultRow): Promise<World> {
  if (row.before === 'copy') {
    const earlier = await openWorld({ remotePolicy: true });
    await storePolicy(earlier);
    await earlier.inbound('the message that makes the copy');
    await earlier.stop();
    return openWorld({ ...row.world, faults: row.faults, data: earlier.data });
  }
  const world = await openWorld({ ...row.world, faults: row.faults });
  const s3 = new S3Client({ ...clientOf(world), forcePathStyle: true });
  if (row.before === 'other-region')
    await s3.send(
      new CreateBucketCommand({
        Bucket: 'mailroom-elsewhere',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
  if (row.before === 'no-bucket-policy')
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: 'mailroom-rewrite' }));
  s3.destroy();
  if (row.before === 'right-to-call') await letWorkMailCall(world);
  return world;
}

async function run(world: World, row: FaultRow): Promise<Seen> {
  world.setFaults(row.faults);
  if (row.direction === 'redirected') return world.redirected(row.name);
  return row.direction === 'outbound' ? world.outbound(row.name) : world.inbound(row.name, row.mail);
}

function metricsIn(seen: Seen): string[] {
  const text = seen.logs.map((log) => JSON.stringify(log['_aws'] ?? '')).join();
  return [...new Set([...text.matchAll(/"Name":"(\w+)"/g)].map((match) => match[1] ?? ''))].sort();
}

function says(seen: Seen, { event, word }: { readonly event: string; readonly word: string }): boolean {
  return seen.logs.some((log) => log['event'] === event && (log['kind'] === word || log['outcome'] === word));
}

/** What is compared with the row. */
function found(row: FaultRow, seen: Seen) {
  const mark = row.direction === undefined ? BANNER : FOOTER;
  return {
    outcomes: seen.summary.outcomes.map((one) => one.outcome),
    changes: seen.copies.map((copy) => copy.split(mark).length - 1),
    records: seen.records,
    metrics: metricsIn(seen),
  };
}

/** Runs rows one after the other on one stand-in. */
async function runShared(
  rows: FaultRow[],
  seen: Map<string, Seen>,
  options: WorldOptions = { timeoutSeconds: SHARED_TIMEOUT_SECONDS },
): Promise<void> {
  const world = await openWorld(options);
  for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
    seen.set(row.name, await run(world, row));
    world.setFaults([]);
  }
  await world.stop();
}

/** Runs rows one after the other, each on a stand-in of its own. */
async function runOwn(rows: FaultRow[], seen: Map<string, Seen>): Promise<void> {
  for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
    const world = await prepare(row);
    seen.set(row.name, await run(world, row));
    await world.stop();
  }
}

function lanes(count: number, lane: () => Promise<void>): Promise<void>[] {
  return Array.from({ length: count }, lane);
}

describe('the table', () => {
  const seen = new Map<string, Seen>();
  beforeAll(async () => {
    const shared = ROWS.filter((row) => row.world === undefined);
    const keeping = ROWS.filter((row) => row.world === KEEPING);
    const own = ROWS.filter((row) => row.world !== undefined && row.world !== KEEPING);
    await Promise.all([
      ...lanes(SHARED_LANES, () => runShared(shared, seen)),
      runShared(keeping, seen, KEEPING),
      ...lanes(OWN_LANES, () => runOwn(own, seen)),
    ]);
  }, ALL_ROWS_TIMEOUT_MS);

  test.each(ROWS.map((row) => [row.name, row] as const))('%s', (name, row) => {
    const one = seen.get(name);
    if (one === undefined) throw new Error('the row was not run');
    const { outcome, changed, recorded, again, metrics, metricsVary, log } = row.expected;
    expect(found(row, one), JSON.stringify(one.logs)).toEqual({
      outcomes: [outcome],
      changes: [changed ? 1 : 0],
      records: recorded === undefined ? expect.toSatisfy((count: number) => count <= 1) : Number(recorded),
      metrics: metricsVary ? expect.any(Array) : metrics.toSorted(),
    });
    if (again !== undefined) expect(one.calls > 1).toBe(again);
    if (log !== undefined) expect(says(one, log), JSON.stringify(one.logs)).toBe(true);
  });

  test('is what docs/failures.md shows', () => {
    const page = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8');
    const [table = ''] = page.split('## Free/busy times');
    const rows = table.split('\n').filter((each) => each.split(' | ').length === 5);
    expect(rows.slice(1)).toEqual(ROWS.map(line));
  });
});
