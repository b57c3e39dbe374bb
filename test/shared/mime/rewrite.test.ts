import { describe, expect, it } from 'vitest';
import {
  type ChangeOutcome,
  type ContentChange,
  decodeText,
  type Message,
  parseMessage,
  type RewriteResult,
  rewriteContent,
} from '../../../shared/mime/index.ts';
import { apply, differsOnlyIn, expectedOf, fixture, fixtures, message } from './support.ts';

const banner: ContentChange = { kind: 'prependDisclaimer', text: 'Look twice.' };
const footer: ContentChange = { kind: 'appendDisclaimer', text: 'The end.' };
const umlaut: ContentChange = { kind: 'prependDisclaimer', text: 'Zweimal prüfen.' };
const once = { skipIfPresent: true };

const run = (parsed: Message, ...changes: readonly ContentChange[]): RewriteResult =>
  rewriteContent(parsed, changes, once);
const output = (parsed: Message, ...changes: readonly ContentChange[]): string =>
  apply(parsed, run(parsed, ...changes).edits).toString('latin1');
/** The output of a message whose header is not looked at. */
const body = (parsed: Message, ...changes: readonly ContentChange[]): string => {
  const after = parseMessage(Buffer.from(output(parsed, ...changes), 'latin1'));
  return Buffer.from(after.bytes).toString('latin1', after.root.body.start);
};
const paths = (outcome: ChangeOutcome | undefined): readonly string[] =>
  outcome?.kind === 'edited' ? outcome.parts.map(({ path }) => path) : [`(${outcome?.reason})`];

describe('text/plain', () => {
  const text = 'A: b\r\n\r\n';

  it.each([
    ['Hello\r\n', 'Look twice.\r\n\r\nHello\r\n\r\nThe end.\r\n'],
    ['Hello', 'Look twice.\r\n\r\nHello\r\n\r\nThe end.'],
    ['', 'Look twice.\r\n\r\nThe end.\r\n'],
    ['Hello\r\n\r\n', 'Look twice.\r\n\r\nHello\r\n\r\nThe end.\r\n'],
  ])('%j', (before, after) => {
    expect(body(message(text + before), banner, footer)).toBe(after);
  });

  it('takes the line ends of the message', () => {
    expect(body(message('A: b\n\nHello\n'), banner, footer)).toBe('Look twice.\n\nHello\n\nThe end.\n');
  });

  it('composes several disclaimers: the first prepended is topmost, the last appended undermost', () => {
    const second: ContentChange = { kind: 'prependDisclaimer', text: 'Second.' };
    const last: ContentChange = { kind: 'appendDisclaimer', text: 'Last.' };
    expect(body(message(`${text}Hello\r\n`), banner, second, footer, last)).toBe(
      'Look twice.\r\n\r\nSecond.\r\n\r\nHello\r\n\r\nThe end.\r\n\r\nLast.\r\n',
    );
  });

  it('adds only what lacks, beside its neighbour', () => {
    const second: ContentChange = { kind: 'prependDisclaimer', text: 'Second.' };
    const parsed = message(`${text}Look twice.\r\n\r\nHello\r\n`);
    expect(body(parsed, banner, second)).toBe('Look twice.\r\n\r\nSecond.\r\n\r\nHello\r\n');
    const other = message(`${text}Second.\r\n\r\nHello\r\n`);
    expect(body(other, banner, second)).toBe('Look twice.\r\n\r\nSecond.\r\n\r\nHello\r\n');
  });

  it('does not take the start of a longer line for the disclaimer', () => {
    expect(body(message(`${text}Look twice. Or not.\r\n`), banner)).toBe(
      'Look twice.\r\n\r\nLook twice. Or not.\r\n',
    );
  });

  it('repeats it when asked not to compare', () => {
    const parsed = message(`${text}Look twice.\r\n`);
    const { edits } = rewriteContent(parsed, [banner], { skipIfPresent: false });
    expect(apply(parsed, edits).toString()).toBe(`${text}Look twice.\r\n\r\nLook twice.\r\n`);
  });

  it('stuffs lines and drops trailing blanks in format=flowed (RFC 3676 §4.4, §4.3)', () => {
    const flowed = message('Content-Type: text/plain; format=flowed\r\n\r\nHello\r\n');
    const change: ContentChange = { kind: 'prependDisclaimer', text: 'From here \n> on\n in\n-- \nend' };
    expect(body(flowed, change)).toBe(' From here\r\n > on\r\n  in\r\n-- \r\nend\r\n\r\nHello\r\n');
  });

  it('is no delimiter of a multipart around it', () => {
    const change: ContentChange = { kind: 'prependDisclaimer', text: '---- EXTERNAL ----\n-- \n--- no' };
    const after = output(parseMessage(fixture('boundary-like-text')), change);
    expect(after).toContain('\r\n\r\n---- EXTERNAL ----\r\n-- \r\n');
    const colliding: ContentChange = { kind: 'prependDisclaimer', text: '------ EXTERNAL ------' };
    const guarded = output(parseMessage(fixture('boundary-like-text')), colliding);
    expect(guarded).toContain('\r\n ------ EXTERNAL ------\r\n');
  });
});

