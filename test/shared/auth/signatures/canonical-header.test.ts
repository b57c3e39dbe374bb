import '../../../support/properties.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalField,
  canonicalSignatureField,
} from '../../../../shared/auth/signatures/canonical-header.ts';
import { fieldText, signableHeader } from '../../../../shared/auth/signatures/fields.ts';
import { MAX_HEADER_BYTES, MAX_HEADER_FIELDS } from '../../../../shared/auth/signatures/limits.ts';
import { parseTagList } from '../../../../shared/auth/signatures/tag-list.ts';
import { parseMessage } from '../../../../shared/mime/scan.ts';
import { naiveField } from './naive.ts';

function headerOf(text: string): NonNullable<ReturnType<typeof signableHeader>> {
  const header = signableHeader(parseMessage(Buffer.from(text, 'latin1')));
  if (header === undefined) throw new Error('too large');
  return header;
}

function forms(text: string): string[] {
  const header = headerOf(`${text}\r\n\r\nbody`);
  return header.fields.flatMap((field) =>
    (['simple', 'relaxed'] as const).map((form) =>
      Buffer.from(canonicalField(header.bytes, field, form)).toString('latin1'),
    ),
  );
}

describe('RFC 6376 §3.4.1, §3.4.2: header fields', () => {
  const cases: readonly [name: string, field: string, simple: string, relaxed: string][] = [
    ['§3.4.5 the example', 'A: X', 'A: X\r\n', 'a:X\r\n'],
    ['§3.4.5 the folded example', 'B : Y\t\r\n\tZ  ', 'B : Y\t\r\n\tZ  \r\n', 'b:Y Z\r\n'],
    ['empty', 'Subject:', 'Subject:\r\n', 'subject:\r\n'],
    ['only folding', 'Subject: \r\n \t', 'Subject: \r\n \t\r\n', 'subject:\r\n'],
    ['bare LF', 'A: x\n y', 'A: x\r\n y\r\n', 'a:x y\r\n'],
    ['a lone CR is content', 'A: x\ry', 'A: x\ry\r\n', 'a:x\ry\r\n'],
    ['NUL and 8-bit octets', 'A: \0\xff', 'A: \0\xff\r\n', 'a:\0\xff\r\n'],
  ];
  it.each(cases)('%s', (_, field, simple, relaxed) => {
    expect(forms(field)).toEqual([simple, relaxed]);
  });

  it('as by strings', () => {
    const piece = fc.constantFrom('x', ' ', '\t', '\r\n ', '\n\t', ':', ';', '\xe9', 'Yz');
    fc.assert(
      fc.property(fc.constantFrom('A', 'b-C', 'D '), fc.array(piece, { maxLength: 20 }), (name, pieces) => {
        const field = `${name}:${pieces.join('')}`;
        expect(forms(field)).toEqual([
          `${naiveField(field, 'simple')}\r\n`,
          `${naiveField(field, 'relaxed')}\r\n`,
        ]);
      }),
    );
  });

  it('§3.7: `b=` is taken out of the signature field, the white space around it too, wherever it stands', () => {
    const header = headerOf('DKIM-Signature: v=1;\r\n b = ab\r\n\tc= ;\r\n bh=x; z=b=1\r\n\r\n');
    const [field] = header.named('dkim-signature');
    if (field === undefined) throw new Error('no field');
    const list = parseTagList(fieldText(header, field));
    const place = list.ok ? list.tags.get('b') : undefined;
    if (place === undefined) throw new Error('no b=');
    const form = (name: 'simple' | 'relaxed'): string =>
      Buffer.from(canonicalSignatureField(header.bytes, field, place, name)).toString('latin1');
    expect(form('simple')).toBe('DKIM-Signature: v=1;\r\n b =;\r\n bh=x; z=b=1');
    expect(form('relaxed')).toBe('dkim-signature:v=1; b =; bh=x; z=b=1');
  });
});

describe('RFC 6376 §5.4.2: which fields `h=` means', () => {
  const header = headerOf('A: 1\r\nB: 2\r\nA: 3\r\na: 4\r\n\r\n');
  const chosen = (...names: string[]): string[] =>
    header.selected(names, 'relaxed').map((form) => Buffer.from(form).toString('latin1').trim());

  it('the last of a name first, then the one above it, then nothing', () => {
    expect(chosen('a', 'b', 'a', 'a', 'a', 'b', 'c')).toEqual(['a:4', 'b:2', 'a:3', 'a:1']);
  });

  it('each signature begins anew', () => {
    expect(chosen('a')).toEqual(chosen('a'));
  });
});

describe('a header that is larger than any mail’s', () => {
  it('has no signatures', () => {
    const long = (bytes: number) => parseMessage(Buffer.from(`A: ${'x'.repeat(bytes)}\r\n\r\n`));
    expect(signableHeader(long(MAX_HEADER_BYTES - 10))).toBeDefined();
    expect(signableHeader(long(MAX_HEADER_BYTES))).toBeUndefined();
    expect(signableHeader(parseMessage(Buffer.from('a:\n'.repeat(MAX_HEADER_FIELDS + 1))))).toBeUndefined();
  });
});
