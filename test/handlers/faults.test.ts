/**
 * Each AWS call of mailflow fails in each way, behind the real SDK clients: the answer is what the policy says for
 * it, in time, and never half of an effect. Then the service recovers, WorkMail calls again, and all ends as if nothing
 * had been.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import type { Ports } from '../../handlers/edge/ports.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { TemporaryError } from '../../shared/errors.ts';
import type { Cloud, Operation } from './support/cloud.ts';
import {
  banners,
  expectOneRecord,
  inCloud,
  journal,
  LIMIT_MS,
  ORIGINAL,
  TEMPORARY_FAULTS,
} from './support/in-cloud.ts';
import { FULL } from './support/policies.ts';
import { fixture, MESSAGE_ID, ruleEvent, typeForAll } from './support/world.ts';

/** A busy machine; far below the 6 s after which the SDK gives up by itself. */
const SLACK_MS = 2_500;
/** WorkMail is asked to try again also where the rules would let the mail go. */
const RETRY = FULL.replaceAll('    do:', '    onTimeout: retry\n    onTemporaryError: retry\n    do:');
/** Nothing is retried. */
const SETTLE = FULL.replace('capture: true', 'capture: true, onTimeout: deliver, onTemporaryError: deliver');

/** The answer for everyone, or the error. What takes longer than it may is an error of the test. */
async function mailflow(ports: Ports, limitMs = 15_000, event = ruleEvent()): Promise<unknown> {
  const begunAt = performance.now();
  const handler = createFlowHandler([capture, dmarc, rules], () => ports);
  const answer = await handler(event, { getRemainingTimeInMillis: () => limitMs }).then(
    typeForAll,
    (thrown: unknown) => thrown,
  );
  expect(performance.now() - begunAt).toBeLessThan(Math.min(limitMs + SLACK_MS, 15_000));
  return answer;
}

function decisions(cloud: Cloud): Record<string, string> {
  return Object.fromEntries(
    cloud.logs
      .filter(({ event, step }) => event === 'decision' && step !== undefined)
      .map(({ step, outcome, reason }) => [String(step), `${outcome} (${reason})`]),
  );
}

/** The SDK's clients are imported when they are first used; that is not what is timed here. */
beforeAll(async () => {
  for (const kms of [false, true])
    await inCloud({ kms }, async (cloud) => void (await mailflow(cloud.ports)));
});

/** What the answer is, and whether the message then has its banner. */
type Expected = readonly ['DEFAULT' | 'thrown', 'banner' | 'unchanged'];

const PERMANENT: readonly (readonly [Operation, ...Expected, captured: boolean])[] = [
  // Another organization's id in the ARN of the right is this, too: AccessDeniedException.
  ['GetRawMessageContent', 'DEFAULT', 'unchanged', false],
  ['PutObject journal raw', 'DEFAULT', 'banner', false],
  ['PutObject journal event', 'DEFAULT', 'banner', false],
  ['GetParameter', 'DEFAULT', 'unchanged', true],
  ['GenerateMac', 'DEFAULT', 'unchanged', true],
  ['PutObject rewritten', 'DEFAULT', 'unchanged', true],
  ['PutRawMessageContent', 'DEFAULT', 'unchanged', true],
  ['DeleteObject rewritten', 'DEFAULT', 'banner', true],
  ['GetObject copy', 'DEFAULT', 'banner', true],
  ['PutObject copy', 'DEFAULT', 'banner', true],
];

