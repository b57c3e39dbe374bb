/** A template that is shortened says the same, with fewer octets. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withLessIndentation, withMapsInLine } from '../../../local/package/indent.ts';

const TEXT = `A:
  B: >-
    folded
      deeper
    text
  List:
    - Key: x
      Deep:
        More: "a, b"
        Again: [1, 2]
    - - one
      - two:
          three: 3
  Block: |
    {"json": [
      {"a": 1}
    ]}
C:
  Plain: some words
  Comma: one, two
D:
  X: 1
  Y: { z: [a, b] }
  Z: "a: b, # c"
`;

test('less indentation says the same, texts and lists within lists included', () => {
  const short = withLessIndentation(TEXT);
  expect(parse(short)).toEqual(parse(TEXT));
  expect(short.length).toBeLessThan(TEXT.length - 30);
  expect(short).toContain('\n List:\n - Key: x\n   Deep:\n    More');
});

test('maps of short values go into one line, others stay', () => {
  const short = withMapsInLine(withLessIndentation(TEXT));
  expect(parse(short)).toEqual(parse(TEXT));
  expect(short).toContain('\nD: { X: 1, Y: { z: [a, b] }, Z: "a: b, # c" }\n');
  expect(short).toContain('\nC:\n Plain: some words\n Comma: one, two\n');
});
