import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createChunkedDecoder } from '../../../../local/aws/s3/chunked.ts';

type Outcome =
  | { readonly data: string; readonly trailers: Readonly<Record<string, string>> }
  | 'malformed'
  | 'small-chunk'
  | 'incomplete';

function decode(pieces: readonly Uint8Array[]): Outcome {
  const decoder = createChunkedDecoder();
  const data: Uint8Array[] = [];
  for (const piece of pieces) {
    const out = decoder.push(piece);
    if (typeof out === 'string') return out;
    data.push(...out);
  }
  const trailers = decoder.finish();
  if (trailers === 'incomplete') return trailers;
  return { data: Buffer.concat(data).toString('latin1'), trailers: Object.fromEntries(trailers) };
}

const all = (text: string): Outcome => decode([Buffer.from(text, 'latin1')]);

describe('aws-chunked', () => {
  test('as the SDK sends it', () => {
    expect(all('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n')).toEqual({
      data: 'hello',
      trailers: { 'x-amz-checksum-crc32': 'NhCmhg==' },
    });
  });

  test('with signatures, without trailers', () => {
    const signature = `;chunk-signature=${'a'.repeat(64)}`;
    expect(all(`3${signature}\r\nabc\r\n0${signature}\r\n\r\n`)).toEqual({ data: 'abc', trailers: {} });
  });

  test.each([
    ['a size that is no number', 'xyz\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond every object', '123456789\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['data longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
    ['bytes after the end', '1\r\nh\r\n0\r\n\r\nmore'],
    ['a trailer without a name', '0\r\nnonsense\r\n\r\n'],
    ['a size line without end', `${'1'.repeat(5000)}`],
    ['trailers without end', `0\r\n${Array.from({ length: 20 }, (_, i) => `t${i}:x\r\n`).join('')}\r\n`],
  ])('%s is malformed', (_, text) => {
    expect(all(text)).toBe('malformed');
  });

  const framed = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

  test('only the last chunk may have less than 8 KB', () => {
    const end = '0\r\n\r\n';
    expect(all(framed(8191) + framed(1) + end)).toBe('small-chunk');
    expect(all(framed(8192) + framed(1) + framed(1) + end)).toBe('small-chunk');
    expect(all(framed(8192) + framed(1) + end)).toMatchObject({ data: 'x'.repeat(8193) });
    expect(all(framed(1) + end)).toMatchObject({ data: 'x' });
  });

  test.each(['', '5\r\nhel', '5\r\nhello\r\n', '5\r\nhello\r\n0\r\n', '0\r\nx:y\r\n'])(
    '%j is incomplete',
    (text) => {
      expect(all(text)).toBe('incomplete');
    },
  );

  test('property: whatever the cut, what was framed comes out', () => {
    const least = fc.uint8Array({ minLength: 8192, maxLength: 8200, size: 'max' });
    const last = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const chunks = fc.tuple(fc.array(least, { maxLength: 2 }), last).map(([parts, end]) => [...parts, end]);
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(20_000), { maxLength: 8 }), (parts, cuts) => {
        const framed = parts.map((part) =>
          Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
        );
        const body = Buffer.concat([...framed, Buffer.from('0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n')]);
        const at = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
        const pieces = at.slice(1).map((end, index) => body.subarray(at[index], end));
        expect(decode(pieces)).toEqual({
          data: Buffer.concat(parts).toString('latin1'),
          trailers: { 'x-amz-checksum-crc32': 'AAAA' },
        });
      }),
      { numRuns: 100 },
    );
  });

  test('fuzz: any bytes give an outcome, and the cut does not matter', () => {
    const alphabet = fc.array(fc.constantFrom('0', '1', '2', 'a', '\r\n', '\n', ';', ':', 'x', '\0'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(alphabet, (parts) => {
        const text = parts.join('');
        const whole = all(text);
        const bytewise = decode([...Buffer.from(text, 'latin1')].map((byte) => Uint8Array.of(byte)));
        expect(bytewise).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});
