import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReferences, originOf } from '../../../../shared/mime/body/entities.ts';
import { attributesOf, htmlTokens } from '../../../../shared/mime/body/html-tokens.ts';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { htmlToText } from '../../../../shared/mime/html-text.ts';
import { cpuTime } from '../../../support/cpu-time.ts';
import { changeOctets } from './support.ts';
import { HTML_WORDS } from './vectors.ts';

const PREFIX = 'https://safe.example/?u=';
const CHANGES: readonly BodyChange[] = [
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'remote' },
  { kind: 'removeTracking', images: 'tracking' },
  { kind: 'prefixLinks', prefix: PREFIX, exempt: ['*.ok.example'] },
  { kind: 'restoreLinks', prefix: PREFIX },
  { kind: 'defangLinks', exempt: [] },
  { kind: 'markLinks', exempt: [] },
  { kind: 'prependDisclaimer', text: 'TOP of it', removeOld: true },
  { kind: 'appendDisclaimer', text: 'UNDER it', position: 'aboveReply', removeOld: true },
  { kind: 'appendDisclaimer', text: 'END of it', removeOld: true },
];

const words = fc.array(
  fc.constantFrom(
    ...HTML_WORDS,
    'http://a.example/b?c&amp;d ',
    'www.a.example',
    'TOP of it',
    'END',
    ' of it',
    '<br>',
    '\n',
    '> ',
    ' \r\n',
    '\u00e4',
    '&#x3c;',
    `${PREFIX}http%3A%2F%2Fa`,
  ),
  { maxLength: 16 },
);
const bodies = fc.oneof(
  words.map((list) => Buffer.from(list.join(''))),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);

describe('whatever the body', () => {
  it('the tokens cover it once, and attributes lie in their tags', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const html = body.toString('latin1');
        let at = 0;
        for (const token of htmlTokens(html, 0, { left: 1000 })) {
          expect(token.start).toBe(at);
          expect(token.end).toBeGreaterThan(at);
          at = token.end;
          if (token.kind !== 'startTag' || !token.complete) continue;
          let from = token.start + 1;
          for (const attribute of attributesOf(html, token, { left: 100 })) {
            expect(attribute.start).toBeGreaterThanOrEqual(from);
            expect(attribute.end).toBeLessThan(token.end);
            from = attribute.end;
          }
        }
        expect(at).toBe(html.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('a place in decoded text leads back to its source', () => {
    fc.assert(
      fc.property(bodies, fc.constantFrom('text', 'attribute'), (body, where) => {
        const source = body.toString('latin1');
        const decoded = decodeReferences(source, where);
        expect(originOf(decoded, decoded.text.length)).toBe(source.length);
        for (let at = 0; at < decoded.text.length; at++) {
          const [from, to] = [originOf(decoded, at), originOf(decoded, at + 1)];
          const piece = source.slice(from, to);
          if (!piece.startsWith('&') || piece.length === 1) expect(piece).toBe(decoded.text[at]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('all changes together make valid splices, lose no disclaimer, and are made once', () => {
    fc.assert(
      fc.property(
        bodies,
        fc.subarray([...CHANGES]),
        fc.boolean(),
        fc.boolean(),
        (body, changes, html, joined) => {
          const kind = { html, flowed: joined, delSp: joined };
          const out = changeOctets(body, changes, kind);
          for (const change of changes) if ('text' in change) expect(out.includes(change.text)).toBe(true);
          const texts = changes.filter((change) => 'text' in change);
          const once = changeOctets(body, texts, kind);
          expect(changeOctets(once, texts, kind).equals(once)).toBe(true);
          htmlToText(body.toString());
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('what is cleaned is clean', () => {
    const changes = CHANGES.slice(0, 2);
    fc.assert(
      fc.property(words, (list) => {
        const once = changeOctets(Buffer.from(list.join('')), changes, { html: true });
        expect(changeOctets(once, changes, { html: true }).toString()).toBe(once.toString());
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hostile bodies', () => {
  const pieces = [
    '<',
    '</',
    '<a',
    '<!--',
    '<a b="',
    '<div>',
    '&',
    '&amp;',
    'http://',
    'www.a.',
    '> \n',
    '--\n',
    '1:\n',
    ' ',
    '<!--[if mso]><a href=x><![endif]-->',
    '<object>',
    '<select><style>',
    '<style>a{b:url(',
    '<p style="',
    '<b>TOP of it',
    `${PREFIX}http%3A%2F%2Fa`,
  ];
  const changeAll = (body: Buffer, changes: readonly BodyChange[]): void => {
    for (const html of [true, false]) {
      for (const change of changes) {
        try {
          changeOctets(body, [change], { html, flowed: true, delSp: true });
        } catch (error) {
          expect(String(error)).toContain('too large');
        }
      }
    }
  };

  // The bounds are many times what the slowest takes: whatever grows with its square takes many times them.
  it.each(pieces)('%j, repeated, takes no time that grows with its square', (piece) => {
    const body = Buffer.from(piece.repeat(8_000));
    expect(cpuTime(() => changeAll(body, CHANGES.slice(0, -1)))).toBeLessThan(4_000);
  });

  const LINKS = CHANGES.filter(({ kind }) => kind.endsWith('Links'));
  it.each([
    ['http://a.example/', 'x', ''],
    ['http://a.example/', '\u00e4', ''],
    ['http://a.example/', '(', ')'],
    ['http://', 'a.', ''],
    ['http://a@', 'a', ''],
    ['http://a.example/', 'x \r\n', ''],
    ['<a href="http://', 'a', '">x</a>'],
    ['<a href="http://a.example/', '&amp;', '">bank.com</a>'],
    [`${PREFIX}http%3A%2F%2F`, '%41', ''],
    ['<style>', '\\61', '</style>'],
  ])('one giant address is read at once: %s%s...%s', (before, unit, after) => {
    const body = Buffer.from(before + unit.repeat(500_000 / unit.length) + after);
    expect(cpuTime(() => changeAll(body, [...LINKS, ...CHANGES.slice(0, 2)]))).toBeLessThan(4_000);
  });
});
