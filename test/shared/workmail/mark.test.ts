import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../shared/policy/types.ts';
import {
  fingerprintRules,
  localMac,
  MAX_MARKS_TRIED,
  type MarkMac,
  makeMark,
  readMarks,
} from '../../../shared/workmail/mark.ts';

const signal = new AbortController().signal;
const mac = localMac(Buffer.alloc(32, 7));
const otherKey = localMac(Buffer.alloc(32, 8));
const rule: Rule = {
  name: 'banner',
  when: { recipientMatch: 'any' },
  do: [{ kind: 'prependSubject', tag: '[EXT]' }],
  onTimeout: 'retry',
  onTemporaryError: 'retry',
};
const rules = fingerprintRules([rule]);
const otherRules = fingerprintRules([{ ...rule, name: 'other' }]);

describe('the mark', () => {
  it('is known again for the same message and rules', async () => {
    const value = await makeMark('message-1', rules, mac, signal);
    expect(value).toMatch(/^v1 [\w-]{22} [\w-]{43}$/);
    expect(await readMarks([value], 'message-1', rules, mac, signal)).toBe('same-rules');
    expect(await readMarks([` ${value} `], 'message-1', otherRules, mac, signal)).toBe('other-rules');
  });

  it('is nothing on another message, under another key, or with another fingerprint', async () => {
    const value = await makeMark('message-1', rules, mac, signal);
    expect(await readMarks([value], 'message-2', rules, mac, signal)).toBe('not-ours');
    expect(await readMarks([value], 'message-1', rules, otherKey, signal)).toBe('not-ours');
    const swapped = value.replace(rules, otherRules);
    expect(await readMarks([swapped], 'message-1', rules, mac, signal)).toBe('not-ours');
    expect(await readMarks([], 'message-1', rules, mac, signal)).toBe('none');
  });

  it('is found among forged ones, but only among the first few', async () => {
    const value = await makeMark('message-1', rules, mac, signal);
    const forged = `v1 ${rules} ${'A'.repeat(43)}`;
    expect(await readMarks([forged, 'v1', '', value], 'message-1', rules, mac, signal)).toBe('same-rules');
    let calls = 0;
    const counting: MarkMac = (data, s) => {
      calls += 1;
      return mac(data, s);
    };
    const flood = Array.from({ length: 10_000 }, () => forged);
    expect(await readMarks(flood, 'message-1', rules, counting, signal)).toBe('not-ours');
    expect(calls).toBe(MAX_MARKS_TRIED);
  });

  it('cannot be made up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', maxLength: 90 }), { maxLength: 5 }),
        async (values) => {
          expect(await readMarks(values, 'message-1', rules, mac, signal)).toBe(
            values.length === 0 ? 'none' : 'not-ours',
          );
        },
      ),
      { numRuns: 200, seed: 7 },
    );
    const value = await makeMark('message-1', rules, mac, signal);
    await fc.assert(
      fc.asyncProperty(fc.nat(value.length - 1), fc.constantFrom(...'AZaz09-_ '), async (at, character) => {
        const changed = value.slice(0, at) + character + value.slice(at + 1);
        const state = await readMarks([changed], 'message-1', rules, mac, signal);
        // The last character of base64url holds two bits that stand for nothing.
        if (changed === value || at === value.length - 1) return;
        expect(state).toBe('not-ours');
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  it('wants a key as long as its hash', () => {
    expect(() => localMac(Buffer.alloc(31))).toThrow(RangeError);
  });
});
