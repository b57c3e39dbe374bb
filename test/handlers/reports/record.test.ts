/** What the DMARC step leaves for the reports: once for each message, and never at the cost of the message. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../../handlers/edge/flow.ts';
import { dmarc } from '../../../handlers/edge/steps/dmarc.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { readObservation } from '../../../shared/reports/aggregate/collect-observation.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  policyOf,
  ruleEvent,
  typeForAll,
  type World,
} from '../support/world.ts';

const NOW_MS = Date.parse('2026-11-20T23:59:59Z');
const POLICY = `version: 1
organization: { domains: [example.com], trustSesHeaders: always }
dmarc:
  mode: enforce
`;
const REPORTS = `${POLICY}  reports:
    from: dmarc@example.com
    organization: Example Ltd
    contact: postmaster@example.com
    suppress: [quiet.example]
`;
const TXT = {
  '_dmarc.bank.example': ['v=DMARC1; p=reject; rua=mailto:agg@bank.example; ruf=mailto:f@bank.example'],
  '_dmarc.partner.example': ['v=DMARC1; p=reject; rua=mailto:agg@partner.example'],
};

function worldWith(message: Uint8Array, policy = REPORTS): World {
  return createWorld({ policy: policyOf(policy), message, txt: TXT, now: () => NOW_MS });
}

function call(world: World, event = ruleEvent()) {
  return createFlowHandler([dmarc], () => world.ports)(event, CONTEXT);
}

function left(world: World): string[] {
  return [...world.objects.keys()].filter((key) => key.startsWith('rewrite/observed/'));
}

const FORGED = fixture('inbound-fail.eml');
const PASSES = fixture('inbound-pass.eml');

describe('a judged message', () => {
  it('leaves one record under its day and domain, however often it is tried', async () => {
    const world = worldWith(FORGED);
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    await call(world);
    const [key = ''] = left(world);
    expect(left(world)).toHaveLength(1);
    expect(key).toMatch(/^rewrite\/observed\/2026-11-20\/bank\.example\/[A-Za-z0-9-]+\.json$/);
    expect(readObservation(Buffer.from(world.objects.get(key) ?? '').toString())).toMatchObject({
      policy: { domain: 'bank.example', p: 'reject' },
      record: {
        policyEvaluated: { disposition: 'quarantine', dkim: 'fail', reasons: [{ type: 'local_policy' }] },
      },
    });
    expect(world.logs.filter(({ event }) => event === 'report-record').map(({ outcome }) => outcome)).toEqual(
      ['stored', 'already-there'],
    );
  });

  it('leaves nothing without the key in the policy, and nothing about a domain that is suppressed', async () => {
    const without = worldWith(FORGED, POLICY);
    await call(without);
    expect([...without.objects.keys()]).toEqual([]);
    const suppressed = worldWith(FORGED, REPORTS.replace('quiet.example', '"*.bank.example"'));
    await call(suppressed);
    expect(left(suppressed)).toEqual([]);
  });

  it('leaves nothing when it is a report that passes, and something when a forger says that it is one', async () => {
    const subject = 'Subject: Report Domain: example.com Submitter: partner.example Report-ID: <1>\r\n';
    const asReport = (bytes: Uint8Array) =>
      Buffer.from(
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/^Subject: .*\r?\n/m, subject),
        'latin1',
      );
    const genuine = worldWith(asReport(PASSES));
    await call(genuine);
    expect(left(genuine)).toEqual([]);
    expect(genuine.logs).toContainEqual(
      expect.objectContaining({ event: 'report-record', outcome: 'a-report' }),
    );
    const forged = worldWith(asReport(FORGED));
    await call(forged);
    expect(left(forged)).toHaveLength(1);
  });

  it('leaves nothing when a machine answers a report, and something when it writes to a person', async () => {
    const text = Buffer.from(PASSES).toString('latin1');
    const automatic = Buffer.from(
      text.replace(/^Subject: /m, 'Auto-Submitted: auto-replied\r\n$&'),
      'latin1',
    );
    const to = (...addresses: string[]) =>
      ruleEvent({
        envelope: {
          mailFrom: { address: 'bob@partner.example' },
          recipients: addresses.map((address) => ({ address })),
        },
      });
    const outcomes = async (bytes: Uint8Array, ...addresses: string[]) => {
      const world = worldWith(bytes);
      await call(world, to(...addresses));
      return left(world).length;
    };
    expect(await outcomes(automatic, 'DMARC@example.com')).toBe(0);
    expect(await outcomes(automatic, 'dmarc@example.com', 'alice@example.com')).toBe(1);
    expect(await outcomes(PASSES, 'dmarc@example.com')).toBe(1);
  });

  it('has what a failure report needs only where the policy wants those', async () => {
    const failing = worldWith(FORGED, `${REPORTS}    failure: {}\n`);
    await call(failing);
    const [key = ''] = left(failing);
    const observation = readObservation(Buffer.from(failing.objects.get(key) ?? '').toString());
    expect(observation?.failure).toMatchObject({ alignment: 'dkim, spf', delivery: 'spam' });
    expect(observation?.failure?.header).toMatch(/^From: <redacted@bank\.example>\r\n/);
  });

  it.each([
    ['throttled', () => new TemporaryError('s3 PutObject: SlowDown 503')],
    ['refused', () => new PermanentError('s3 PutObject: AccessDenied 403')],
    ['anything', () => new Error('odd')],
  ])('is answered as without reports where S3 is %s', async (_what, fault) => {
    const world = worldWith(FORGED);
    world.faults.set('s3-put', fault);
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(world.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'report-record', outcome: 'failed' }),
    );
  });
});
