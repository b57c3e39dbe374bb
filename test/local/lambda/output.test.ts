import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutput } from '../../../local/lambda/output.ts';

test('lines become records: a JSON object as it is, anything else as its message', () => {
  const output = createOutput();
  output.take('{"a":1}\nplain\r\n\n[1]\n{broken\n"text"');
  expect(output.drain()).toEqual([
    { a: 1 },
    { message: 'plain' },
    { message: '[1]' },
    { message: '{broken' },
    { message: '"text"' },
  ]);
});

test('what was drained does not come again', () => {
  const output = createOutput();
  output.take('one\n');
  expect(output.drain()).toEqual([{ message: 'one' }]);
  output.take('two\n');
  output.take('three');
  expect(output.drain()).toEqual([{ message: 'two' }, { message: 'three' }]);
  expect(output.drain()).toEqual([]);
});

test('output without end is cut', () => {
  const output = createOutput();
  for (let chunk = 0; chunk < 40; chunk += 1) output.take(`${'x'.repeat(99_999)}\n`);
  const records = output.drain();
  expect(JSON.stringify(records).length).toBeLessThan(1_200_000);
  expect(records.at(-1)).toEqual({ message: 'further output was dropped after 1048576 characters' });
  output.take('again\n');
  expect(output.drain()).toEqual([{ message: 'again' }]);
});

test('property: the records are the same wherever the chunks are cut', () => {
  const text = fc.array(fc.constantFrom('a', '\n', '\0', '\r\n', '{"a":1}\n'), { maxLength: 12 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 10 }), (pieces, cuts) => {
      const whole = pieces.join('');
      const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
      const output = createOutput();
      for (const [index, end] of at.slice(1).entries()) output.take(whole.slice(at[index], end));
      const reference = createOutput();
      reference.take(whole);
      expect(output.drain()).toEqual(reference.drain());
    }),
    { numRuns: 300 },
  );
});
