/** A template that is shortened says the same. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { shortened } from '../../../local/package/indent.ts';

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

test('says the same in fewer octets, texts and lists within lists included', () => {
  const short = shortened(TEXT);
  expect(parse(short)).toEqual(parse(TEXT));
  expect(short.length).toBeLessThan(TEXT.length * 0.8);
  expect(short).toContain('\n List: [{Key: x,Deep: {More: "a, b",Again: [1,2]}},[one,{two: {three: 3}}]]\n');
});

test('quotes stay as they are, and what looks like one in the middle of words', () => {
  expect(shortened(`a:\n  b:\n    - "x, y"\n    - 'p, ''q'\n    - it's\n    - c, d\n`)).toBe(
    `a:\n b: ["x, y",'p, ''q',it's,"c, d"]\n`,
  );
});

test("keeps CloudFormation's tags", () => {
  const text = 'a:\n  b:\n    - !If\n      - c\n      - !Sub "x, y"\n      - !Ref AWS::NoValue\n';
  expect(shortened(text)).toBe('a:\n b: [!If [c,!Sub "x, y",!Ref AWS::NoValue]]\n');
});