describe('charsets', () => {
  it('US-ASCII becomes UTF-8 in quoted-printable, by its labels and our own lines only', () => {
    const parsed = parseMessage(fixture('plain-7bit'));
    const after = output(parsed, umlaut);
    expect(after).toContain(
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n',
    );
    expect(after).toContain('\r\n\r\nZweimal pr=C3=BCfen.\r\n\r\nHello there.\r\n');
    expect(paths(run(parsed, umlaut).outcomes[0])).toEqual(['', '', '']);
  });

  it('a message without MIME fields gets them', () => {
    const after = output(parseMessage(fixture('not-mime')), umlaut);
    expect(after.slice(0, 110)).toBe(
      'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nSubje',
    );
  });

  it.each([
    ['plain-8bit-utf8', 'charset=utf-8', 'pr\xc3\xbcfen'],
    ['plain-8bit-latin1', 'charset=iso-8859-1', 'pr\xfcfen'],
    ['charset-windows-1252', 'charset=windows-1252', 'pr=FCfen'],
    ['charset-quoted', 'charset="iso-8859-15"', 'pr=FCfen'],
    ['charset-none-utf8', 'text/plain; charset=utf-8', 'pr\xc3\xbcfen'],
    ['charset-gb2312', 'charset=utf-8', 'pr=C3=BCfen'],
    ['charset-shift-jis', 'charset=utf-8', 'pr=C3=BCfen'],
    ['charset-iso-2022-jp', 'charset=utf-8', 'pr=C3=BCfen'],
    ['charset-koi8-r', 'charset=utf-8', 'pr=C3=BCfen'],
  ])('%s: %s, %s', (name, label, words) => {
    const after = output(parseMessage(fixture(name)), umlaut);
    expect(after).toContain(label);
    expect(after).toContain(words);
  });

  it.each([
    ['charset-none-latin1', 'Zweimal prufen.'],
    ['charset-ascii-with-8bit', 'Zweimal prufen.'],
    ['charset-extended', 'Zweimal prufen.'],
    ['charset-utf8-invalid', 'Zweimal pr'],
  ])('a charset that is not true does not keep the banner out, and nothing is guessed: %s', (name, words) => {
    const parsed = parseMessage(fixture(name));
    const { edits, outcomes } = run(parsed, umlaut);
    expect(paths(outcomes[0])).toEqual(['']);
    expect(output(parsed, umlaut)).toContain(`\r\n\r\n${words}`);
    // Only an insertion: the sender's octets and labels stay.
    expect(edits).toHaveLength(1);
    expect(edits[0]?.span.start).toBe(edits[0]?.span.end);
    expect(paths(run(parsed, banner).outcomes[0])).toEqual(['']);
  });

  it('what ASCII has no letter for is a question mark', () => {
    const change: ContentChange = {
      kind: 'prependDisclaimer',
      text: '\u26a0\ufe0f \u201eStra\u00dfe\u201c \u2013 \u5916\u90e8',
    };
    expect(output(parseMessage(fixture('charset-ascii-with-8bit')), change)).toContain(
      '! "Strasse" - ??\r\n',
    );
  });

  it.each(['utf-7', 'csUTF7', 'cp65000', 'hz-gb-2312', 'iso-2022-kr', 'utf-32', 'x-unknown-ebcdic'])(
    'a label that readers may not know is no way around the banner: %s',
    (label) => {
      for (const [type, body] of [
        ['text/plain', 'Hello\r\n'],
        ['text/plain', '+AGE- and \x1b$)C ~{ \xff, and so on for a while\r\n'],
        ['text/html', '<title>+ADw-/title+AD4-+ADw-div hidden+AD4-</title><p>x\r\n'],
      ]) {
        const parsed = message(`Content-Type: ${type}; charset=${label}\r\n\r\n${body}`);
        const body2 = output(parsed, banner).split('\r\n\r\n').slice(1).join('');
        const shown = body2.replace(/^\s*(?:<t[^>]*>\s*)*/, '');
        // A label that merely is not known is taken for a superset of ASCII: there the tags are what they seem.
        if (label !== 'x-unknown-ebcdic' || type === 'text/plain') expect(shown).toMatch(/^Look twice/);
        expect(body2).toContain('Look twice');
      }
    },
  );

  it('what no reader can take for ASCII is left alone', () => {
    const utf32 = Buffer.from([...'Hello'].flatMap((char) => [char.charCodeAt(0), 0, 0, 0])).toString(
      'base64',
    );
    const parsed = message(
      `Content-Type: text/plain; charset=utf-32\r\nContent-Transfer-Encoding: base64\r\n\r\n${utf32}\r\n`,
    );
    expect(paths(run(parsed, banner).outcomes[0])).toEqual(['(undecodable)']);
  });

  it.each([
    ['iso-2022-jp', Buffer.from('Hello \xff\x1b$B$3$s\x1b(B', 'latin1'), 'Hello \ufffd\u3053\u3093'],
    ['utf-16', Buffer.concat([Buffer.from('Hello', 'utf16le'), Buffer.from('x')]), 'Hello\ufffd'],
  ])('an octet that does not fit is no way around the banner: %s', (label, body, shown) => {
    const parsed = message(
      `Content-Type: text/plain; charset=${label}\r\nContent-Transfer-Encoding: base64\r\n\r\n${body.toString('base64')}\r\n`,
    );
    const after = parseMessage(Buffer.from(output(parsed, banner), 'latin1'));
    expect(decodeText(after, after.root).text).toMatch(new RegExp(`^Look twice[\\s\\S]*${shown}`));
  });

  it('what is ASCII under a Japanese label keeps its octets and its label', () => {
    const parsed = message('Content-Type: text/html; charset=iso-2022-jp\r\n\r\n<p>Hello~+</p>\r\n');
    expect(output(parsed, banner)).toMatch(
      /charset=iso-2022-jp\r\n[\s\S]*Look twice[\s\S]*<\/table>\r\n<p>Hello~\+<\/p>\r\n$/,
    );
  });

  it('iso-8859-1 is not written as windows-1252: the euro sign needs UTF-8', () => {
    const euro: ContentChange = { kind: 'prependDisclaimer', text: '5 \u20ac' };
    expect(output(parseMessage(fixture('plain-8bit-latin1')), euro)).toContain(
      '5 =E2=82=AC\r\n\r\nGr=C3=BC=C3=9Fe',
    );
    expect(output(parseMessage(fixture('charset-windows-1252')), euro)).toContain('5 =80\r\n\r\nPrice: =80');
  });

  it('HTML keeps its charset: other characters are numeric references', () => {
    const after = output(parseMessage(fixture('charset-big5')), umlaut);
    expect(after).toContain('charset=big5');
    expect(after).toContain('Zweimal pr&#252;fen.');
    expect(after).toContain('\xa7A\xa6n');
  });
});

