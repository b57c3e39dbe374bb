import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparableHtml, disclaimerClass } from '../../../../shared/mime/body/disclaimer-marks.ts';
import { disjoint, MAX_OLD_COPIES } from '../../../../shared/mime/body/old-text.ts';
import { htmlReplyPoint, textReplyPoint } from '../../../../shared/mime/body/reply-point.ts';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { html, plain } from './support.ts';
import { HTML_WORDS } from './vectors.ts';

const cut = (text: string, at: number): string =>
  at === -1 ? text : `${text.slice(0, at)}^${text.slice(at)}`;

describe('where the quote begins in HTML', () => {
  it.each([
    ['<div>a</div>^<div class="gmail_quote gmail_quote_container"><div dir=ltr class=gmail_attr>On'],
    ['<p>a</p>^<blockquote type="cite">b'],
    ['<p>a</p>^<div id="x_divRplyFwdMsg">b'],
    ['<p>a</p>^<div id=appendonsend></div><hr tabindex=-1>'],
    ['<p>a</p>^<hr style="x" tabindex="-1"><div>'],
    ["<p>a<div>^<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt'><p>From:"],
    ['a^<div class="moz-cite-prefix">On 1 b wrote:</div>'],
    ['a^<div id="reply-intro">b'],
    ['<p>a</p>^<div name="quote">b'],
    ['<p>a</p>^<div name=" Quote ">b'],
    ['<p>a</p><a name="quote">b'],
    ['<p>a</p><span name="quote">b</span>'],
    ['<p>a</p><div name="quoted">b'],
    ['<p>a</p><div name="misquote">b'],
    ['<p>a</p><div name="a quote">b'],
    ['a^<div class="m_-12gmail_quote">b'.replace('m_-12gmail', 'm_-12_gmail')],
    ['<p>a</p>^<p><b>-----Original Message-----</b></p>'],
    ['a<br>^-----Urspr&uuml;ngliche Nachricht-----<br>'],
    ['<!-- <div class=gmail_quote> --><p title="<div class=gmail_quote>">a<hr><blockquote>b'],
  ])('%s', (expected) => {
    const body = expected.replace('^', '');
    expect(cut(body, htmlReplyPoint(body, 0))).toBe(expected);
  });
});

describe('where the quote begins in text', () => {
  it.each([
    ['a\n\n^On Mon, 3 Jan 2026, Ann wrote:\n> b'],
    ['a\n\n^On Mon, 3 Jan 2026 at 10:00, Ann Example <ann@a.example>\nwrote:\n\n> b'],
    ['a\n^Am 03.01.2026 um 10:00 schrieb Ann:\n> b'],
    ['a\n^Le 3 janv. 2026 \xc3\xa0 10:00, Ann a \xc3\xa9crit :\n> b'],
    ['a\n^El 3 ene 2026, Ann escribi\xc3\xb3:\n> b'],
    ['a\n^Il giorno 3 gen 2026 Ann ha scritto:\n> b'],
    ['a\n^Op 3 jan. 2026 om 10:00 schreef Ann:\n> b'],
    ['a\n^W dniu 3.01.2026 o 10:00, Ann pisze:\n> b'],
    ['a\n^\xe5\x9c\xa8 2026-01-03\xef\xbc\x8cAnn \xe5\x86\x99\xe9\x81\x93\xef\xbc\x9a\n> b'],
    ['a\r\n^-----Original Message-----\r\nFrom: b'],
    ["a\n^-----Message d'origine-----\nb"],
    ['a\n^---------- Forwarded message ---------\nb'],
    ['a\n\n^________________________________\nFrom: Ann <ann@a.example>\nSent: Monday\n'],
    ['a\n^Von: Ann\nGesendet: Montag\nAn: b'],
    ['a\n^Whatever they say:\n> b'],
    ['a\n^> b\n> c'],
    ['a\n^On 1 Jan\n2026, Ann wrote:\n\nb'],
    // No program breaks a line so early.
    ['a\nOn 1 Ja\nand on 2 Feb he wrote:\n\nb'],
    ['From: now on\nwe do\nthis\nSentences: x'],
    ['On the whole he wrote:\nb'],
    ['_______________________________________________\nlist mailing list'],
    ['-- \nsignature ---- x'],
  ])('%j', (expected) => {
    const body = expected.replace('^', '');
    expect(cut(body, textReplyPoint(body, 0))).toBe(expected);
  });
});

const top: BodyChange = {
  kind: 'prependDisclaimer',
  text: 'EXTERNAL: look twice\nbefore you <click>.',
  ascii: 'EXT',
  removeOld: true,
};
const bottom: BodyChange = {
  kind: 'appendDisclaimer',
  text: 'Example AG \u2014 Z\u00fcrich',
  position: 'aboveReply',
  removeOld: true,
};
const count = (text: string, what: string): number => text.split(what).length - 1;

function withoutCopies(text: string): string {
  const left = text.replace('EXTERNAL:looktwicebeforeyou<click>.', '');
  return left === text ? text : withoutCopies(left);
}

