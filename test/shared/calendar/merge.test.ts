import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BusyEvent, BusyType } from '../../../shared/calendar/index.ts';
import { coarsen, mergeBusy } from '../../../shared/calendar/index.ts';

const events: fc.Arbitrary<readonly BusyEvent[]> = fc.array(
  fc
    .tuple(
      fc.nat(60),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom<BusyType>('BUSY', 'TENTATIVE', 'FREE'),
    )
    .map(([startMs, length, busyType]) => ({ startMs, endMs: startMs + length, busyType })),
  { maxLength: 12 },
);

/** What counts at one moment. */
function typeAt(list: readonly BusyEvent[], at: number): BusyType {
  const types = list.filter((one) => one.startMs <= at && at < one.endMs).map((one) => one.busyType);
  if (types.includes('BUSY')) return 'BUSY';
  return types.includes('TENTATIVE') ? 'TENTATIVE' : 'FREE';
}

describe('merging', () => {
  test('says the same at every moment, in the fewest stretches', () => {
    fc.assert(
      fc.property(events, (list) => {
        const merged = mergeBusy(list);
        for (let at = -1; at <= 82; at += 1) expect(typeAt(merged, at)).toBe(typeAt(list, at));
        for (const [index, one] of merged.entries()) {
          const before = merged[index - 1];
          expect(one.endMs).toBeGreaterThan(one.startMs);
          if (before === undefined) continue;
          expect(before.endMs).toBeLessThanOrEqual(one.startMs);
          if (before.endMs === one.startMs) expect(before.busyType).not.toBe(one.busyType);
        }
      }),
    );
  });

  test('coarsening keeps the limit and never makes busy time free', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 5 }), (list, limit) => {
        const merged = mergeBusy(list);
        const coarse = coarsen(merged, limit);
        expect(coarse.length).toBeLessThanOrEqual(limit);
        for (const one of merged) {
          for (let at = one.startMs; at < one.endMs; at += 1) {
            expect(typeAt(coarse, at)).not.toBe('FREE');
            if (one.busyType === 'BUSY') expect(typeAt(coarse, at)).toBe('BUSY');
          }
        }
        expect(coarse[0]?.startMs).toBe(merged[0]?.startMs);
        expect(coarse.at(-1)?.endMs).toBe(merged.at(-1)?.endMs);
      }),
    );
  });
});
