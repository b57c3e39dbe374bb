import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combined, restrictiveness } from '../../../shared/workmail/disposition.ts';
import type { Disposition } from '../../../shared/workmail/types.ts';

const TYPES = ['DROP', 'MOVE_TO_JUNK', 'DEFAULT', 'BYPASS_SPAM_CHECK', 'fallback'] as const;
const disposition: fc.Arbitrary<Disposition> = fc.oneof(
  fc.constantFrom(...TYPES).map((type) => ({ type })),
  fc.string().map((bounceMessage) => ({ type: 'BOUNCE' as const, bounceMessage })),
);
const DEFAULT: Disposition = { type: 'DEFAULT' };

describe('what two jobs want for one recipient', () => {
  it('is what the other wants, where one says nothing', () => {
    fc.assert(
      fc.property(disposition, (wanted) => {
        expect(combined(DEFAULT, wanted)).toBe(wanted);
        expect(combined(wanted, DEFAULT)).toEqual(wanted);
      }),
      { numRuns: 100, seed: 21 },
    );
  });

  it('is the more restrictive otherwise, whoever says it', () => {
    fc.assert(
      fc.property(disposition, disposition, (first, second) => {
        fc.pre(first.type !== 'DEFAULT' && second.type !== 'DEFAULT');
        const least = Math.min(restrictiveness(first), restrictiveness(second));
        expect(restrictiveness(combined(first, second))).toBe(least);
        expect(combined(first, second).type).toBe(combined(second, first).type);
      }),
      { numRuns: 200, seed: 22 },
    );
  });
});
