/** Tokens that are remembered are those that are read, and cost as much of a budget. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attributesOf, htmlTokens, knownTokens } from '../../../../shared/mime/body/html-tokens.ts';
import { HTML_WORDS } from './vectors.ts';

const html = fc.array(fc.constantFrom(...HTML_WORDS), { maxLength: 40 }).map((words) => words.join(''));
const plain = (tokens: Iterable<object>) => JSON.stringify([...tokens]);

it('whatever the text, from every token on, whatever the budget', () => {
  fc.assert(
    fc.property(html, fc.nat(60), (text, left) => {
      const known = knownTokens(text, 0, Number.POSITIVE_INFINITY);
      const starts = known.tokens.filter(({ kind }) => kind !== 'rawText').map(({ start }) => start);
      for (const start of [0, ...starts.slice(0, 5)]) {
        const [read, recalled] = [{ left }, { left, known }];
        expect(plain(htmlTokens(text, start, recalled))).toBe(plain(htmlTokens(text, start, read)));
        expect(recalled.left).toBe(read.left);
      }
    }),
  );
});

it('the attributes of a tag are the same when they are asked for again', () => {
  fc.assert(
    fc.property(html, fc.nat(4), (text, left) => {
      for (const token of htmlTokens(text, 0, { left: 1000 })) {
        if (token.kind !== 'startTag') continue;
        const [first, second] = [{ left }, { left }];
        const attributes = attributesOf(text, token, first);
        attributesOf(text, token, { left: 1000 });
        expect(attributesOf(text, token, second)).toEqual(attributes);
        expect(second.left < 0).toBe(first.left < 0);
      }
    }),
  );
});

it('are none where there are too many', () => {
  expect(knownTokens('<p>'.repeat(11), 0, 10)).toMatchObject({ tokens: [], tooMany: true });
  expect(knownTokens('<p>'.repeat(10), 0, 10)).toMatchObject({ tooMany: false });
  expect(knownTokens('<p>'.repeat(10), 0, 10).tokens).toHaveLength(10);
});
