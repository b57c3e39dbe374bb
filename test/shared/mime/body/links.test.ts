import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { changeOctets, html, plain } from './support.ts';
import { HTML_WORDS } from './vectors.ts';

const PREFIX = 'https://safe.example/go?a=1&u=';
const prefix: BodyChange = { kind: 'prefixLinks', prefix: PREFIX, exempt: ['ok.example', '*.ok.example'] };
const restore: BodyChange = { kind: 'restoreLinks', prefix: PREFIX };
const defang: BodyChange = { kind: 'defangLinks', exempt: ['ok.example', '*.ok.example'] };
const mark: BodyChange = { kind: 'markLinks', exempt: ['ok.example'] };
const P = 'https://safe.example/go?a=1&amp;u=';

describe('prefixLinks', () => {
  it.each([
    ['<a href="http://a.example/">x</a>', `<a href="${P}http%3A%2F%2Fa.example%2F">x</a>`],
    ['<a href=http://a.example/b>x</a>', `<a href=${P}http%3A%2F%2Fa.example%2Fb>x</a>`],
    [
      '<A HREF = "&#104;ttp:&#47;/a.example">x',
      `<A HREF = "${P}http%3A%2F%2Fa.example" data-mailroom-link="%26%23104%3Bttp%3A%26%2347%3B%2Fa.example">x`,
    ],
    [
      '<area href="https:\\\\a.example">',
      `<area href="${P}https%3A%2F%2Fa.example%2F" data-mailroom-link="https%3A%5C%5Ca.example">`,
    ],
    [
      '<a href="//a.example/x">',
      `<a href="${P}https%3A%2F%2Fa.example%2Fx" data-mailroom-link="%2F%2Fa.example%2Fx">`,
    ],
    [
      '<base href="//b.example"><a href="y">',
      `<base href="//b.example"><a href="${P}https%3A%2F%2Fb.example%2Fy" data-mailroom-link="y">`,
    ],
    [
      '<base href="http://b.example/"><a href="//a.example/x">',
      `<base href="http://b.example/"><a href="${P}http%3A%2F%2Fa.example%2Fx" data-mailroom-link="%2F%2Fa.example%2Fx">`,
    ],
    [
      '<form action="http://a.example"><button formaction="http://b.example">',
      `<form action="${P}http%3A%2F%2Fa.example"><button formaction="${P}http%3A%2F%2Fb.example">`,
    ],
    [
      'see http://a.example/x?y=1&amp;z.',
      `see <a class="mailroom-link" href="${P}http%3A%2F%2Fa.example%2Fx%3Fy%3D1%26z">http://a.example/x?y=1&amp;z</a>.`,
    ],
    [
      '<a href="http://good.ok.example@evil.example/">x</a>',
      `<a href="${P}http%3A%2F%2Fgood.ok.example%40evil.example%2F">x</a>`,
    ],
    [
      '<!--[if mso]><v:rect href="http://a.example"/><![endif]-->',
      `<!--[if mso]><v:rect href="${P}http%3A%2F%2Fa.example"/><![endif]-->`,
    ],
  ])('%s', (before, after) => {
    expect(html(before, prefix)).toBe(after);
  });

  it.each([
    '<a href="http://ok.example/">x</a><a href="http://www.ok.example./">x</a>',
    '<a href="mailto:a@b.example">x</a><a href="cid:1">x</a><a href="tel:1">x</a><a href="#x">x</a><a href="data:,x">x</a><a href="y">z</a>',
    `<a href="${P}http%3A%2F%2Fa.example%2F">x</a>`,
    '<img src="http://a.example/"><link href="http://a.example/"><a title="http://a.example/">x</a>',
    '<style>a{b:url(http://a.example/)}</style><!-- http://a.example/ --><title>http://a.example/</title>',
    '<a href="http://ok.example/">http://a.example/</a>',
  ])('leaves %s', (body) => {
    expect(html(body, prefix)).toBe(body);
  });

  it('goes back to what was, octet by octet, whatever that was', () => {
    const address = fc.stringMatching(/^(?:https?|ftp|HTTP):\/\/[a-z0-9.-]{1,12}(?:\/[!-~]{0,20})?$/);
    const word = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...HTML_WORDS) },
      address.map((link) => `<a href="${link.replaceAll('"', '')}">`),
      address.map((link) => `<a href='${link.replaceAll("'", '')}' title=x>t</a>`),
      address.map((link) => `<a class=x href=${link.replaceAll(/[>'"]/g, '')}>`),
      address,
      fc.constantFrom(
        'www.a.example',
        'www.a.example/\u00e4\u3002',
        '<base href="http://b.example/c/">',
        '<a href="../d?e=f&g">',
        '</a>',
      ),
      fc.constantFrom(
        '&amp;',
        '&#x68;ttp://c.example',
        '\u00a0',
        '\u20ac',
        '<!--[if mso]><a href="http://m.example/"><![endif]-->',
      ),
      fc.constantFrom(
        '<meta http-equiv="refresh" content="0;url=http://r.example/">',
        '<a href="\nhttp://n\n.example/\t">',
      ),
    );
    const body = fc.array(word, { maxLength: 12 }).map((words) => Buffer.from(words.join('')));
    const octets = fc
      .uint8Array({ maxLength: 60 })
      .map((bytes) =>
        Buffer.concat([
          Buffer.from('<a href="http://x.example/'),
          bytes,
          Buffer.from('">t</a> http://y.example/'),
          bytes,
        ]),
      );
    fc.assert(
      fc.property(
        fc.oneof(body, octets),
        fc.constantFrom('utf-8', 'windows-1252', 'us-ascii', 'gb2312'),
        fc.boolean(),
        (before, charset, isHtml) => {
          const kind = { html: isHtml, charset, flowed: true, delSp: true };
          const there = changeOctets(before, [prefix], kind);
          expect(changeOctets(there, [restore], kind).equals(before)).toBe(true);
          expect(changeOctets(there, [prefix], kind).equals(there)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('prefixLinks in text', () => {
  const p = PREFIX;
  it.each([
    ['(see http://a.example/b_(c)).\n', `(see ${p}http%3A%2F%2Fa.example%2Fb_%28c%29).\n`],
    [
      '<http://a.example>, "https://b.example/?x"',
      `<${p}http%3A%2F%2Fa.example>, "${p}https%3A%2F%2Fb.example%2F%3Fx"`,
    ],
    [
      'www.a.example! mail@www.b.example xwww.c.example',
      `${p}http:%2F%2Fwww.a.example! mail@www.b.example xwww.c.example`,
    ],
    [
      'http://a.example\u3002\u00bb http://b.example\u00a0x',
      `${p}http%3A%2F%2Fa.example\u3002\u00bb ${p}http%3A%2F%2Fb.example\u00a0x`,
    ],
    ['> http://m\u00fcller.example/\n', `> ${p}http%3A%2F%2Fm%C3%BCller.example%2F\n`],
  ])('%j', (before, after) => {
    expect(plain(before, [prefix])).toBe(after);
    expect(plain(after, [restore])).toBe(before);
  });

  it('an address goes on after a soft line break that joins words, and the break stays', () => {
    const kind = { flowed: true, delSp: true };
    const before = '> http://a.example/long \r\n> er/x \r\n> yes\r\nno \r\n> http://b.example \r\nx';
    const after = `> ${p}http%3A%2F%2Fa.example%2Flong \r\n> er%2Fx \r\n> yes\r\nno \r\n> ${p}http%3A%2F%2Fb.example \r\nx`;
    expect(plain(before, [prefix], kind)).toBe(after);
    expect(plain(after, [restore], kind)).toBe(before);
    expect(plain('http://a.example/long \r\nmore', [prefix], { flowed: true })).toBe(
      `${p}http%3A%2F%2Fa.example%2Flong \r\nmore`,
    );
  });

  it('goes back from what a reader broke anew', () => {
    const kind = { flowed: true, delSp: true };
    expect(plain('https://safe.example/go? \na=1&u=http%3 \nA%2F%2Fa.example', [restore], kind)).toBe(
      'http://a.example',
    );
  });
});

describe('restoreLinks', () => {
  it('does not let what a sender kept in our attribute break out, or lead elsewhere', () => {
    const evil = `<a href="${P}http%3A%2F%2Fa.example" data-mailroom-link="%22%20onclick%3Dx">x</a>`;
    expect(html(evil, restore)).toBe(
      '<a href="http://a.example" data-mailroom-link="%22%20onclick%3Dx">x</a>'.replace(/ data[^>]*/, ''),
    );
    const other = `<a href="${P}http%3A%2F%2Fa.example" data-mailroom-link="http%3A%2F%2Fevil.example">x</a>`;
    expect(html(other, restore)).toBe('<a href="http://a.example">x</a>');
    const quote = 'http%3A%2F%2Fa.example%2F%22%20onclick%3Dx';
    expect(html(`<a href="${P}${quote}" data-mailroom-link="${quote}">x</a>`, restore)).toBe(
      '<a href="http://a.example/&#34;&#32;onclick=x">x</a>',
    );
    expect(html(`<a href="${P}javascript%3Ax">x</a>`, restore)).toBe(`<a href="${P}javascript%3Ax">x</a>`);
  });

  it('finds an address that a reader turned into text', () => {
    expect(html(`<p>${P}http%3A%2F%2Fa.example%2F%3Cb%3E</p>`, restore)).toBe(
      '<p>http://a.example/&#60;b&#62;</p>',
    );
  });
});

describe('defangLinks', () => {
  it.each([
    ['<a href="http://a.example/">http://a.example/x.y</a>', '<a>hxxp://a[.]example/x.y</a>'],
    ['<a class=b href=http://a.example>Click</a>', '<a class=b>Click</a> [hxxp://a[.]example/]'],
    [
      '<a href="http://x.ok.example/">http://x.ok.example/</a>',
      '<a href="http://x.ok.example/">http://x.ok.example/</a>',
    ],
    // On the page of webmail these have its scheme.
    ['<a href="//evil.example/x">Click</a>', '<a>Click</a> [hxxps://evil[.]example/x]'],
    [
      '<a href=" \\/\tevil.example\\@ok.example">Click</a>',
      '<a>Click</a> [hxxps://evil[.]example/@ok.example]',
    ],
    ['<a href="///ok.example/">Click</a>', '<a href="///ok.example/">Click</a>'],
    ['<a href="/evil.example/">Click</a>', '<a href="/evil.example/">Click</a>'],
    // Neither a name that only ends alike, nor one before an "@", is exempt.
    ['<a href="http://evilok.example/">Click</a>', '<a>Click</a> [hxxp://evilok[.]example/]'],
    [
      `<a href="http://ok.example:${'x'.repeat(5000)}@evil.example/">Click</a>`,
      '<a>Click</a> [hxxp://evil[.]example/]',
    ],
    [
      `<a href="http://${'ok.example.'.repeat(500)}evil.example/">Click</a>`,
      `<a>Click</a> [hxxp://${'ok[.]example[.]'.repeat(26)}ok[.]exam...]`,
    ],
    [
      '<p>www.a.example and HTTPS://b.example:80/ ftp://c.example',
      '<p>www[.]a[.]example and HxxPS://b[.]example:80/ fxp://c[.]example'.replace('HxxPS', 'HxxPS'),
    ],
    ['http://a&#46;example', 'hxxp://a[.]example'],
    ['<meta http-equiv=refresh content="0;url=http://a.example">', '<meta http-equiv=refresh>'],
    // Where it led would not be known any more.
    [
      '<a href="http://evil.example/login?a=1&amp;b=\u00e4">www.bank.com</a>!',
      '<a>www[.]bank[.]com</a> [hxxp://evil[.]example/login?a=1&#38;b=%C3%A4]!',
    ],
    [
      '<base href="http://b.example/"><a href="//evil.example?&quot;&gt;">https://bank.com</a>',
      '<base href="http://b.example/"><a>hxxps://bank[.]com</a> [hxxp://evil[.]example/?%22%3E]',
    ],
    [
      `<a href="http://evil.example/${'x'.repeat(300)}">bank.com</a>`,
      `<a>bank.com</a> [hxxp://evil[.]example/${'x'.repeat(180)}...]`,
    ],
    [
      '<a href="http://evil.example/"><img src=x></a> <a href="http://evil.example/"> </a>',
      '<a><img src=x></a> [hxxp://evil[.]example/] <a> </a>',
    ],
    // A text that names no host tells nothing of it.
    [
      '<a href="http://shop.example/sale?u=1">Buy</a>, <a href="https://shop.example/">https://shop.example</a>',
      '<a>Buy</a> [hxxp://shop[.]example/sale?u=1], <a>hxxps://shop[.]example</a>',
    ],
    [
      `<a href="http://shop.example/${'x'.repeat(300)}">Buy</a>`,
      `<a>Buy</a> [hxxp://shop[.]example/${'x'.repeat(40)}...]`,
    ],
    // The end of a host says whose it is.
    [
      `<a href="http://bank.com@${'bank.com.'.repeat(9)}evil.example/login">Sign in</a>`,
      `<a>Sign in</a> [hxxp://${'bank[.]com[.]'.repeat(9)}evil[.]example...]`,
    ],
  ])('%s', (before, after) => {
    expect(html(before, defang)).toBe(after);
    expect(html(after, defang)).toBe(after);
  });

  it('in text', () => {
    expect(plain('http://a.example, www.b.example http://ok.example', [defang])).toBe(
      'hxxp://a[.]example, www[.]b[.]example http://ok.example',
    );
  });
});

describe('markLinks', () => {
  it.each([
    [
      '<a href="http://evil.example/">bank.com</a>!',
      '<a href="http://evil.example/">bank.com</a> [goes to evil.example]!',
    ],
    [
      '<a href="http://evil.example/"><b>https://</b>www.bank.de/login</a>',
      '<a href="http://evil.example/"><b>https://</b>www.bank.de/login</a> [goes to evil.example]',
    ],
    [
      '<a href="http://evil.example/">b&#8203;ank.com</a>',
      '<a href="http://evil.example/">b&#8203;ank.com</a> [goes to evil.example]',
    ],
    [
      '<a href="http://evil.example/">http://bank.com@evil.example/</a>',
      '<a href="http://evil.example/">http://bank.com@evil.example/</a> [goes to evil.example]',
    ],
    [
      '<a href="http://\u0430pple.com/">apple.com</a>',
      '<a href="http://\u0430pple.com/">apple.com</a> [goes to xn--pple-43d.com]',
    ],
    [
      '<a href="http://evil.example/">go to bank.com now',
      '<a href="http://evil.example/">go to bank.com now [goes to evil.example]',
    ],
    [
      '<a href="http://evil.example/">bank.com<a href="http://bank.com">x</a>',
      '<a href="http://evil.example/">bank.com [goes to evil.example]<a href="http://bank.com">x</a>',
    ],
  ])('%s', (before, after) => {
    expect(html(before, mark)).toBe(after);
    expect(html(after, mark)).toBe(after);
  });

  it.each([
    '<a href="http://www.bank.com/">bank.com</a><a href="http://bank.com/">https://login.bank.com/</a>',
    '<a href="http://ok.example/">bank.com</a>',
    '<a href="http://x.example/">click here</a><a href="http://x.example/">report.pdf</a><a href="http://x.example/">ann@bank.com</a>',
    '<a href="http://x.example/">e.g. this</a><a href="mailto:a@x.example">bank.com</a>',
    '<a href="http://m\u00fcnchen.example/">m&uuml;nchen.example</a>',
  ])('leaves %s', (body) => {
    expect(html(body, mark)).toBe(body);
  });
});