describe.concurrent('mailflow: a right is missing', () => {
  it.each(PERMANENT)('%s: %s, %s', async (operation, answer, content, captured) => {
    await inCloud({ kms: operation === 'GenerateMac' }, async (cloud) => {
      cloud.faults.set(operation, 'denied');
      expect(await mailflow(cloud.ports)).toBe(answer);
      expect(banners(cloud)).toBe(content === 'banner' ? 1 : 0);
      if (captured) expectOneRecord(cloud);
      else expect(decisions(cloud)['capture']).toBe('not-captured (permanent-error)');
      expect(JSON.stringify(cloud.logs)).not.toContain('@');
      // Asking again for a right that is missing only costs time.
      expect(cloud.asked.filter((asked) => asked === operation).length).toBeLessThan(3);
    });
  });

  it('the bucket is in another region: delivered unchanged, and told as an error', async () => {
    await inCloud({}, async (cloud) => {
      cloud.faults.set('PutRawMessageContent', 'wrong-place');
      expect(await mailflow(cloud.ports)).toBe('DEFAULT');
      expect(banners(cloud)).toBe(0);
      expect(cloud.logs).toContainEqual(
        expect.objectContaining({ level: 'error', kind: 'invalid-location', action: 'deliverUnchanged' }),
      );
    });
  });
});

const TEMPORARY: readonly (readonly [Operation, ...Expected])[] = [
  ['GetRawMessageContent', 'thrown', 'unchanged'],
  ['PutObject journal raw', 'thrown', 'unchanged'],
  ['PutObject journal event', 'thrown', 'unchanged'],
  // A message without a mark needs no key to be kept; only the rewrite does.
  ['GetParameter', 'DEFAULT', 'unchanged'],
  ['GenerateMac', 'DEFAULT', 'unchanged'],
  ['PutObject rewritten', 'DEFAULT', 'unchanged'],
  ['PutRawMessageContent', 'DEFAULT', 'unchanged'],
  ['DeleteObject rewritten', 'DEFAULT', 'banner'],
  ['GetObject copy', 'DEFAULT', 'banner'],
  ['PutObject copy', 'DEFAULT', 'banner'],
];

function rows(table: readonly (readonly [Operation, ...Expected])[]) {
  return table.flatMap(([operation, answer, content]) =>
    TEMPORARY_FAULTS.map((fault) => [operation, fault, answer, content] as const),
  );
}

describe.concurrent('mailflow: a service is in trouble', () => {
  it.each(rows(TEMPORARY))('%s %s: %s, %s', async (operation, fault, answer, content) => {
    await inCloud({ kms: operation === 'GenerateMac' }, async (cloud) => {
      cloud.faults.set(operation, fault);
      // The copy has a time-out of its own.
      const untilDeadline = fault === 'hang' && !operation.endsWith('copy');
      const first = await mailflow(cloud.ports, untilDeadline ? LIMIT_MS : undefined);
      if (answer === 'thrown') expect(first).toBeInstanceOf(TemporaryError);
      else expect(first).toBe(answer);
      expect(banners(cloud)).toBe(content === 'banner' ? 1 : 0);
      cloud.faults.clear();
      expect(await mailflow(cloud.restart())).toBe('DEFAULT');
      expect(banners(cloud)).toBe(1);
      expectOneRecord(cloud);
    });
  });

  it.each([
    ['PutObject rewritten', 'throttled'],
    ['PutRawMessageContent', 'failing'],
    ['PutRawMessageContent', 'hang'],
  ] as const)('%s %s: thrown where the rules want a retry', async (operation, fault) => {
    await inCloud({ policy: RETRY }, async (cloud) => {
      cloud.faults.set(operation, fault);
      expect(await mailflow(cloud.ports, fault === 'hang' ? LIMIT_MS : undefined)).toBeInstanceOf(
        TemporaryError,
      );
      expect(banners(cloud)).toBe(0);
    });
  });

  it.each(['PutObject journal raw', 'PutObject journal event'] as const)(
    '%s hangs where mail may go without a record: the other steps still have their time',
    async (operation) => {
      await inCloud({ policy: SETTLE }, async (cloud) => {
        cloud.faults.set(operation, 'hang');
        expect(await mailflow(cloud.ports, LIMIT_MS)).toBe('DEFAULT');
        expect(decisions(cloud)).toMatchObject({
          capture: 'not-captured (timeout)',
          rewrite: 'rewritten (rules-matched)',
        });
        expect(banners(cloud)).toBe(1);
      });
    },
  );

  it.each(['throttled', 'hang'] as const)(
    'GetParameter %s: a message that carries a mark waits',
    async (fault) => {
      // Only the key tells whether we made the mark, and so whether these bytes are the sender's.
      const forged = `X-Mailroom-Mark: v1 ${'A'.repeat(22)} ${'A'.repeat(43)}\r\n`;
      const message = Buffer.concat([Buffer.from(forged), ORIGINAL]);
      await inCloud({ message }, async (cloud) => {
        cloud.faults.set('GetParameter', fault);
        const first = await mailflow(cloud.ports, fault === 'hang' ? LIMIT_MS : undefined);
        expect(first).toBeInstanceOf(TemporaryError);
        expect(journal(cloud)).toEqual([]);
      });
    },
  );

  it('mail that is to be dropped is dropped also where the rewrite would fail', async () => {
    const options = {
      message: fixture('inbound-fail.eml'),
      txt: { '_dmarc.bank.example': ['v=DMARC1; p=reject'] },
    };
    await inCloud(options, async (cloud) => {
      cloud.faults.set('PutObject rewritten', 'failing').set('PutRawMessageContent', 'failing');
      expect(await mailflow(cloud.ports)).toBe('DROP');
      expect(cloud.asked.some((asked) => /rewritten|PutRaw/.test(asked))).toBe(false);
    });
  });
});

