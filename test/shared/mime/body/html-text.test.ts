import { describe, expect, it } from 'vitest';
import { htmlToText, searchableHtmlText } from '../../../../shared/mime/html-text.ts';
import { cpuTime } from '../../../support/cpu-time.ts';

describe('the text of HTML', () => {
  it.each([
    ['<p>a\n  b</p><p>c', 'a b\n\nc'],
    ['a<br>b<br><br>c', 'a\nb\n\nc'],
    ['<b>a</b>b <i> c</i>', 'ab c'],
    ['<table><tr><td>1</td><td>2</td></tr><tr><td>3', '1 2\n3'],
    ['<ul><li>a<li>b</ul>c', 'a\nb\n\nc'],
    ['<pre>a\n  b</pre>', 'a\n  b'],
    ['<title>t</title><style>s</style><script>x</script><!-- c --><template>y</template>a', 'a'],
    ['<div style="DISPLAY : none">x<div>y</div></div>a<span hidden>b</span>', 'a'],
    ['<div style="font-size:0px">x</div><div style="mso-hide:all">y</div>a', 'a'],
    ['<p style="display:none">x<p>a', 'a'],
    ['<div style="display:none">never ends', 'never ends'],
    ['<span style="display:none"></span>a<br style="display:none">b', 'a\nb'],
    ['&euro;&#8364;&amp;lt;&nbsp;x&copy', '\u20ac\u20ac&lt; x\u00a9'],
    ['<textarea>a&amp;</textarea> <xmp><b></xmp>', 'a&\n\n<b>'],
    ['<noscript>a</noscript><svg><text>b</text></svg>', 'ab'],
    ['a < b <3 </ x> c', 'a < b <3 c'],
  ])('%s', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it.each([
    ['<a href="http://x.example/y">here</a>.', 'here <http://x.example/y>.'],
    [
      '<a href="http://x.example/">x.example</a> <a href="mailto:a@b.example">a@b.example</a>',
      'x.example a@b.example',
    ],
    ['<a href="javascript:x">y</a><a href="#z">z</a>', 'yz'],
    ['<ul><li>a<li>b</ul><img alt="Logo"><img alt="">', '- a\n- b\n\n[Logo]'],
  ])('with links: %s', (html, text) => {
    expect(htmlToText(html, { links: true })).toBe(text);
  });

  it.each([
    [
      '<td style="font-size:0px;padding:0"><div style="font-size:13px">a</div> <div style="font-size:1rem">b</div></td>',
      'a\nb',
    ],
    [
      '<div style="font-size:0">x<font style="font-size:200%">y</font><b style="font-size:medium">a</b>z</div>b',
      'a\nb',
    ],
    ['<div style="visibility:hidden">x<i style="visibility: visible">a</i></div>', 'a'],
    ['<div style="font-size:0"><p style="font-size:9px">a<i style="font-size:0">x</i>b</p>y</div>c', 'ab\nc'],
    [
      '<div style="font-size:0;visibility:hidden"><b style="font-size:9px">x<i style="visibility:visible">a</i></b></div>',
      'a',
    ],
    ['<div style="display:none"><b style="display:block;visibility:visible;font-size:9px">x</b></div>a', 'a'],
    ['<p style="display:none;display:block">a</p><p style="display:block;display:none">x</p>', 'a'],
    ['<p style="display:none!important;display:block">x</p><p style="opacity:0;opacity:1">a</p>', 'a'],
    [
      '<p style="/* display:none */">a</p><p style="display/**/:none">x</p><p style="display:none /*">x</p>',
      'a',
    ],
  ])('hidden, and shown again: %s', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it('to search: once without what is hidden, once with it', () => {
    expect(searchableHtmlText('pass<i hidden>x</i>word')).toBe('password\npassxword');
    expect(searchableHtmlText('<li><a href="http://x.example/">a</a> <i hidden>x</i>')).toBe('a\na x');
    expect(searchableHtmlText('<p style="font-size:0"><b style="font-size:9px">a</b></p>')).toBe('a');
    expect(searchableHtmlText('<style>p{display:block!important}</style><p style="display:none">a')).toBe(
      'a',
    );
  });

  it.each([
    ['comments that never end', `<p style="${'/*'.repeat(1_000_000)}">a`],
    [
      'elements that hide and show by turns',
      '<b style="font-size:0">x<i style="font-size:9px">y'.repeat(40_000),
    ],
    [
      'one long text shown in a hidden element',
      `<b style="font-size:0"><i style="font-size:9px">${'y<br>'.repeat(400_000)}</i></b>`,
    ],
  ])('linear: %s', (_name, html) => {
    expect(cpuTime(() => searchableHtmlText(html))).toBeLessThan(1_500);
  });
});
