import { describe, expect, it } from 'vitest';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { html, plain } from './support.ts';
import { OLDER_VECTORS } from './vectors.ts';

const active: BodyChange = { kind: 'removeActiveContent' };
const remote: BodyChange = { kind: 'removeTracking', images: 'remote' };
const tracking: BodyChange = { kind: 'removeTracking', images: 'tracking' };

describe('removeActiveContent takes out what runs and leaves what is read', () => {
  it.each([
    ['a<script>x</script>b', 'a<!---->b'],
    ['<p>a</p><script src=x></script>\n<p>b', '<p>a</p>\n<p>b'],
    ['<p onclick="x" title=\'y\'>a', "<p title='y'>a"],
    ['<a href="java\tscript:x" title=y>a</a>', '<a title=y>a</a>'],
    ['<a href onclick="x" =javascript:1>', '<a href _="" =javascript:1>'],
    ['<<svg>img src=x onerror=1>', '<<!---->img src=x onerror=1>'],
    ['<object data=x><p>no</object>yes<object>stays', 'yes<!---->stays'],
    ['<object><object>a</object>b</object>c', 'c'],
    ['<form action=x><input name=y>z</form>', '<input name=y>z<!---->'],
    [
      '<style>a{width:expression(1);-moz-binding:url(x)}</style>',
      '<style>a{width:x-expression(1);x--moz-binding:url(x)}</style>',
    ],
    ['<style><!-- a{} --></style>', '<style><!-- a{} --></style>'],
    ['<p style="width:&#101;xpression(1)">', '<p style="width:x-&#101;xpression(1)">'],
    ['<title><b>t</title><textarea></b></textarea>', '<title>&lt;b>t</title><textarea>&lt;/b></textarea>'],
    ['<xmp><b>&amp;</xmp>', '<pre>&lt;b>&amp;amp;</pre>'],
    [
      '<img src="data:image/png;base64,AA=="><a href="data:image/png,x">y</a>',
      '<img src="data:image/png;base64,AA=="><a>y</a>',
    ],
    [
      '<meta http-equiv=" Refresh" content="0"><meta http-equiv=content-type content="text/html">',
      '<meta http-equiv=content-type content="text/html">',
    ],
    [
      '<link rel=stylesheet href=http://x.example><link rel=stylesheet href=cid:1>',
      '<link rel=stylesheet href=cid:1>',
    ],
    ['<!--[if mso]><p onclick=x>a<script>b</script><![endif]-->', '<!--[if mso]><p>a <![endif]-->'],
    ['<p>a<div onclick="', '<p>a<!---->'],
  ])('%s', (before, after) => {
    expect(html(before, active)).toBe(after);
    expect(html(after, active)).toBe(after);
  });

  it.each(OLDER_VECTORS)('%s', (vector) => {
    expect(html(vector, active)).not.toMatch(/<img/);
  });

  it('leaves mail as it is that holds nothing of it', () => {
    const body =
      '<html><head><style>p{color:red}</style></head><body><!--[if mso]><table><![endif]--><p style="a:b">x<img src="http://a.example/"></body></html>';
    expect(html(body, active)).toBe(body);
    expect(plain('<script>x</script>', [active, remote])).toBe('<script>x</script>');
  });
});

