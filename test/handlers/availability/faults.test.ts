/** Each AWS call of the availability provider fails in each way: an error of the mailboxes that it concerns, in time. */
import { describe, expect, it } from 'vitest';
import { createAvailabilityHandler } from '../../../handlers/availability/handler.ts';
import { calendarIo } from '../../../handlers/availability/ports.ts';
import { besidePolicy } from '../../../handlers/edge/policy-place.ts';
import type { Ports } from '../../../handlers/edge/ports.ts';
import { calendar, event } from '../../shared/calendar/support.ts';
import { type Cloud, type Fault, startCloud } from '../support/cloud.ts';

const POLICY = `version: 1
organization: { domains: example.com }
availability:
  mailboxes:
    dave@partner.example:
      calendars: [{ file: dave.ics }]
    erin@partner.example:
      calendars: [{ file: erin.ics }]
    frank@partner.example:
      calendars:
        - caldav: { url: "http://127.0.0.1:9/frank/", username: frank, passwordUri: "ssm:///frank" }
`;
const MAILBOXES = ['dave@partner.example', 'erin@partner.example', 'frank@partner.example'];
const TEMPORARY: readonly Fault[] = ['throttled', 'failing', 'cut'];
const LIMIT_MS = 2_000;
/** A busy machine. */
const SLACK_MS = 2_500;

async function inCloud(work: (cloud: Cloud) => Promise<void>): Promise<void> {
  const cloud = await startCloud({ message: Buffer.alloc(0), policy: POLICY });
  const text = calendar(event('DTSTART:20260310T100000Z', 'DURATION:PT1H', 'SUMMARY:Plan'));
  for (const name of ['dave', 'erin']) cloud.objects.set(`config/${name}.ics`, Buffer.from(text));
  try {
    await work(cloud);
  } finally {
    await cloud.close();
  }
}

/** What is answered for each mailbox: its error, or how many events. */
async function ask(ports: Ports, mailboxes = MAILBOXES, limitMs = 25_000): Promise<(string | number)[]> {
  const begunAt = performance.now();
  const io = calendarIo(ports.resources, (place) => besidePolicy('s3://config/policy.yaml', place, '/'));
  const requester = { email: 'alice@example.com', userName: 'alice', organization: 'm-1', userId: 'S-1' };
  const window = { startDate: '2026-03-09T00:00:00.000Z', endDate: '2026-03-14T00:00:00.000Z' };
  const context = { getRemainingTimeInMillis: () => limitMs };
  const handler = createAvailabilityHandler(() => ({ ...ports, io }));
  const answer = await handler({ requester, mailboxes, window }, context);
  expect(performance.now() - begunAt).toBeLessThan(limitMs + SLACK_MS);
  return answer.mailboxes.map((one) => ('error' in one ? String(one.error) : one.events.length));
}

const FAILED = MAILBOXES.map(() => 'ErrorFreeBusyGenerationFailed');

describe.concurrent('the availability provider', () => {
  it.each(['denied', ...TEMPORARY, 'hang'] as const)(
    'the policy %s, and no copy: an error for each mailbox',
    async (fault) => {
      await inCloud(async (cloud) => {
        cloud.faults.set('GetObject policy', fault).set('GetObject copy', fault);
        expect(await ask(cloud.ports)).toEqual(FAILED);
        expect(cloud.logs).toContainEqual(
          expect.objectContaining({ level: 'error', event: 'policy', outcome: 'none' }),
        );
        expect(JSON.stringify(cloud.logs)).not.toContain('@');
      });
    },
  );

  it('the policy denied: the copy is in force', async () => {
    await inCloud(async (cloud) => {
      await ask(cloud.ports, ['dave@partner.example']);
      // It was awaited: Lambda freezes a function with its answer.
      expect(cloud.objects.has('rewrite/policy/last-good')).toBe(true);
      cloud.faults.set('GetObject policy', 'denied');
      expect(await ask(cloud.restart(), ['dave@partner.example'])).toEqual([1]);
    });
  });

  it.each([
    ['denied', 'ErrorAvailabilityConfigNotFound'],
    ...TEMPORARY.map((fault) => [fault, 'ErrorServerBusy'] as const),
  ] as const)('a calendar or a password %s: %s for that mailbox alone', async (fault, error) => {
    await inCloud(async (cloud) => {
      cloud.faults.set('GetParameter', fault);
      expect(await ask(cloud.ports)).toEqual([1, 1, error]);
      cloud.faults.clear();
      cloud.faults.set('GetObject calendar', fault);
      expect((await ask(cloud.restart())).slice(0, 2)).toEqual([error, error]);
    });
  });

  it('a password that hangs: the others are answered in time', async () => {
    await inCloud(async (cloud) => {
      cloud.faults.set('GetParameter', 'hang');
      expect(await ask(cloud.ports, MAILBOXES, LIMIT_MS)).toEqual([1, 1, 'ErrorTimeoutExpired']);
    });
  });
});
