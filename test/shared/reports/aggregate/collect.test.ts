/** What messages leave, and the rows that come of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCollector } from '../../../../shared/reports/aggregate/collect.ts';
import {
  readObservation,
  writeObservation,
} from '../../../../shared/reports/aggregate/collect-observation.ts';
import { observation } from '../../../handlers/reports/world.ts';
import '../../../support/properties.ts';

const observations = fc
  .record({
    sourceIp: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
    headerFrom: fc.constantFrom('bank.example', 'mail.bank.example'),
    atSeconds: fc.integer({ min: 0, max: 4_000_000_000 }),
    p: fc.constantFrom('none' as const, 'reject' as const),
  })
  .map(({ sourceIp, headerFrom, atSeconds, p }) => {
    const one = observation('bank.example', { sourceIp, identifiers: { headerFrom } });
    return { ...one, atSeconds, policy: { ...one.policy, p } };
  });

describe('rows', () => {
  it('hold every message once, in whatever order the messages are read', () => {
    fc.assert(
      fc.property(fc.array(observations, { minLength: 1, maxLength: 40 }), fc.integer(), (all, turn) => {
        const [one, other] = [createCollector(), createCollector()];
        const middle = Math.abs(turn) % all.length;
        for (const each of all) one.add(each);
        for (const each of [...all.slice(middle), ...all.slice(0, middle)]) other.add(each);
        expect(other.result()).toEqual(one.result());
        const records = one.result()?.records ?? [];
        expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        const tuples = records.map(({ sourceIp, identifiers }) => `${sourceIp} ${identifiers.headerFrom}`);
        expect(new Set(tuples).size).toBe(records.length);
      }),
      { numRuns: 100 },
    );
  });

  it('stand under the policy that was last seen', () => {
    const collector = createCollector();
    const first = observation('bank.example');
    collector.add({ ...first, atSeconds: 2, policy: { ...first.policy, p: 'none' } });
    collector.add({ ...first, atSeconds: 1 });
    expect(collector.result()?.policy.p).toBe('none');
    expect(createCollector().result()).toBeUndefined();
  });
});

describe('an observation', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(observations, (one) => {
        expect(readObservation(writeObservation(one))).toEqual(one);
      }),
      { numRuns: 100 },
    );
  });

  const whole: unknown = JSON.parse(writeObservation(observation('bank.example')));
  it.each([
    ['no JSON', '{'],
    ['another version', '{"version":2}'],
    ['nothing', 'null'],
    ['a list', '[]'],
    ['an unknown word', JSON.stringify(whole).replace('"reject"', '"explode"')],
    ['a number as text', JSON.stringify(whole).replace(/"atSeconds":\d+/, '"atSeconds":"1"')],
    ['a text of megabytes', JSON.stringify(whole).replaceAll('bank.example', 'x'.repeat(2_000))],
    [
      'too many signatures',
      JSON.stringify(whole).replace(/"dkim":\[(.*?)\]/, `"dkim":[${'{},'.repeat(200)}{}]`),
    ],
  ])('is none: %s', (_what, text) => {
    expect(readObservation(text)).toBeUndefined();
  });
});
