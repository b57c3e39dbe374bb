import { describe, expect, it } from 'vitest';
import { type ContentChange, rewriteContent } from '../../../shared/mime/index.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { apply, message } from './support.ts';

const remove = (paths: readonly string[], note?: string): ContentChange => ({
  kind: 'removeParts',
  paths,
  ...(note === undefined ? {} : { note }),
});

function run(text: string, ...changes: readonly ContentChange[]): readonly [string, readonly string[]] {
  const parsed = message(text);
  const { edits, outcomes } = rewriteContent(parsed, changes, { skipIfPresent: true });
  const words = outcomes.map((outcome) => (outcome.kind === 'edited' ? 'edited' : outcome.reason));
  return [apply(parsed, edits).toString('latin1'), words];
}

const HEAD = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
const TEXT = '--b\r\n\r\ntext\r\n';
const FILE =
  '--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n';
const END = '--b--\r\n';
const NOTE =
  'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: inline\r\n\r\n';

describe('removeParts', () => {
  it.each([
    ['the first', ['1'], `${HEAD}${FILE}${FILE}${END}`],
    ['one between', ['2'], `${HEAD}${TEXT}${FILE}${END}`],
    ['the last', ['3'], `${HEAD}${TEXT}${FILE}${END}`],
    ['neighbours', ['2', '3'], `${HEAD}${TEXT}${END}`],
  ])('takes %s, with the delimiter before it', (_which, paths, after) => {
    expect(run(`${HEAD}${TEXT}${FILE}${FILE}${END}`, remove(paths))).toEqual([after, ['edited']]);
  });

  it('puts a note in the place of the first, in UTF-8, no line of it a delimiter', () => {
    const [after] = run(`${HEAD}${TEXT}${FILE}${FILE}${END}`, remove(['2', '3'], 'gr\u00fcn\n--b'));
    expect(after).toBe(`${HEAD}${TEXT}--b\r\n${NOTE}gr=C3=BCn\r\n=2D-b\r\n${END}`);
  });

  it('keeps the Content-ID of what others in multipart/related refer to', () => {
    const related = HEAD.replace('mixed', 'related');
    const image = FILE.replace('\r\n\r\n', '\r\nContent-ID: <one@example.com>\r\n\r\n');
    expect(run(`${related}${TEXT}${image}${END}`, remove(['2'], 'gone'))[0]).toContain(
      'Content-ID: <one@example.com>\r\n\r\ngone',
    );
  });

  it('leaves no multipart without a part: it goes too, and the message itself gets an empty text', () => {
    const inner = `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n`;
    expect(run(`${HEAD}${TEXT}${inner}${END}`, remove(['2.1']))[0]).toBe(`${HEAD}${TEXT}${END}`);
    expect(run(`${HEAD}${inner}${END}`, remove(['1.1']))[0]).toBe(`${HEAD}--b\r\n${NOTE}\r\n${END}`);
  });

  it('of the only body of a message changes what the header says of it', () => {
    const before =
      'Content-Type: application/pdf;\r\n name=a.pdf\r\nSubject: x\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nQUJD\r\n';
    expect(run(before, remove([''], 'gone'))[0]).toBe(
      'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject: x\r\n\r\ngone\r\n',
    );
  });

  it.each([
    ['a part that is not there', '7', `${HEAD}${TEXT}${END}`, 'not-found'],
    ['the whole of a multipart message', '', `${HEAD}${TEXT}${END}`, 'not-found'],
    ['a part of what is signed', '1', `${HEAD.replace('mixed', 'signed')}${TEXT}${FILE}${END}`, 'signed'],
    ['a part of a report', '1', `${HEAD.replace('mixed', 'report')}${TEXT}${FILE}${END}`, 'report'],
    ['an encrypted message', '', 'Content-Type: application/pkcs7-mime\r\n\r\nQUJD', 'encrypted'],
  ])('does not take %s', (_what, path, before, reason) => {
    expect(run(before, remove([path]))).toEqual([before, [reason]]);
  });

  it('takes what stands beside a signed part', () => {
    const signed = `--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nx\r\n--s--\r\n`;
    expect(run(`${HEAD}${signed}${FILE}${END}`, remove(['2']))[0]).toBe(`${HEAD}${signed}${END}`);
  });

  it('names what it could not take', () => {
    const parsed = message(`${HEAD}${TEXT}${FILE}${END}`);
    const [outcome] = rewriteContent(parsed, [remove(['2', '9'])], { skipIfPresent: true }).outcomes;
    expect(outcome).toMatchObject({ kind: 'edited', left: [{ path: '9', reason: 'not-found' }] });
  });

  it('goes before what was to be done in the part: the banner is put into the next body', () => {
    const banner: ContentChange = { kind: 'prependDisclaimer', text: 'BANNER' };
    const [after] = run(`${HEAD}${TEXT}--b\r\n\r\nsecond\r\n${END}`, remove(['1']), banner);
    expect(after).toContain('BANNER\r\n\r\nsecond');
  });

  const uuencoded = 'before\r\nbegin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\nafter http://example.com/\r\n';

  it('takes a uuencoded file out of its text, with a note there', () => {
    const before = `Subject: x\r\n\r\n${uuencoded}`;
    expect(run(before, remove(['~1']))[0]).toBe('Subject: x\r\n\r\nbefore\r\nafter http://example.com/\r\n');
    expect(run(before, remove(['~1'], 'gone'))[0]).toBe(
      'Subject: x\r\n\r\nbefore\r\ngone\r\nafter http://example.com/\r\n',
    );
    expect(run(before, remove(['~2']))[1]).toEqual(['not-found']);
  });

  it('takes a uuencoded file with the part that it stands in', () => {
    const before = `${HEAD}${TEXT}--b\r\n\r\n${uuencoded}${END}`;
    const without = `${HEAD}${TEXT}${END}`;
    expect(run(before, remove(['2', '2~1']))).toEqual([without, ['edited']]);
    expect(run(before, remove(['2~1']), remove(['2']))).toEqual([without, ['edited', 'edited']]);
    const rename: ContentChange = { kind: 'renameParts', names: new Map([['2~1', 'x.txt']]) };
    expect(run(before, rename, remove(['2']))).toEqual([without, ['superseded', 'edited']]);
  });

  it('of one part, wanted by several changes, is told of each, and a note is not lost', () => {
    const before = `${HEAD}${TEXT}${FILE}${END}`;
    const [after, words] = run(before, remove(['2']), remove(['2'], 'kept elsewhere'), remove(['2'], 'more'));
    expect(after).toBe(`${HEAD}${TEXT}--b\r\n${NOTE}kept elsewhere\r\n${END}`);
    expect(words).toEqual(['edited', 'edited', 'edited']);
    const inner = `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n`;
    expect(run(`${HEAD}${TEXT}${inner}${END}`, remove(['2']), remove(['2.1']))[1]).toEqual([
      'edited',
      'edited',
    ]);
  });

  it('of ten thousand parts is quick', () => {
    const parts = 9_000;
    const before = `${HEAD}${TEXT.repeat(parts)}${END}`;
    const paths = Array.from({ length: parts - 1 }, (_, index) => String(index + 2));
    const work = () => {
      expect(run(before, remove(paths), remove(paths))[0]).toBe(`${HEAD}${TEXT}${END}`);
      const names = new Map(paths.map((path) => [path, 'x.txt']));
      run(before, { kind: 'renameParts', names });
    };
    expect(cpuTime(work)).toBeLessThan(4000);
  });
});

