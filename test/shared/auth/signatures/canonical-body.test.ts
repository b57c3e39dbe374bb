import '../../../support/properties.ts';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyHashes } from '../../../../shared/auth/signatures/body-hash.ts';
import { canonicalBody } from '../../../../shared/auth/signatures/canonical-body.ts';
import { type Form, naiveBody } from './naive.ts';

const FORMS = ['simple', 'relaxed'] as const;
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function canonical(slices: readonly Uint8Array[], form: Form): string {
  const pieces: Buffer[] = [];
  canonicalBody(slices, form, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString('latin1');
}

const piece = fc.constantFrom(
  'a',
  'bc',
  ' ',
  '  ',
  '\t',
  '\r\n',
  '\r\n\r\n',
  '\r',
  '\n',
  '\0',
  '\xe9',
  '.',
  ' \r\n',
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

/** `whole` cut at random places. */
const cut = fc.tuple(text, fc.array(fc.nat(80), { maxLength: 5 })).map(([whole, places]) => {
  const at = [0, ...places.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b), whole.length];
  const slices = at.slice(1).map((end, index) => latin1(whole.slice(at[index], end)));
  return { whole, slices };
});

describe('RFC 6376 §3.4.3, §3.4.4: the body', () => {
  const cases: readonly [name: string, body: string, simple: string, relaxed: string][] = [
    ['§3.4.5 the example', ' C \r\nD \t E\r\n\r\n\r\n', ' C \r\nD \t E\r\n', ' C\r\nD E\r\n'],
    ['empty', '', '\r\n', ''],
    ['only empty lines', '\r\n\r\n\r\n', '\r\n', ''],
    ['only blanks', '  \t\r\n \r\n', '  \t\r\n \r\n', ''],
    ['no line end', 'a', 'a\r\n', 'a\r\n'],
    ['a blank and no line end', 'a ', 'a \r\n', 'a\r\n'],
    ['bare LF', 'a\nb\n\n', 'a\r\nb\r\n', 'a\r\nb\r\n'],
    ['a lone CR is content', 'a\rb\r\r\n\r', 'a\rb\r\r\n\r\r\n', 'a\rb\r\r\n\r\r\n'],
    ['CR, blank, LF', 'a\r \nb', 'a\r \r\nb\r\n', 'a\r\r\nb\r\n'],
    ['blanks before a line end', 'a \t\r\nb', 'a \t\r\nb\r\n', 'a\r\nb\r\n'],
    ['blanks at the start', '\t a', '\t a\r\n', ' a\r\n'],
    ['empty lines inside', 'a\r\n\r\n\r\nb', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
    ['NUL and 8-bit octets', '\0\xff\r\n', '\0\xff\r\n', '\0\xff\r\n'],
  ];
  it.each(cases)('%s', (_, body, simple, relaxed) => {
    expect(canonical([latin1(body)], 'simple')).toBe(simple);
    expect(canonical([latin1(body)], 'relaxed')).toBe(relaxed);
  });

  it.each(FORMS)('%s: as by strings, wherever the body is cut', (form) => {
    fc.assert(
      fc.property(cut, ({ whole, slices }) => {
        expect(canonical(slices, form)).toBe(naiveBody(whole, form));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(FORMS)('%s: the line ends of a store do not matter', (form) => {
    fc.assert(
      fc.property(text, (body) => {
        const crlf = body.replace(/\r/g, '');
        expect(canonical([latin1(crlf)], form)).toBe(canonical([latin1(crlf.replace(/\n/g, '\r\n'))], form));
      }),
    );
  });

  it.each(FORMS)('%s: the canonical form of a canonical form is the same', (form) => {
    fc.assert(
      fc.property(text, (body) => {
        const once = canonical([latin1(body)], form);
        expect(canonical([latin1(once)], form)).toBe(once);
      }),
    );
  });

  it('lines of megabytes, and empty lines by the ten thousand', () => {
    const long = `${'x'.repeat(300_000)}  ${'y '.repeat(50_000)}${'\r\n'.repeat(90_000)}z${'\n'.repeat(90_000)}`;
    for (const form of FORMS) expect(canonical([latin1(long)], form)).toBe(naiveBody(long, form));
  });
});

describe('bodyHashes', () => {
  it('reads every `l=` off one pass', () => {
    const lengths = fc.array(fc.option(fc.nat(60), { nil: undefined }), { maxLength: 6 });
    fc.assert(
      fc.property(cut, lengths, ({ whole, slices }, wanted) => {
        const asked = FORMS.flatMap((form) => wanted.map((length) => ({ canonicalization: form, length })));
        const results = bodyHashes(slices, asked);
        expect(results).toHaveLength(asked.length);
        for (const [index, { canonicalization, length }] of asked.entries()) {
          const form = naiveBody(whole, canonicalization);
          const hashed = form.slice(0, length ?? form.length);
          expect(results[index]).toEqual({
            digest: createHash('sha256').update(hashed, 'latin1').digest(),
            partial: length !== undefined && length < form.length,
            short: length !== undefined && length > form.length,
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of nothing is nothing', () => {
    expect(bodyHashes(latin1('a'), [])).toEqual([]);
  });
});
