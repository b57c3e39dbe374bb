/** Properties of the pieces that need no server: ranges, pages, XML. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listPage } from '../../../../local/aws/s3/listing.ts';
import { parseRange } from '../../../../local/aws/s3/range.ts';
import { element, elementOf } from '../../../../local/aws/s3/xml.ts';
import { parseXml } from '../../../../local/aws/s3/xml-reader.ts';

describe('a range', () => {
  const bytes = fc.integer({ min: 0, max: 40 });

  test('is what an array gives for the same ends', () => {
    fc.assert(
      fc.property(bytes, fc.option(bytes), fc.option(bytes), (size, first, last) => {
        const all = Array.from({ length: size }, (_, index) => index);
        const found = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (first === null && last === null) return found === 'whole';
        if (first !== null && last !== null && last < first) return found === 'whole';
        const wanted =
          first === null ? all.slice(Math.max(0, size - (last ?? 0))) : all.slice(first, (last ?? size) + 1);
        if (wanted.length === 0) return found === 'unsatisfiable';
        return typeof found === 'object' && found.start === wanted[0] && found.length === wanted.length;
      }),
    );
  });

  test('of any other text is the whole', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => /^bytes=\d*-\d*$/.test(text.trim()) || parseRange(text, 9) === 'whole',
      ),
    );
  });
});

describe('pages', () => {
  const keys = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ü', '\u{1F4E7}'), minLength: 1, maxLength: 5 }),
  );

  test('together hold each key and each prefix once, in order, whatever their size', () => {
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('', '/'),
        (all, maxKeys, delimiter) => {
          const rows = all.map((key) => ({ key, id: '' }));
          const seen: string[] = [];
          let after = '';
          for (let page = 0; page <= all.length; page += 1) {
            const listing = listPage(rows, { prefix: '', delimiter, after, maxKeys });
            const names = [...listing.rows.map(({ key }) => key), ...listing.commonPrefixes];
            expect(names.length).toBeLessThanOrEqual(maxKeys);
            seen.push(...names);
            if (listing.next === undefined) break;
            after = listing.next.key;
          }
          const rolled = all.map((key) => {
            const cut = delimiter === '' ? -1 : key.indexOf(delimiter);
            return cut === -1 ? key : key.slice(0, cut + 1);
          });
          expect(seen.sort()).toEqual([...new Set(rolled)].sort());
        },
      ),
    );
  });

  test('are in the order of the bytes of their keys, and begin behind the marker', () => {
    const key = fc.string({
      unit: fc.constantFrom('a', 'b', '/', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}'),
    });
    const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 9 }), key, (keys, after) => {
        const rows = keys.map((one) => ({ key: one, id: '' }));
        const listed = listPage(rows, { prefix: '', delimiter: '', after, maxKeys: 100 }).rows;
        const wanted = keys.filter((one) => after === '' || order(one, after) > 0).sort(order);
        expect(listed.map((row) => row.key)).toEqual(wanted);
      }),
    );
  });

  test('of rows with one key hold each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 9 }),
        fc.integer({ min: 1, max: 3 }),
        (all, maxKeys) => {
          const rows = all.map((key, index) => ({ key, id: String(index) }));
          const seen: string[] = [];
          let marker: { readonly key: string; readonly id?: string } = { key: '' };
          for (let page = 0; page <= rows.length; page += 1) {
            const { key: after, id: afterId } = marker;
            const listing = listPage(rows, { prefix: '', delimiter: '', after, afterId, maxKeys });
            seen.push(...listing.rows.map(({ id }) => id));
            if (listing.next === undefined) break;
            marker = listing.next;
          }
          expect(seen.sort()).toEqual(rows.map(({ id }) => id).sort());
        },
      ),
    );
  });
});

describe('XML', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'B', '<', '&', '"', ']]>', 'ü', '\u{1F4E7}', ' ') });

  test('what is written is read again', () => {
    fc.assert(
      fc.property(word, word, (one, two) => {
        const { xml } = element('Root', [element('One', one), element('Two', [element('Three', two)])]);
        const root = parseXml(xml);
        expect(root?.children[0]?.text).toBe(one);
        expect(root?.children[1]?.children[0]?.text).toBe(two);
        expect(root === undefined ? '' : elementOf(root).xml).toBe(xml);
      }),
    );
  });

  test('any text is read or refused, and never throws', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<b/>',
      '&amp;',
      '&x;',
      '<!DOCTYPE a>',
      '<![CDATA[',
      ']]>',
      'x',
      '<',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const root = parseXml(text);
        expect(root === undefined || !text.includes('DOCTYPE')).toBe(true);
      }),
    );
  });

  test.each([
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<!DOCTYPE a><a/>',
    '<a>&b;</a>',
    `${'<a>'.repeat(17)}${'</a>'.repeat(17)}`,
  ])('refuses %s', (text) => expect(parseXml(text)).toBeUndefined());

  test('a document of too many elements is refused', () => {
    expect(parseXml(`<a>${'<b/>'.repeat(60_001)}</a>`)).toBeUndefined();
  });
});