describe('a disclaimer through replies', () => {
  it('stands once in HTML, above the quote, however the reader wrote the old one anew', () => {
    const first = html('<html><body><p>Hello</p></body></html>', top, bottom);
    const quoted = [
      (body: string) => body,
      // Outlook: its own classes, paragraphs and line breaks.
      (body: string) =>
        body
          .replaceAll(/class="[^"]*"/g, 'class=MsoNormalTable')
          .replace(/EXTERNAL: look/, '<p class=MsoNormal>EXTERNAL:\n look')
          .replace('&lt;click&gt;.', '&lt;click&gt;.<o:p></o:p></p>'),
      // Gmail: no tables' bodies, letters before classes.
      (body: string) => body.replaceAll(/<\/?tbody[^>]*>/g, '').replaceAll('class="', 'class="m_-12_'),
      // A text that was made HTML.
      () =>
        'EXTERNAL: look twice<br>before you &lt;click&gt;.<br><br>Hello<br><br>Example AG &mdash; Z&uuml;rich<br>',
    ];
    for (const write of quoted) {
      const reply = `<div>Answer</div><div class="gmail_quote"><div>On 1.1. Ann wrote:</div><blockquote type=cite>${write(first)}</blockquote></div>`;
      const second = html(reply, top, bottom);
      expect(count(second, 'EXTERNAL:')).toBe(1);
      expect(count(second, '&#8212; Z&#252;rich') + count(second, '&mdash; Z&uuml;rich')).toBe(1);
      expect(second.indexOf('EXTERNAL:')).toBeLessThan(second.indexOf('Answer'));
      expect(second.indexOf('Example AG')).toBeGreaterThan(second.indexOf('Answer'));
      expect(second.indexOf('Example AG')).toBeLessThan(second.indexOf('gmail_quote'));
      expect(second).toContain('Hello');
      expect(html(second, top, bottom)).toBe(second);
    }
  });

  it('stands once in text, above the quote, quoted twice and broken anew', () => {
    const first = plain('Hello\n', [top, bottom]);
    const reply = `Answer\n\nOn Mon, 3 Jan 2026, Ann wrote:\n${first.replaceAll(/^/gm, '> > ').replace('look twice\n> > before', 'look\n> > twice before')}`;
    const second = plain(reply, [top, bottom]);
    expect(second).toMatch(
      /^EXTERNAL: look twice\nbefore you <click>\.\n\nAnswer\n\nExample AG \u2014 Z\u00fcrich\n\nOn Mon/,
    );
    expect([count(second, 'EXTERNAL'), count(second, 'Example AG'), count(second, '> > Hello')]).toEqual([
      1, 1, 1,
    ]);
    expect(plain(second, [top, bottom])).toBe(second);
  });

  it('is compared by what it shows, and known by FNV-1a of that for as long as replies are written', () => {
    expect(comparableHtml('<p class="a">f&#111;o <!-- c --><b title="x>y">b&nbsp;ar</b>')).toBe('foobar');
    expect(disclaimerClass('appendDisclaimer', 'foo bar')).toBe('mailroom-bottom-bf9cf968');
    expect(disclaimerClass('prependDisclaimer', '')).toBe('mailroom-top-811c9dc5');
  });

  it('is taken out of a text so many times, and not once more', () => {
    const copies = 'EXTERNAL: look twice\nbefore you <click>.\n\nHello\n\n'.repeat(MAX_OLD_COPIES + 3);
    // One at the top is there to stay.
    const left = count(plain(`Hello\n\n${copies}`, [top]), 'EXTERNAL') - 1;
    expect(left).toBe(3);
  });

  it('of overlapping removals takes the earlier, and the longer', () => {
    const edits = [
      [4, 6],
      [0, 2],
      [5, 9],
      [0, 5],
      [9, 9],
      [5, 7],
    ] as const;
    const kept = disjoint(edits.map(([start, end]) => ({ start, end, text: '' })));
    expect(kept.map(({ start, end }) => [start, end])).toEqual([
      [0, 5],
      [5, 9],
      [9, 9],
    ]);
  });

  it('is found by its class where variables made its text another', () => {
    const other = html('<p>Hello</p>', { ...top, text: 'EXTERNAL: from Ann' });
    expect(html(other, top)).not.toContain('from Ann');
    // Somebody wrote into it: it is his now.
    expect(html(other.replace('from Ann', 'from Ann, and I say yes'), top)).toContain('I say yes');
  });

  it.each([
    '<p>EXTERNAL: look twice before you &lt;click&gt;. Really.</p>',
    '<p>He wrote EXTERNAL: look twice before you &lt;click&gt;.</p>',
    '<table><tr><td>EXTERNAL: look twice before you &lt;click&gt;.<img src=cid:1></td></tr></table>',
  ])('leaves what is not all of it: %s', (body) => {
    const out = html(`<p>x</p>${body}`, top);
    expect(out.replaceAll(/<table class="mailroom[\s\S]*?<\/table>\n/g, '')).toContain(
      body.replaceAll(/EXTERNAL.*click&gt;\.(?=<img)/g, ''),
    );
  });

  it('takes nothing else out', () => {
    const word = fc.constantFrom(
      ...HTML_WORDS,
      'EXTERNAL:',
      ' look twice',
      '<br>',
      'before you &lt;click&gt;.',
      '<b>',
      '</b>',
      '<div>',
      '</div>',
      'x',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 16 }), (words) => {
        const body = words.join('');
        const out = html(body, top).replace(/\n?<table class="mailroom[\s\S]*?<\/table>\n/, '');
        expect(withoutCopies(comparableHtml(out))).toBe(withoutCopies(comparableHtml(body)));
        // What is left is in the order that it had.
        let at = 0;
        for (const char of out) {
          at = body.indexOf(char, at) + 1;
          expect(at).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('where the charset lacks a letter', () => {
  it('the ASCII form stands, the given one or the nearest', () => {
    const text = (ascii?: string): string =>
      plain(
        'x',
        [{ kind: 'prependDisclaimer', text: '\u4e00 \u00e4', ...(ascii === undefined ? {} : { ascii }) }],
        { charset: 'us-ascii' },
      );
    expect(text()).toBe('? a\n\nx');
    expect(text('one ae')).toBe('one ae\n\nx');
  });
});
