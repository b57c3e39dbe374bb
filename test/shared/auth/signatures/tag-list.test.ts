import '../../../support/properties.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNATURE_BYTES, MAX_TAGS } from '../../../../shared/auth/signatures/limits.ts';
import { decodeBase64, parseTagList } from '../../../../shared/auth/signatures/tag-list.ts';

function values(text: string): Record<string, string> | string {
  const list = parseTagList(text);
  return list.ok ? Object.fromEntries([...list.tags].map(([name, { value }]) => [name, value])) : list.why;
}

describe('RFC 6376 §3.2: tag-lists', () => {
  it.each<[string, Record<string, string>]>([
    ['a=1', { a: '1' }],
    [' a = 1 ; b=2;', { a: '1', b: '2' }],
    ['a=1;\r\n b=2;\r\n\t', { a: '1', b: '2' }],
    ['a=;b=', { a: '', b: '' }],
    ['a=x=y==', { a: 'x=y==' }],
    ['a=1\r\n 2', { a: '1\r\n 2' }],
    ['a=1; A=2', { a: '1', A: '2' }],
    ['a_1=1', { a_1: '1' }],
    ['a=\xc3\xa9', { a: '\xc3\xa9' }],
  ])('%j', (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it.each([
    ['', 'syntax'],
    [';', 'syntax'],
    ['a', 'syntax'],
    ['a=1;;b=2', 'syntax'],
    ['a=1;;', 'syntax'],
    ['a=1; b', 'syntax'],
    ['1a=1', 'syntax'],
    ['=1', 'syntax'],
    ['a b=1', 'syntax'],
    ['a=\0', 'syntax'],
    ['a=1\rb=2', 'syntax'],
    ['a=1;\r\nb=2', 'syntax'],
    ['a=1\n', 'syntax'],
    ['a=\x7f', 'syntax'],
    ['a=1;a=1', 'duplicate-tag'],
  ])('%j is none: %s', (text, why) => {
    expect(values(text)).toBe(why);
  });

  it('a list that is longer than any is not read', () => {
    const tags = (count: number) => Array.from({ length: count }, (_, index) => `t${index}=`).join(';');
    expect(parseTagList(tags(MAX_TAGS)).ok).toBe(true);
    expect(values(tags(MAX_TAGS + 1))).toBe('too-many-tags');
    expect(values(`a=${'x'.repeat(MAX_SIGNATURE_BYTES)}`)).toBe('too-long');
  });

  it('what was written is read, and the places are those of the values', () => {
    const space = fc.constantFrom('', ' ', '\t', '\r\n ', '\n\t');
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,3}$/);
    const value = fc.stringMatching(/^(?:[!-:<-~](?:[!-:<-~ ]{0,8}[!-:<-~])?)?$/);
    const tag = fc.tuple(space, name, space, space, value, space);
    fc.assert(
      fc.property(fc.uniqueArray(tag, { selector: ([, key]) => key, minLength: 1, maxLength: 8 }), (tags) => {
        const text = tags.map(([a, key, b, c, content, d]) => `${a}${key}${b}=${c}${content}${d}`).join(';');
        const list = parseTagList(text);
        if (!list.ok) throw new Error(list.why);
        expect([...list.tags].map(([key, each]) => [key, each.value])).toEqual(
          tags.map(([, key, , , content]) => [key, content]),
        );
        for (const each of list.tags.values())
          expect(text.slice(each.start, each.end).trim()).toBe(each.value);
      }),
    );
  });
});

describe('RFC 6376 §2.10: base64', () => {
  it('is read with white space inside and without padding', () => {
    expect(decodeBase64('aGVs\r\n bG8=')?.toString()).toBe('hello');
    expect(decodeBase64('aGVsbG8')?.toString()).toBe('hello');
  });

  it.each(['', '=', '====', 'a', 'aGVs*bG8', 'aG=Vs', 'aGVsbG8===', 'aGVs-_8=', '\0aGVs'])(
    '%j is none',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});
