/** Filter patterns of the event log's group: what they let through, and that no text makes the parser fail or hang. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../../../local/aws/control/log-filter.ts';
import '../../../support/properties.ts';

const line = JSON.stringify({
  traceId: 't1',
  event: { eventName: 'RULE_APPLIED', ruleName: 'a "b" c', count: 3 },
});

describe('parseFilter', () => {
  const CASES: readonly (readonly [string, boolean | undefined])[] = [
    ['', true],
    ['RULE_APPLIED', true],
    ['"RULE_APPLIED" t1', true],
    ['RULE_APPLIED other', false],
    ['{ $.event.eventName = "RULE_APPLIED" }', true],
    ['{ $.event.eventName = "RULE_APPLIED" && $.traceId = "t2" }', false],
    ['{ $.event.count = 3 }', true],
    ['{ $.event.ruleName = "a \\"b\\" c" }', true],
    ['{ $.event.missing.deeper = "x" }', false],
    ['{ $.event.eventName != "X" }', undefined],
    ['{ $.a = 1 || $.b = 2 }', undefined],
    ['"not closed', undefined],
    ['%regex%', undefined],
    ['a'.repeat(2000), undefined],
  ];
  for (const [pattern, expected] of CASES)
    test(`${pattern.slice(0, 60)} is ${String(expected)}`, () => {
      expect(parseFilter(pattern)?.(line)).toBe(expected);
    });

  test('a quoted term matches exactly the lines that hold it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 80 }), (term, text) => {
        fc.pre(term !== '');
        const filter = parseFilter(`"${term.replace(/["\\]/g, '\\$&')}"`);
        // A line break cannot stand in a pattern's quotes.
        if (filter === undefined) expect(term).toMatch(/[\n\r\u2028\u2029]/);
        else expect(filter(text)).toBe(text.includes(term));
      }),
    );
  });

  test('any text is a filter or is none, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 100 }), (pattern, text) => {
        expect([true, false, undefined]).toContain(parseFilter(pattern)?.(text));
      }),
    );
  });
});
