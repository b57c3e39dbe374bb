/** Links, images and active content: `mime.md` §5.2, the last points, as messages. */
import { alternative, html, leaf, type Made, made, mixed, text } from './spec.ts';

const page = (inner: string): string => `<html><body>⟦${inner}⟧</body></html>`;

const HTML: readonly (readonly [string, string])[] = [
  ['a link', '<p>See <a href="https://a.example/x?y=1">the page</a>.</p>'],
  ['a link with an ampersand', '<a href="https://a.example/?b=1&amp;c=2">x</a>'],
  ['a link without quotes', '<a href=https://a.example/x>x</a>'],
  ['a link between apostrophes', "<a title='t' href='https://a.example/x'>x</a>"],
  ['a link that says another host', '<a href="https://evil.example/login">www.bank.example</a>'],
  ['a link in capitals', '<A HREF="HTTPS://A.EXAMPLE/X">x</A>'],
  ['an address in the text', '<p>Go to https://a.example/x, at once.</p>'],
  ['an address in brackets', '<p>(https://a.example/x).</p>'],
  ['a map', '<map name="m"><area shape="rect" coords="0,0,1,1" href="https://a.example/m"></map>'],
  ['a form', '<form action="https://a.example/f"><input name="q"></form>'],
  [
    'links that stay',
    '<a href="mailto:a@b.example">m</a><a href="tel:1">t</a><a href="#a">h</a><img src="cid:a@b">',
  ],
  ['a base', '<base href="https://a.example/d/"><a href="e">e</a>'],
  ['a remote image', '<p>Hi</p><img src="https://t.example/p.gif" width="1" height="1" alt="">'],
  ['an image of some size', '<p>Hi</p><img src="https://i.example/a.png" width="200" alt="A chart">'],
  ['an image in a style', '<p style="background:url(https://i.example/a.png)">Hi</p>'],
  [
    'an image of several sizes',
    '<p>Hi</p><img srcset="https://i.example/a.png 1x, https://i.example/b.png 2x" alt="">',
  ],
  ['a script', '<p>Hi</p><script>alert(1)</script>'],
  ['a handler', '<p onclick="alert(1)" class="a">Hi</p>'],
  ['a script as a link', '<p>Hi</p><a href="javascript:alert(1)">x</a>'],
  ['a frame', '<p>Hi</p><iframe src="https://a.example/f"></iframe>'],
  ['an object', '<p>Hi</p><object data="https://a.example/o"></object><embed src="https://a.example/e">'],
  ['a refresh', '<meta http-equiv="refresh" content="0;url=https://a.example/r"><p>Hi</p>'],
  ['a style sheet from elsewhere', '<p>Hi</p><link rel="stylesheet" href="https://a.example/s.css">'],
];

const TEXTS: readonly (readonly [string, string])[] = [
  ['an address', '⟦Go to https://a.example/x, at once.\n⟧'],
  ['an address between angle brackets', '⟦Go to <https://a.example/x?y=1&z=2>.\n⟧'],
  ['an address without a scheme', '⟦Go to www.a.example/x.\n⟧'],
  ['an address that is quoted', '⟦> https://a.example/x\n\nWhat is this?\n⟧'],
  ['addresses only', '⟦https://a.example/x\nhttps://b.example/y\n⟧'],
];

const AMP = '<!doctype html><html amp4email><body>Hello <a href="https://a.example/">x</a></body></html>';

export const LINKS: readonly Made[] = [
  ...HTML.map(([name, inner], index) =>
    made(
      `links, HTML: ${name}`,
      html(page(inner), { encoding: index % 2 === 0 ? '7bit' : 'quoted-printable' }),
    ),
  ),
  ...TEXTS.map(([name, body]) => made(`links, text: ${name}`, text(body))),
  made('links in both alternatives', alternative(text(TEXTS[0]?.[1] ?? ''), html(page(HTML[0]?.[1] ?? '')))),
  made('links in base64', html(page(HTML[6]?.[1] ?? ''), { encoding: 'base64' })),
  made(
    'links in an attached page stay',
    mixed(
      text('⟦Hello\n⟧'),
      html(HTML[0]?.[1] ?? '', { head: ['Content-Disposition: attachment; filename="a.html"'] }),
    ),
  ),
  made(
    'links in AMP',
    alternative(text('⟦Hello\n⟧'), leaf('text/x-amp-html', AMP), html(page(HTML[0]?.[1] ?? ''))),
  ),
];