describe.concurrent('mailflow: the effect took place and nobody heard of it', () => {
  it.each([
    ['PutObject journal raw', 'thrown'],
    ['PutObject journal event', 'thrown'],
    ['PutObject rewritten', 'DEFAULT'],
    ['PutRawMessageContent', 'DEFAULT'],
    ['DeleteObject rewritten', 'DEFAULT'],
  ] as const)('%s: %s, and nothing twice', async (operation, answer) => {
    await inCloud({}, async (cloud) => {
      cloud.faults.set(operation, 'cut-after');
      const first = await mailflow(cloud.ports);
      // A conditional write that is tried again finds its own object, which is success.
      if (answer === 'DEFAULT') expect(first).toBe('DEFAULT');
      else expect(first === 'DEFAULT' || first instanceof TemporaryError).toBe(true);
      cloud.faults.clear();
      expect(await mailflow(cloud.restart())).toBe('DEFAULT');
      expect(banners(cloud)).toBe(1);
      expectOneRecord(cloud);
    });
  });
});

it.concurrent('what was given up is not done after the answer', async () => {
  await inCloud({ policy: RETRY }, async (cloud) => {
    // The SDK is between two tries when the deadline comes.
    cloud.faults.set('PutRawMessageContent', 'throttled');
    const first = await mailflow(cloud.ports, 1_600);
    expect(first).toBeInstanceOf(TemporaryError);
    const tries = () => cloud.asked.filter((asked) => asked === 'PutRawMessageContent').length;
    const made = tries();
    cloud.faults.clear();
    await wait(1_800);
    expect(tries()).toBe(made);
    expect(banners(cloud)).toBe(0);
  });
});

describe.concurrent('mailflow: the policy', () => {
  it.each(['denied', ...TEMPORARY_FAULTS] as const)('%s: the copy is in force', async (fault) => {
    await inCloud({}, async (cloud) => {
      await mailflow(cloud.ports);
      cloud.messages.set(MESSAGE_ID, ORIGINAL);
      cloud.faults.set('GetObject policy', fault);
      expect(await mailflow(cloud.restart())).toBe('DEFAULT');
      expect(banners(cloud)).toBe(1);
      expect(cloud.logs).toContainEqual(expect.objectContaining({ outcome: 'kept-last-good', from: 'copy' }));
    });
  });

  it.each(['denied', ...TEMPORARY_FAULTS] as const)('%s, and no copy: kept and passed', async (fault) => {
    await inCloud({}, async (cloud) => {
      cloud.faults.set('GetObject policy', fault).set('GetObject copy', fault);
      expect(await mailflow(cloud.ports)).toBe('DEFAULT');
      expect(banners(cloud)).toBe(0);
      expectOneRecord(cloud);
      expect(cloud.logs).toContainEqual(expect.objectContaining({ outcome: 'passed-without-policy' }));
    });
  });
});