describe('removeTracking', () => {
  it.each([
    [
      '<img src=http://a.example/x alt=y><img src="cid:1"><img src="data:image/gif,x">',
      '<img alt=y><img src="cid:1"><img src="data:image/gif,x">',
    ],
    [
      '<p style="color:red;background:url(\'http://a.example/\')">',
      '<p style="color:red;background:url(\'data:,\')">',
    ],
    [
      '<style>a{b:url(cid:1);c:u\\52l("http://x")}@import url(x);</style>',
      '<style>a{b:url(cid:1);c:u\\52l("data:,")}@x-import url(data:,);</style>',
    ],
    ['<a href="http://a.example/">x</a>', '<a href="http://a.example/">x</a>'],
    [`<style>a{b:url("${' '.repeat(3000)}http://x")}</style>`, '<style>a{b:url("data:,")}</style>'],
    [
      '<!--[if mso]><v:fill src="http://a.example"/><![endif]-->',
      '<!--[if mso]><v:fill /><![endif]-->'.replace(' /', ' /'),
    ],
  ])('remote: %s', (before, after) => {
    expect(html(before, remote)).toBe(after);
  });

  const address = 'http://a.example/x';
  it.each([
    [`a{b:url("${address}");c:d}`, 'a{b:url("data:,");c:d}'],
    [`a{b:url( '${address}' );c:d}`, "a{b:url( 'data:,' );c:d}"],
    [`a{b:url(${address});c:d}`, 'a{b:url(data:,);c:d}'],
    ['a{b:url(http://a.example/h)', 'a{b:url(data:,)'],
    // Nothing but the address goes where a quote is missing, or the other one stands.
    [`a{b:url("${address}\n);c:d}`, 'a{b:url("data:,\n);c:d}'],
    [`a{b:url("${address}"`, 'a{b:url("data:,"'],
    [`a{b:url("${address}`, 'a{b:url("data:,'],
    [`a{b:url('${address}"`, "a{b:url('data:,"],
    [`a{b:url(${address}"`, 'a{b:url(data:,'],
    ['a{b:url("', 'a{b:url("'],
    ['a{b:url("")', 'a{b:url("")'],
  ])('addresses in CSS: %j', (before, after) => {
    expect(html(`<style>${before}</style>`, remote)).toBe(`<style>${after}</style>`);
  });

  it.each([
    ['<img width=1 height="1px" src=http://a.example/x>', '<img width=1 height="1px">'],
    [
      '<img style="width:1px; height: 1px" width=99 src=//a.example>',
      '<img style="width:1px; height: 1px" width=99>',
    ],
    ['<img height=0 src=http://a.example>', '<img height=0>'],
    ['<img style="display:none" src=http://a.example>', '<img style="display:none">'],
    [
      '<div style="visibility:hidden"><div></div><img src=http://a.example></div>',
      '<div style="visibility:hidden"><div></div><img></div>',
    ],
    ['<a href=x ping=http://a.example>y</a>', '<a href=x>y</a>'],
  ])('tracking: %s', (before, after) => {
    expect(html(before, tracking)).toBe(after);
  });

  it.each([
    '<img width=1 height=20 src=http://a.example><img src=http://a.example/logo width=100>',
    '<div style="display:none">x</div><img src=http://a.example>',
    '<p style="display:none">x<img src=http://a.example>',
    '<td style="font-size:0"><img src=http://a.example></td>',
    '<img width=1 height=1 src=cid:1>',
  ])('tracking leaves %s', (body) => {
    expect(html(body, tracking)).toBe(body);
  });
});

describe('together', () => {
  it('what is removed takes links in it with it, and no disclaimer', () => {
    const changes: readonly BodyChange[] = [
      { kind: 'prefixLinks', prefix: 'https://s.example/', exempt: [] },
      active,
      { kind: 'appendDisclaimer', text: 'FOOT', position: 'aboveReply' },
    ];
    const out = html(
      '<p>a<object><a href="http://x.example">y</a><div class=gmail_quote>q</div></object>b',
      ...changes,
    );
    expect(out).toMatch(/^<p>a[\s\S]*FOOT[\s\S]*<!---->b$/);
  });

  it('more markup than is looked at is left to no transform halfway', () => {
    expect(() => html('<b>'.repeat(500_001), active)).toThrow('too large for 0');
    expect(() =>
      plain(
        `http://a.bc/${'x \n'.repeat(500_000)}`,
        [{ kind: 'prefixLinks', prefix: 'https://s/', exempt: [] }],
        {
          flowed: true,
          delSp: true,
        },
      ),
    ).toThrow('too large for 0');
    expect(() => plain('http://a.bc '.repeat(50_001), [{ kind: 'defangLinks', exempt: [] }])).toThrow(
      'too large for 0',
    );
  });
});