describe('the sender\u2019s encoded lines stay', () => {
  const lines = (text: string): readonly string[] => text.split('\r\n').filter((line) => line !== '');

  it.each([
    ['plain-base64', 0],
    ['plain-base64-short-lines', 0],
    ['plain-base64-one-line', 0],
    ['plain-qp', 0],
    ['plain-8bit-utf8', 0],
    ['html-qp', 1],
    ['html-qp-one-line', 1],
    ['html-base64', 1],
    ['html-7bit', 0],
  ])('%s: all but %i when a banner goes in', (name, cut) => {
    const before = fixture(name).toString('latin1');
    const after = new Set(lines(output(parseMessage(fixture(name)), banner)));
    expect(lines(before).filter((line) => !after.has(line))).toHaveLength(cut);
  });

  it.each([
    ['plain-base64', 1],
    ['plain-base64-lf-inside', 1],
    ['plain-qp', 0],
    ['plain-qp-dangling-soft-break', 0],
    ['plain-qp-ends-in-soft-break', 0],
  ])('%s: all but %i when a footer goes in', (name, cut) => {
    const parsed = parseMessage(fixture(name));
    const after = output(parsed, footer);
    const kept = new Set(lines(after));
    expect(lines(fixture(name).toString('latin1')).filter((line) => !kept.has(line))).toHaveLength(cut);
    const again = parseMessage(Buffer.from(after, 'latin1'));
    expect(decodeText(again, again.root).text).toMatch(/The end\.\s*$/);
  });

  it('two insertions into neighbouring base64 groups leave no padding between them', () => {
    const content = Buffer.from('\n> ').toString('base64');
    const parsed = message(`Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n${content}`);
    expect(body(parsed, banner, footer)).toMatch(/^[^=]+={0,2}\s*$/);
  });

  it('damaged base64 is encoded anew, as it was read', () => {
    for (const name of ['plain-base64-padding-inside', 'plain-base64-junk', 'plain-base64-no-padding']) {
      const before = parseMessage(fixture(name));
      const after = parseMessage(Buffer.from(output(before, banner), 'latin1'));
      expect(decodeText(after, after.root).text, name).toBe(
        `Look twice.${name.endsWith('inside') ? '\n\n' : '\r\n\r\n'}${decodeText(before, before.root).text}`,
      );
    }
  });

  it('a cut line does not become a delimiter', () => {
    const part = (type: string, content: string): Message =>
      message(
        `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: ${type}\n\n${content}\n--b--\n`,
      );
    for (const encoding of ['7bit', 'quoted-printable']) {
      for (const content of [
        '<body>--b</body>',
        '<body>x\n--b</body>',
        '<p>x</p><!-- \n--b --></body>',
        '<body>--b--</body>',
      ]) {
        const before = part(encoding, content);
        const after = parseMessage(Buffer.from(output(before, banner, footer), 'latin1'));
        expect(after.parts.length, content).toBe(before.parts.length);
      }
    }
  });
});

