/**
 * Who the author is, against three other readers: over the messages that others collected, where each disagreement is
 * adjudicated with its clause, and over From fields made of what readers stumble over, where none may show another domain than
 * the one that is judged here.
 */
import '../../support/properties.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../shared/mime/scan.ts';
import adjudicated from './author.json' with { type: 'json' };
import { corpora, messagesWith } from './corpora.ts';
import { type Authors, authorsOf } from './readers.ts';

interface Verdict extends Authors {
  readonly clause: string;
  readonly why: string;
}

const ADJUDICATED: Readonly<Record<string, Verdict>> = adjudicated;
describe.skipIf(corpora === '')('the author in collected messages (set MAILROOM_CORPORA to run)', () => {
  it('is the same for all readers, but where it is adjudicated', { timeout: 60_000 }, async () => {
    const all = messagesWith(/^from[ \t]*:/im);
    expect(all.length).toBeGreaterThan(300);
    const found: Record<string, Authors> = {};
    for (const { name, bytes } of all) {
      // The author stands in the header; the rest only takes the others' time.
      const authors = await authorsOf(bytes.subarray(0, parseMessage(bytes).root.body.start));
      if (new Set(Object.values(authors)).size > 1) found[name] = authors;
    }
    const judged = Object.entries(ADJUDICATED).map(([name, { clause, why, ...authors }]) => {
      expect([clause, why], name).not.toContain('');
      return [name, authors];
    });
    expect(found).toEqual(Object.fromEntries(judged));
  });
});

const ONE = 'a@one.example';
const TWO = 'b@two.example';
const WORDS = [
  ...[
    ONE,
    TWO,
    `<${ONE}>`,
    `<${TWO}>`,
    'Ann',
    '"Ann"',
    `"${TWO}"`,
    `(${TWO})`,
    `[${TWO}]`,
    'two.example',
    '"b@"',
    'b@',
  ],
  ...['(', ')', '"', '\\', '<', '>', '@', ',', ';', ':', '.', '[', ']', '%', "'", '&', '/', '|', 'Team:'],
  ...[' ', '\t', '\r\n ', '\0', '\u00a0', '\u202e', '=?utf-8?q?', '?=', '=?utf-8?q?=2C?='],
  `=?utf-8?q?${TWO.replace('@', '=40')}?=`,
];
const value = fc
  .tuple(fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }), fc.constantFrom(' ', ''))
  .map(([words, between]) => words.join(between));

describe('the author in any From field', () => {
  it('is nobody whom another reader does not show, and nobody else is shown', async () => {
    let agreed = 0;
    await fc.assert(
      fc.asyncProperty(value, async (from) => {
        const { ours, ...others } = await authorsOf(
          Buffer.from(`From: ${from}\r\nTo: c@c.example\r\n\r\nx\r\n`),
        );
        if (!ours.includes('.')) return;
        for (const [reader, shown] of Object.entries(others)) {
          const other = shown.split(' ').filter((domain) => domain.includes('.') && domain !== ours);
          expect(other, `${reader} of ${JSON.stringify(from)}`).toEqual([]);
        }
        agreed += 1;
      }),
      {
        numRuns: 400,
        examples: [
          ['"b@two.example", <a@one.example>'],
          ['(b@two.example), a@one.example'],
          ['"b@"two.example, <a@one.example>'],
          ['Team:(b@two.example);a@one.example'],
          ['[ (b@two.example) <a@one.example>'],
        ],
      },
    );
    expect(agreed).toBeGreaterThan(8);
  });
});
