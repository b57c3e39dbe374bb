/** The words without which a pattern is not found: the engine itself says whether that is true. */
import fc from 'fast-check';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { describe, expect, it } from 'vitest';
import { requiredWords, searchForm } from '../../../shared/policy/required-words.ts';

describe('requiredWords', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    ['Invoice', [['invoice']]],
    ['wire\\s+transfer|new bank', [['transfer', 'new bank']]],
    ['foo(?:bar|baz)?qux', [['foo'], ['qux']]],
    ['(?:ab|cd)+ef{2,}', [['ab', 'cd'], ['ef']]],
    ['x{0}yz', [['yz']]],
    ['a|bc', []],
    ['\\$\\d+ off', [[' off']]],
    ['[]a]foo[^]x]bar[[:alpha:]-]end', [['foo'], ['bar'], ['end']]],
    ['\\d{3}-\\d{2}', []],
    ['gr\u00f6\u00dfe', [['gr']]],
    ['\\Qab\\E', []],
    // RE2 repeats what stands before the flags.
    ['(ab.)(?i)*', []],
  ])('%s', (source, words) => {
    expect(requiredWords(source)).toEqual(words);
  });

  const letters = fc.constantFrom('a', 'k', 'S', 'ks', 'ab', '-', ' ');
  const others = fc.constantFrom(
    ...[
      '.',
      '[ab]',
      '[^a]',
      '[]k]',
      '[[:alpha:]]',
      '\\b',
      '\\d',
      '\\.',
      '\\x61',
      '\\pL',
      '\\p{Greek}',
      '^',
      '$',
    ],
    ...['\u03c3', '{', '}', ']', '{,2}', '\\141', '(?i)', '(?-i)', '\\Qa\\E', '\\C'],
  );
  const pattern = fc.letrec<{ all: string }>((tie) => {
    const repeat = fc.constantFrom('*', '+', '?', '{0}', '{2}', '{1,}', '{0,1}', '+?', '**');
    const open = fc.constantFrom('(', '(?:', '(?i:', '(?P<n>');
    const group = fc.tuple(open, tie('all')).map(([begin, inner]) => `${begin}${inner})`);
    const atom = fc.oneof(
      { depthSize: 'small' },
      { weight: 6, arbitrary: letters },
      { weight: 2, arbitrary: others },
      { weight: 1, arbitrary: group },
    );
    const repeated = fc
      .tuple(atom, fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: repeat }))
      .map((pair) => pair.join(''));
    const sequence = fc.array(repeated, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
    return { all: fc.array(sequence, { minLength: 1, maxLength: 2 }).map((all) => all.join('|')) };
  }).all;
  const piece = fc.constantFrom(
    'a',
    'A',
    'k',
    'K',
    '\u212a',
    's',
    '\u017f',
    'ab',
    '-',
    ' ',
    '\u03c2',
    '{,2}',
    '0',
    '\n',
  );

  it('never keeps a text from a pattern that the engine finds in it', () => {
    let found = 0;
    fc.assert(
      fc.property(pattern, fc.array(piece, { maxLength: 12 }), (source, pieces) => {
        let compiled: RE2JS;
        try {
          compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE | RE2JS.MULTILINE);
        } catch (error) {
          if (error instanceof RE2JSSyntaxException) return;
          throw error;
        }
        const text = pieces.join('');
        if (!compiled.test(text)) return;
        const sets = requiredWords(source);
        if (sets.length > 0) found++;
        const form = searchForm(text);
        expect(sets.filter((words) => !words.some((word) => form.includes(word)))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
    expect(found).toBeGreaterThan(20);
  });
});
