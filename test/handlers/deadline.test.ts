/** Time runs short: a time-out of Lambda below WorkMail's 15 s, waits that do not end, calls that overlap. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import type { Ports } from '../../handlers/edge/ports.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { banners, expectOneRecord, inCloud, ORIGINAL } from './support/in-cloud.ts';
import { full } from './support/policies.ts';
import { CONTEXT, createWorld, MESSAGE_ID, ruleEvent, typeForAll } from './support/world.ts';

const STEPS = [capture, dmarc, rules];
/** Shorter than the policy is waited for, as a time-out of Lambda under 7 s is on AWS. */
const SHORT_MS = 2_000;
const policyTimes = { readMs: 6_000, copyAfterMs: 600, copyMs: 5_400 };
/** Far above `SHORT_MS`, for a busy machine; below what the waits for the policy and its copy would take. */
const IN_TIME_MS = 4_500;

/** The answer or the error, and after how long. */
async function call(ports: Ports, limitMs: number) {
  const begunAt = performance.now();
  const context = { getRemainingTimeInMillis: () => limitMs };
  const answer = await createFlowHandler(STEPS, () => ports)(ruleEvent(), context).then(
    typeForAll,
    (thrown: unknown) => thrown,
  );
  return { answer, tookMs: performance.now() - begunAt };
}

/** The SDK's clients are imported when they are first used; that is not what is timed here. */
beforeAll(() => inCloud({}, async (cloud) => void (await call(cloud.ports, 15_000))));

describe.concurrent('a time-out of Lambda that is shorter than the wait for the policy', () => {
  it('the copy is in force at the first call', async () => {
    await inCloud({ policyTimes }, async (cloud) => {
      await call(cloud.ports, 15_000);
      cloud.messages.set(MESSAGE_ID, ORIGINAL);
      cloud.faults.set('GetObject policy', 'hang');
      const { answer, tookMs } = await call(cloud.restart(), SHORT_MS);
      expect(answer).toBe('DEFAULT');
      expect(tookMs).toBeLessThan(IN_TIME_MS);
      expect(banners(cloud)).toBe(1);
      expectOneRecord(cloud);
    });
  });

  it('without a copy the message is kept and goes on unchanged', async () => {
    await inCloud({ policyTimes }, async (cloud) => {
      cloud.faults.set('GetObject policy', 'hang').set('GetObject copy', 'hang');
      const { answer, tookMs } = await call(cloud.ports, SHORT_MS);
      expect(answer).toBe('DEFAULT');
      expect(tookMs).toBeLessThan(IN_TIME_MS);
      expect(banners(cloud)).toBe(0);
      expectOneRecord(cloud);
      cloud.faults.clear();
      expect((await call(cloud.restart(), 15_000)).answer).toBe('DEFAULT');
      expect(banners(cloud)).toBe(1);
    });
  });
});

it.concurrent.each(['GetObject copy', 'PutObject copy'] as const)(
  '%s hangs: the answer is there before Lambda ends the function',
  async (operation) => {
    await inCloud({ policyTimes }, async (cloud) => {
      await call(cloud.ports, 15_000);
      cloud.messages.set(MESSAGE_ID, ORIGINAL);
      cloud.objects.delete('rewrite/policy/last-good');
      cloud.faults.set(operation, 'hang');
      const { answer, tookMs } = await call(cloud.restart(), SHORT_MS);
      expect(answer).toBe('DEFAULT');
      expect(tookMs).toBeLessThan(IN_TIME_MS);
      expect(banners(cloud)).toBe(1);
    });
  },
);

/** Holds back each call of `put` until it is let go. */
function heldBack(ports: Ports) {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let arrived: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const messageFlow: Ports['messageFlow'] = {
    ...ports.messageFlow,
    async put(...put) {
      arrived();
      await gate;
      return ports.messageFlow.put(...put);
    },
  };
  return { ports: { ...ports, messageFlow }, reached, letGo };
}

it('a call that WorkMail gave up ends after the next one: the same bytes, one record', async () => {
  const world = createWorld({ policy: full, message: ORIGINAL });
  const handle = (ports: Ports) => createFlowHandler(STEPS, () => ports)(ruleEvent(), CONTEXT);
  const slow = heldBack(world.ports);
  const first = handle(slow.ports);
  await slow.reached;
  expect(typeForAll(await handle(world.ports))).toBe('DEFAULT');
  const content = Buffer.from(world.messages.get(MESSAGE_ID) ?? []);
  expect(content.equals(ORIGINAL)).toBe(false);
  slow.letGo();
  expect(typeForAll(await first)).toBe('DEFAULT');
  expect(Buffer.from(world.messages.get(MESSAGE_ID) ?? []).equals(content)).toBe(true);
  expect([...world.objects.keys()].filter((key) => key.startsWith('journal/event/'))).toHaveLength(1);
});