describe('which parts', () => {
  it.each([
    ['alternative', ['1', '2'], ['1', '2']],
    ['alternative-in-mixed', ['1.1', '1.2'], ['1.1', '1.2']],
    ['alternative-in-related-in-mixed', ['1.1.1', '1.1.2'], ['1.1.1', '1.1.2']],
    ['alternative-with-related', ['1', '2.1'], ['1', '2.1']],
    ['alternative-with-mixed', ['1', '2.1'], ['1', '2.3']],
    ['alternative-two-html', ['1', '3'], ['1', '3']],
    ['alternative-html-only', ['1'], ['1']],
    ['alternative-amp', ['1', '3'], ['1', '3']],
    ['alternative-undecodable-html', ['(undecodable)'], ['(undecodable)']],
    ['related-start', ['2'], ['2']],
    ['related-no-start', ['1'], ['1']],
    ['mixed-pdf-first', ['2'], ['2']],
    ['mixed-several-texts', ['1'], ['4']],
    ['mixed-text-attachment', ['1'], ['1']],
    ['mixed-named-inline-text', ['1'], ['1']],
    ['mixed-only-named-text', ['1'], ['1']],
    ['mixed-list-footer', ['1.1', '1.2'], ['2']],
    ['mixed-attached-message', ['1'], ['1']],
    ['digest', ['1'], ['1']],
    ['calendar-no-method', ['1'], ['1']],
    ['broken-empty-parts', ['1'], ['3']],
  ])('%s: banner %j, footer %j', (name, top, bottom) => {
    const parsed = parseMessage(fixture(name));
    expect([...new Set(paths(run(parsed, banner).outcomes[0]))]).toEqual(top);
    expect([...new Set(paths(run(parsed, footer).outcomes[0]))]).toEqual(bottom);
  });

  const related = (start: string, ...types: readonly string[]): Message =>
    message(
      `Content-Type: multipart/related; boundary=b${start}\r\n\r\n${types
        .map((type, index) => `--b\r\nContent-Type: ${type}\r\nContent-ID: <${index + 1}>\r\n\r\nx\r\n`)
        .join('')}--b--\r\n`,
    );

  it('multipart/related: the first part too where readers may not know "start"', () => {
    const parsed = related('; start="<2>"', 'text/html', 'text/html');
    expect(paths(run(parsed, banner).outcomes[0])).toEqual(['1', '2']);
    expect(paths(run(related('', 'text/html', 'text/html'), banner).outcomes[0])).toEqual(['1']);
  });

  it('multipart/related: what shows where the root does not', () => {
    expect(paths(run(related('', 'image/png', 'text/html'), banner).outcomes[0])).toEqual(['2']);
  });

  it('a boundary may begin with a blank (RFC 2046 §5.1.1 bchars)', () => {
    const parsed = message('Content-Type: multipart/mixed; boundary=" b"\r\n\r\n-- b\r\n\r\nx\r\n-- b--\r\n');
    expect(paths(run(parsed, banner).outcomes[0])).toEqual(['1']);
  });

  it('a message that may not be touched comes back without an edit, with the reason', () => {
    for (const { name, bytes } of fixtures()) {
      const { kind } = expectedOf(name);
      if (kind === 'plain') continue;
      const result = run(parseMessage(bytes), banner, umlaut, footer);
      expect(result.edits, name).toEqual([]);
      for (const outcome of result.outcomes) expect(paths(outcome), name).toEqual([`(${kind})`]);
    }
  });

  it('headers of such a message may be tagged all the same', () => {
    const parsed = parseMessage(fixture('openssl-signed'));
    const { outcomes, edits } = run(parsed, banner, { kind: 'prependSubject', tag: '[EXTERNAL]' });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['untouched', 'edited']);
    expect(edits).toHaveLength(1);
  });

  it('the outcome names each span, and the output differs there alone', () => {
    const parsed = parseMessage(fixture('alternative-in-mixed'));
    const { outcomes, edits } = run(parsed, banner);
    const spans = outcomes.flatMap((outcome) => (outcome.kind === 'edited' ? outcome.parts : []));
    expect(spans.map(({ mediaType, bytesBefore }) => [mediaType, bytesBefore])).toEqual([
      ['text/plain', 0],
      ['text/html', 0],
    ]);
    expect(differsOnlyIn(parsed.bytes, apply(parsed, edits), spans)).toBe(true);
  });
});