describe('removeAmp', () => {
  it('takes the alternative that some readers show instead of the HTML', () => {
    const alternative = HEAD.replace('mixed', 'alternative');
    const amp = '--b\r\nContent-Type: text/x-amp-html\r\n\r\n<html amp4email>\r\n';
    expect(run(`${alternative}${TEXT}${amp}${END}`, { kind: 'removeAmp' })[0]).toBe(
      `${alternative}${TEXT}${END}`,
    );
  });

  it('leaves it in a multipart of which readers may see another', () => {
    const alternative = HEAD.replace('mixed', 'alternative');
    const amp = '--c\r\nContent-Type: text/x-amp-html\r\n\r\n<html amp4email>\r\n--c--\r\n';
    const type = 'Content-Type: multipart/alternative; boundary=c\r\n';
    const text = `${alternative}--b\r\n${type}${type}\r\n--c\r\n\r\nx\r\n${amp}${END}`;
    expect(run(text, { kind: 'removeAmp' })).toEqual([text, ['malformed']]);
  });
});

describe('convertToText', () => {
  const alternative = HEAD.replace('mixed', 'alternative');
  const html =
    '--b\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
    `${Buffer.from('<p>gr\xfcn &amp; <b>sch\xf6n</b></p><script>x</script>', 'latin1').toString('base64')}\r\n`;

  it('takes HTML that has a text beside it', () => {
    expect(run(`${alternative}${TEXT}${html}${END}`, { kind: 'convertToText' })[0]).toBe(
      `${alternative}${TEXT}${END}`,
    );
  });

  it('makes text of HTML that has none, with its labels, and puts into that what else is to go in', () => {
    const banner: ContentChange = { kind: 'prependDisclaimer', text: 'BANNER' };
    const [after, words] = run(
      `${alternative}--b\r\n\r\n \r\n${html}${END}`,
      { kind: 'convertToText' },
      banner,
      { kind: 'removeActiveContent' },
    );
    expect(after).toContain(
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nBANNER\r\n\r\ngr=C3=BCn & sch=C3=B6n',
    );
    expect(after).not.toContain('script');
    expect(words).toEqual(['edited', 'edited', 'not-found']);
  });

  it('takes the file name of HTML that is shown in place: a text under it would be opened as HTML', () => {
    const named =
      'Content-Type: text/html; name=a.html\r\nContent-Disposition: inline; filename="a.html"; size=3\r\n\r\n<p>x';
    expect(run(named, { kind: 'convertToText' })[0]).toMatch(
      /^MIME-Version: 1\.0\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text\/plain; charset=utf-8\r\nContent-Disposition: inline; size=3\r\n\r\nx/,
    );
  });

  it('of a message without parts keeps the last line end, and the labels together', () => {
    const before = 'From: a@example.com\r\nContent-Type: text/html\r\nSubject: x\r\n\r\n<p>one<p>two\r\n';
    expect(run(before, { kind: 'convertToText' })[0]).toBe(
      'From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\nSubject: x\r\n\r\none\r\n\r\ntwo\r\n',
    );
    const encoded = Buffer.from('<p>one\n<p>two\n').toString('base64');
    const base64 = `Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`;
    expect(run(base64, { kind: 'convertToText' })[0]).toMatch(/\r\n\r\none\r\n\r\ntwo\r\n$/);
  });

  const IMAGE = 'Content-Type: image/png\r\nContent-ID: <i@example.com>\r\n\r\nPNG';
  const HTML = 'Content-Type: text/html\r\n\r\n<p>html<img src="cid:i@example.com">';
  const PLAIN = 'Content-Type: text/plain\r\n\r\nplain';
  const many = (kind: string, boundary: string, ...parts: readonly string[]): string =>
    `Content-Type: Multipart/${kind} ;\r\n boundary=${boundary}\r\n\r\n${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--`;
  const textPart =
    'Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhtml';
  const FILE_PART = 'Content-Type: application/pdf\r\n\r\nPDF';
  const CALENDAR = 'Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR';

  it.each([
    [
      'the text once, where HTML with its pictures is the alternative to it; the pictures stay',
      many('alternative', 'b', PLAIN, many('related', 'c', HTML, IMAGE)),
      many('mixed', 'b', PLAIN, many('mixed', 'c', IMAGE)),
    ],
    [
      'the text once, where HTML stands around a file',
      many('alternative', 'b', PLAIN, many('mixed', 'c', HTML, FILE_PART, HTML)),
      many('mixed', 'b', PLAIN, many('mixed', 'c', FILE_PART)),
    ],
    [
      'alternatives, where nothing is left beside the text',
      many('alternative', 'b', PLAIN, many('related', 'c', HTML)),
      many('alternative', 'b', PLAIN),
    ],
    [
      'pictures that nothing refers to any more in sight',
      many('related', 'b', many('alternative', 'c', PLAIN, HTML), IMAGE),
      many('mixed', 'b', many('alternative', 'c', PLAIN), IMAGE),
    ],
    [
      'pictures beside the text that was HTML',
      many('related', 'b', HTML, IMAGE),
      many('mixed', 'b', textPart, IMAGE),
    ],
    [
      'what there is to choose from, where that is more',
      many('alternative', 'b', PLAIN, many('related', 'c', HTML, IMAGE), CALENDAR),
      many('alternative', 'b', PLAIN, many('mixed', 'c', textPart, IMAGE), CALENDAR),
    ],
    [
      'each of two texts',
      many('alternative', 'b', PLAIN, PLAIN, many('related', 'c', HTML, IMAGE)),
      many('alternative', 'b', PLAIN, PLAIN, many('mixed', 'c', textPart, IMAGE)),
    ],
    [
      'a picture that is an alternative by itself',
      many('alternative', 'b', PLAIN, HTML, many('related', 'c', IMAGE)),
      many('alternative', 'b', PLAIN, many('related', 'c', IMAGE)),
    ],
    [
      'the text of HTML beside an empty text',
      many('alternative', 'b', '\r\n ', many('related', 'c', HTML, IMAGE)),
      many('alternative', 'b', '\r\n ', many('mixed', 'c', textPart, IMAGE)),
    ],
  ])('leaves %s', (_what, before, after) => {
    const from = 'From: a@example.com\r\nMIME-Version: 1.0\r\n';
    const [is, words] = run(`${from}${before}\r\n`, { kind: 'convertToText' });
    expect(is).toBe(`${from}${after}\r\n`);
    expect(words).toEqual(['edited']);
    const banner: ContentChange = { kind: 'prependDisclaimer', text: 'BANNER' };
    const shown = run(`${from}${before}\r\n`, { kind: 'convertToText' }, banner)[0];
    expect(shown).toMatch(/BANNER\r\n\r\n(?:plain|html)/);
  });

  it('of thousands of alternatives to one large text is quick', () => {
    const before = `${many('alternative', 'b', ' '.repeat(5_000_000), ...Array.from({ length: 3_000 }, () => 'Content-Type: text/html\r\n\r\n<p>'))}\r\n`;
    const begun = performance.now();
    run(before, { kind: 'convertToText' });
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  it('leaves signed mail and attachments', () => {
    const attached = 'Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>x';
    expect(run(attached, { kind: 'convertToText' })[1]).toEqual(['not-found']);
    const signed = `${HEAD.replace('mixed', 'signed')}${html}${END}`;
    expect(run(signed, { kind: 'convertToText' }, { kind: 'removeAmp' })).toEqual([
      signed,
      ['signed', 'signed'],
    ]);
  });
});
