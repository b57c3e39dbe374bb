/** Each thing that people break, broken as they break it: the one finding that names it turns red, and nothing else does. */
import { writeFileSync } from 'node:fs';
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { CASES } from './cases.ts';
import { findings, SAMPLE_POLICY, troubles, type World } from './world.ts';

export function brokenTests(world: () => World): void {
  test('finds nothing wrong with a deployment as the template makes it', async () => {
    expect(troubles(await findings(world()))).toEqual([]);
  });

  for (const { name, change, overrides, red, meaning } of CASES) {
    test(`names it when ${name}`, async () => {
      const restore = await change?.(world().administrator);
      try {
        const all = await findings(world(), overrides?.());
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
    const { policyFile } = world();
    writeFileSync(policyFile, SAMPLE_POLICY.replace('senderScope: outside', 'sendrScope: outside'));
    try {
      const all = await findings(world());
      expect(troubles(all)).toEqual([`fail policy-valid (${policyFile})`]);
      expect(all.find(({ level }) => level === 'fail')?.meaning).toMatch(/line \d+|:\d+:\d+/);
    } finally {
      writeFileSync(policyFile, SAMPLE_POLICY);
    }
  });

  test('the commands that it prints mend the bucket of rewritten messages', async () => {
    const { s3 } = world().administrator;
    const Bucket = 'mailroom-rewrite';
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    const mends = (await findings(world())).flatMap(({ mend }) => (mend === undefined ? [] : [mend]));
    const given = (option: string) => new RegExp(`${option} '([^']+)'`).exec(mends.join('\n'))?.[1] ?? '';
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: given('--policy') }));
    const LifecycleConfiguration = JSON.parse(given('--lifecycle-configuration'));
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  });

  test('finds nothing wrong once all of it is mended', async () => {
    expect(troubles(await findings(world()))).toEqual([]);
  });
}
