/** Each thing that people break, broken as they break it: the one finding that names it turns red, and nothing else does. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { WorkMailClient } from '@aws-sdk/client-workmail';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newDataFolder, type RunningStandIn, removeFolder, startStandIn } from '../../support/stand-in.ts';
import { type Administrator, CASES } from './cases.ts';
import { findings, REGION, sendBothWays, troubles } from './world.ts';

const SAMPLE = readFileSync(resolve(import.meta.dirname, '../../../local/sample/policy.yaml'), 'utf8');
let standIn: RunningStandIn;
let endpoint: string;
let administrator: Administrator;

beforeAll(async () => {
  const data = newDataFolder();
  const policyFile = join(data, 'policy.yaml');
  writeFileSync(policyFile, SAMPLE);
  cpSync(resolve(import.meta.dirname, '../../../local/sample/calendars'), join(data, 'calendars'), {
    recursive: true,
  });
  standIn = await startStandIn(data, ['--policy', policyFile, '--concurrency', '1']);
  endpoint = `http://127.0.0.1:${standIn.ports.aws}`;
  const config = { region: REGION, endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  administrator = {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    lambda: new LambdaClient(config),
    workmail: new WorkMailClient(config),
    logs: new CloudWatchLogsClient(config),
    ses: new SESv2Client(config),
    policyFile,
  };
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  await sendBothWays(standIn);
});
afterAll(async () => {
  await standIn?.stop();
  removeFolder(standIn.data);
});

describe('doctor', () => {
  test('finds nothing wrong with a deployment as the template makes it', async () => {
    expect(troubles(await findings(endpoint))).toEqual([]);
  });

  for (const { name, change, overrides, red, meaning } of CASES) {
    test(`names it when ${name}`, async () => {
      const restore = await change?.(administrator);
      try {
        const all = await findings(endpoint, overrides?.());
        const found = troubles(all).filter(
          (trouble) => overrides === undefined || !trouble.startsWith('unknown') || red.includes(trouble),
        );
        expect(found).toEqual(red);
        const first =
          all.find(({ level }) => level !== 'ok' && level !== 'unknown') ??
          all.find(({ level }) => level !== 'ok');
        expect(first?.meaning).toMatch(meaning);
        expect(first?.mend).not.toBe('');
      } finally {
        await restore?.();
      }
    });
  }

  test('names it when the policy is wrong, and what is wrong with it', async () => {
    writeFileSync(administrator.policyFile, SAMPLE.replace('senderScope: outside', 'sendrScope: outside'));
    try {
      const all = await findings(endpoint);
      expect(troubles(all)).toEqual([`fail policy-valid (${administrator.policyFile})`]);
      expect(all.find(({ level }) => level === 'fail')?.meaning).toMatch(/line \d+|:\d+:\d+/);
    } finally {
      writeFileSync(administrator.policyFile, SAMPLE);
    }
  });

  test('the commands that it prints mend the bucket of rewritten messages', async () => {
    const { s3 } = administrator;
    const Bucket = 'mailroom-rewrite';
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    const mends = (await findings(endpoint)).flatMap(({ mend }) => (mend === undefined ? [] : [mend]));
    const given = (option: string) => new RegExp(`${option} '([^']+)'`).exec(mends.join('\n'))?.[1] ?? '';
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: given('--policy') }));
    const LifecycleConfiguration = JSON.parse(given('--lifecycle-configuration'));
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  });

  test('finds nothing wrong once all of it is mended', async () => {
    expect(troubles(await findings(endpoint))).toEqual([]);
  });
});
