import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../stand.ts';
import { type TestAccount, testAccount } from './account.ts';

let account: TestAccount;
beforeAll(async () => {
  account = await testAccount();
});
afterAll(() => account?.close());

describe('CloudWatch Logs', () => {
  const logGroupName = '/aws/workmail/emailevents/example';
  const at = Date.parse('2026-03-16T09:00:00Z');

  test('has the event log, to be filtered and paged', async () => {
    const line = (minute: number, eventName: string, subject: string) => {
      const time = new Date(at + minute * 60_000).toISOString();
      return `${JSON.stringify({ '@timestamp': time, traceId: `t${minute}`, event: { eventName, subject } })}\n`;
    };
    const file = join(account.dataDir, 'events.jsonl');
    appendFileSync(file, [line(0, 'A', 'one'), line(1, 'B', 'two "x"'), line(2, 'A', 'three')].join(''));
    const messages = async (input: object) => {
      const found = await account.logs.send(new FilterLogEventsCommand({ logGroupName, ...input }));
      return {
        traces: (found.events ?? []).map(({ message = '{}' }) => JSON.parse(message).traceId),
        next: found.nextToken,
      };
    };
    expect(await messages({})).toMatchObject({ traces: ['t0', 't1', 't2'] });
    expect(await messages({ startTime: at + 60_000 })).toMatchObject({ traces: ['t1', 't2'] });
    expect(await messages({ filterPattern: '"eventName" "one"' })).toMatchObject({ traces: ['t0'] });
    expect(
      await messages({ filterPattern: '{ $.event.eventName = "A" && $.event.subject = "three" }' }),
    ).toMatchObject({
      traces: ['t2'],
    });
    const first = await messages({ limit: 2 });
    expect(first.traces).toEqual(['t0', 't1']);
    expect(await messages({ limit: 2, nextToken: first.next })).toEqual({ traces: ['t2'], next: undefined });
    expect(await failure(messages({ filterPattern: '{ $.a > 1 }' }))).toMatchObject({
      name: 'InvalidParameterException',
    });
    expect(await failure(messages({ nextToken: 'x' }))).toMatchObject({ name: 'InvalidParameterException' });
  });

  test('[E9] names the group by what is assumed, keeps it 30 days, and has none while the log is off', async () => {
    const groups = async (one: TestAccount) =>
      (
        (await one.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/workmail' })))
          .logGroups ?? []
      ).map(({ logGroupName: name, retentionInDays }) => [name, retentionInDays]);
    expect(await groups(account)).toEqual([[logGroupName, 30]]);
    const other = await testAccount({
      change: (text) => text.replace('assumptions:\n', 'assumptions:\n  eventLogGroup: events\n'),
    });
    expect(await groups(other)).toEqual([['/aws/workmail/events/example', 30]]);
    await other.close();
    const off = await testAccount({ change: (text) => text.replace('eventLog: on', 'eventLog: off') });
    expect(await groups(off)).toEqual([]);
    await off.close();
  });

  test("keeps the functions' logs as long as the template says", async () => {
    const { logGroups } = await account.logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/' }),
    );
    expect(logGroups?.map(({ logGroupName: name }) => name)).toContain('/aws/lambda/mailflow');
  });

  test('makes, changes and deletes groups', async () => {
    const group = { logGroupName: 'mine' };
    await account.logs.send(new CreateLogGroupCommand(group));
    expect(await failure(account.logs.send(new CreateLogGroupCommand(group)))).toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await account.logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 7 }));
    const two = new PutRetentionPolicyCommand({ ...group, retentionInDays: 2 });
    expect(await failure(account.logs.send(two))).toMatchObject({ name: 'InvalidParameterException' });
    const { logGroups } = await account.logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: 'mine' }),
    );
    expect(logGroups).toMatchObject([{ retentionInDays: 7 }]);
    await account.logs.send(new DeleteLogGroupCommand(group));
    expect(await failure(account.logs.send(new DeleteLogGroupCommand(group)))).toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(await failure(account.logs.send(new DescribeLogStreamsCommand(group)))).toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});