describe('HTML', () => {
  it('a text without HTML is escaped, its lines broken', () => {
    const change: ContentChange = { kind: 'prependDisclaimer', text: 'a < b & "c"\nd' };
    expect(output(parseMessage(fixture('html-7bit')), change)).toContain(
      '\r\na &lt; b &amp; &quot;c&quot;<br style="all:revert!important">\r\nd\r\n</td>',
    );
  });

  it('a fragment goes in, in a table with its own colours, its elements out of reach of style sheets', () => {
    const change: ContentChange = { kind: 'prependDisclaimer', text: 'x', html: '<b>Bold</b>' };
    const after = output(parseMessage(fixture('html-7bit')), change);
    expect(after).toMatch(
      /<body>\r\n<table class="[^"]*" role="presentation" width="100%"[^>]*>\r\n<tbody [^>]*>\r\n<tr [^>]*>\r\n<td [^>]*color:#1f1f1f;background-color:#fff4ce">\r\n<b style="all:revert!important">Bold<\/b>\r\n/,
    );
  });

  it('a style sheet of the sender does not hide it: each element says for itself that it is shown', () => {
    const after = output(parseMessage(fixture('html-7bit')), banner);
    const elements = after.match(/<(?:table|tbody|tr|td) [^>]*>/g) ?? [];
    expect(elements).toHaveLength(4);
    for (const element of elements) {
      expect(element).toMatch(
        /style="all:initial!important; display:table[a-z-]*!important; visibility:visible!important; opacity:1!important; /,
      );
    }
    expect(elements[3]).toContain('color:#1f1f1f!important; background-color:#fff4ce!important; ');
  });

  it('long lines are broken at blanks; a word that fits no line makes the part quoted-printable', () => {
    const wordy: ContentChange = { kind: 'prependDisclaimer', text: 'x', html: 'word '.repeat(1000) };
    const long = Math.max(
      ...output(parseMessage(fixture('html-7bit')), wordy)
        .split('\r\n')
        .map(({ length }) => length),
    );
    expect(long).toBeLessThan(998);
    const whole: ContentChange = {
      kind: 'prependDisclaimer',
      text: 'x',
      html: `<img src="data:${'A'.repeat(3000)}">`,
    };
    expect(output(parseMessage(fixture('html-7bit')), whole)).toContain(
      'Content-Transfer-Encoding: quoted-printable',
    );
  });
});

describe('values that cannot be used', () => {
  it.each<ContentChange>([
    { kind: 'addHeader', name: 'X-A', value: 'a\r\nBcc: b@example.org' },
    { kind: 'addHeader', name: 'X-A', value: 'a\nb' },
    { kind: 'addHeader', name: 'X-A', value: ' ' },
    { kind: 'addHeader', name: 'X A', value: 'a' },
    { kind: 'addHeader', name: 'X-A:', value: 'a' },
    { kind: 'addHeader', name: 'X-A', value: 'a'.repeat(1000) },
    { kind: 'prependSubject', tag: '[a\r\nBcc: b@example.org]' },
    { kind: 'prependSubject', tag: '  ' },
    { kind: 'prependDisclaimer', text: ' \n ' },
  ])('%j', (change) => {
    const { edits, outcomes } = run(message('Subject: x\r\n\r\nHello\r\n'), change);
    expect([edits, outcomes]).toEqual([[], [{ kind: 'untouched', reason: 'invalid-value' }]]);
  });
});
