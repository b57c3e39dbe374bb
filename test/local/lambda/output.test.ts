import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutput } from '../../../local/lambda/output.ts';

const MARK = '0b9e6c1c-0000-4000-8000-000000000000';
const END = `\0${MARK}\n`;

test('lines become records: a JSON object as it is, anything else as its message', () => {
  const output = createOutput();
  output.expect(MARK, () => undefined);
  output.take(`{"a":1}\nplain\r\n\n[1]\n{broken\n"text"${END}`);
  expect(output.drain()).toEqual([
    { a: 1 },
    { message: 'plain' },
    { message: '[1]' },
    { message: '{broken' },
    { message: '"text"' },
  ]);
});

test('what comes after the mark belongs to the next', () => {
  const output = createOutput();
  output.expect(MARK, () => undefined);
  output.take(`one\n${END}two\n`);
  expect(output.drain()).toEqual([{ message: 'one' }]);
  output.expect('other', () => undefined);
  output.take('three\n\0other\n');
  expect(output.drain()).toEqual([{ message: 'two' }, { message: 'three' }]);
});

test('an invocation that was cut short keeps what it wrote', () => {
  const output = createOutput();
  output.expect(MARK, () => undefined);
  output.take(`last words ${END.slice(0, 9)}`);
  expect(output.drain()).toEqual([{ message: `last words ${END.slice(0, 9)}` }]);
});

test('output without end is cut', () => {
  const output = createOutput();
  output.expect(MARK, () => undefined);
  for (let chunk = 0; chunk < 40; chunk += 1) output.take(`${'x'.repeat(99_999)}\n`);
  output.take(END);
  const records = output.drain();
  expect(JSON.stringify(records).length).toBeLessThan(1_200_000);
  expect(records.at(-1)).toEqual({ message: 'further output was dropped after 1048576 characters' });
  expect(output.drain()).toEqual([]);
});

test('property: the mark is found once, wherever the chunks are cut', () => {
  const text = fc.array(fc.constantFrom('a', '\n', '\0', MARK.slice(0, 8), '{"a":1}\n'), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, fc.array(fc.nat(200), { maxLength: 10 }), (before, after, cuts) => {
      const whole = `${before.join('')}${END}${after.join('')}`;
      const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
      let ends = 0;
      const output = createOutput();
      output.expect(MARK, () => {
        ends += 1;
      });
      for (const [index, end] of at.slice(1).entries()) output.take(whole.slice(at[index], end));
      expect(ends).toBe(1);
      const reference = createOutput();
      reference.take(before.join(''));
      expect(output.drain()).toEqual(reference.drain());
      output.expect('next', () => undefined);
      output.take('\0next\n');
      const rest = createOutput();
      rest.take(after.join(''));
      expect(output.drain()).toEqual(rest.drain());
    }),
    { numRuns: 300 },
  );
});
