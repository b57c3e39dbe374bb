import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../shared/policy/types.ts';
import {
  fingerprint,
  fingerprintRules,
  localMac,
  MAX_MARKS_TRIED,
  type MarkKey,
  type MarkMac,
  makeMark,
  readMarks,
  verifyMac,
} from '../../../shared/workmail/mark.ts';

const signal = new AbortController().signal;
const mac = localMac(Buffer.alloc(32, 7));
const otherMac = localMac(Buffer.alloc(32, 8));
const key: MarkKey = [mac];
const rule = {
  name: 'banner',
  when: { recipientMatch: 'any' },
  do: [{ kind: 'prependSubject', tag: '[EXT]' }],
} as unknown as Rule;
const rules = fingerprintRules([rule]);
const otherRules = fingerprintRules([{ ...rule, name: 'other' }]);
const decision = fingerprint('{"recipients":[]}');

describe.each([
  ['without a decision', undefined],
  ['with a decision', decision],
])('the mark %s', (_, kept) => {
  it('is known again for the same message and rules', async () => {
    const value = await makeMark('message-1', rules, kept, key, signal);
    expect(value).toMatch(
      kept === undefined ? /^v1( [\w-]{22}){1} [\w-]{43}$/ : /^v2( [\w-]{22}){2} [\w-]{43}$/,
    );
    expect(await readMarks([value], 'message-1', rules, key, signal)).toEqual({
      state: 'same-rules',
      decision: kept,
    });
    expect(await readMarks([` ${value} `], 'message-1', otherRules, key, signal)).toEqual({
      state: 'other-rules',
      decision: kept,
    });
  });

  it('is nothing on another message, under another key, or with another fingerprint', async () => {
    const value = await makeMark('message-1', rules, kept, key, signal);
    const state = async (text: string, id: string, under: MarkKey) =>
      (await readMarks([text], id, rules, under, signal)).state;
    expect(await state(value, 'message-2', key)).toBe('not-ours');
    expect(await state(value, 'message-1', [otherMac])).toBe('not-ours');
    expect(await state(value.replace(rules, otherRules), 'message-1', key)).toBe('not-ours');
    expect(await state(value.replace(decision, rules), 'message-1', key)).toBe(
      kept === undefined ? 'same-rules' : 'not-ours',
    );
    expect((await readMarks([], 'message-1', rules, key, signal)).state).toBe('none');
  });

  it('does not become the other form', async () => {
    const value = await makeMark('message-1', rules, kept, key, signal);
    const [, ...parts] = value.split(' ');
    const other =
      kept === undefined
        ? ['v2', rules, decision, parts.at(-1)].join(' ')
        : ['v1', rules, parts.at(-1)].join(' ');
    for (const text of [other, value.replace(/^v\d/, kept === undefined ? 'v2' : 'v1')])
      expect((await readMarks([text], 'message-1', rules, key, signal)).state).toBe('not-ours');
  });

  it('cannot be changed', async () => {
    const value = await makeMark('message-1', rules, kept, key, signal);
    await fc.assert(
      fc.asyncProperty(fc.nat(value.length - 1), fc.constantFrom(...'AZaz09-_ '), async (at, character) => {
        const changed = value.slice(0, at) + character + value.slice(at + 1);
        const { state } = await readMarks([changed], 'message-1', rules, key, signal);
        // The last character of base64url holds two bits that stand for nothing.
        if (changed === value || at === value.length - 1) return;
        expect(state).toBe('not-ours');
      }),
      { numRuns: 300, seed: 8 },
    );
  });
});

describe('marks', () => {
  it('are found among forged ones, but only among the first few', async () => {
    const value = await makeMark('message-1', rules, undefined, key, signal);
    const forged = `v1 ${rules} ${'A'.repeat(43)}`;
    const found = await readMarks([forged, 'v1', '', value], 'message-1', rules, key, signal);
    expect(found.state).toBe('same-rules');
    let calls = 0;
    const counting: MarkMac = (data, s) => {
      calls += 1;
      return mac(data, s);
    };
    const flood = Array.from({ length: 10_000 }, () => forged);
    expect((await readMarks(flood, 'message-1', rules, [counting], signal)).state).toBe('not-ours');
    expect(calls).toBe(MAX_MARKS_TRIED);
  });

  it('cannot be made up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', maxLength: 90 }), { maxLength: 5 }),
        async (values) => {
          expect((await readMarks(values, 'message-1', rules, key, signal)).state).toBe(
            values.length === 0 ? 'none' : 'not-ours',
          );
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('the key', () => {
  it('is as long as its hash', () => {
    expect(() => localMac(Buffer.alloc(31))).toThrow(RangeError);
  });

  it('rotates: the first signs, and the older ones still verify', async () => {
    const old = await makeMark('message-1', rules, decision, [mac], signal);
    const rotated: MarkKey = [otherMac, mac];
    expect((await readMarks([old], 'message-1', rules, rotated, signal)).state).toBe('same-rules');
    const fresh = await makeMark('message-1', rules, decision, rotated, signal);
    expect((await readMarks([fresh], 'message-1', rules, [otherMac], signal)).state).toBe('same-rules');
    expect((await readMarks([fresh], 'message-1', rules, [mac], signal)).state).toBe('not-ours');
  });

  it('verifies what any generation made, and nothing of another length', async () => {
    const data = Buffer.from('data');
    const made = await mac(data, signal);
    expect(await verifyMac(data, made, [otherMac, mac], signal)).toBe(true);
    expect(await verifyMac(data, made, [otherMac], signal)).toBe(false);
    expect(await verifyMac(data, made.subarray(1), [mac], signal)).toBe(false);
  });
});

describe('the fingerprint of the rules', () => {
  it('tells what JSON would not', () => {
    const withMap = (value: unknown) => fingerprintRules([{ ...rule, when: value } as unknown as Rule]);
    expect(withMap(new Map([['a', 1]]))).not.toBe(withMap(new Map([['a', 2]])));
    expect(withMap(new Set(['a']))).not.toBe(withMap(new Set(['b'])));
    expect(withMap(/a/)).not.toBe(withMap(/b/));
  });
});
