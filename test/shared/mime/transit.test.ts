import { describe, expect, it } from 'vitest';
import { fileNames } from '../../../shared/mime/content-fields.ts';
import {
  applyEdits,
  type ContentChange,
  contentProblems,
  decodeBody,
  digestOfSlices,
  parseMessage,
  repairEdits,
  rewriteContent,
  transitProblems,
} from '../../../shared/mime/index.ts';
import { apply, message } from './support.ts';

const FROM = 'From: a@example.com\r\n';
const LONG = 'word '.repeat(250);
const kinds = (text: string, ...changes: readonly ContentChange[]): string[] => {
  const parsed = message(text);
  const { edits } = rewriteContent(parsed, changes, { skipIfPresent: true });
  return transitProblems(parsed, edits).map(({ kind, path }) => `${kind} ${path}`.trim());
};

describe('transitProblems', () => {
  it.each([
    ['nothing', `${FROM}\r\nbody`, []],
    ['a missing From', 'Subject: x\r\n\r\nbody', ['header-missing']],
    ['a Subject twice', `${FROM}Subject: x\r\nSubject: y\r\n\r\nbody`, ['header-duplicate']],
    ['a long line', `${FROM}\r\n${LONG}`, ['long-line']],
    ['junk in the header', `${FROM}junk\r\nA: 1\r\n\r\nbody`, ['header-malformed']],
    [
      'a multipart that is not closed, a program',
      `${FROM}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name="a.EXE"\r\n\r\nx`,
      ['multipart-malformed', 'attachment-type 1'],
    ],
  ])('finds %s', (_what, text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it('finds a field that may not change', () => {
    const before = message(`${FROM}Date: 1\r\n\r\nbody`);
    const changed = message(`${FROM}Date: 2\r\n\r\nbody`);
    const told = contentProblems(changed, before).map(({ kind, text }) => `${kind} ${text}`);
    expect(told).toEqual(["header-changed Header 'date' cannot be changed."]);
    expect(contentProblems(changed, undefined)).toEqual([]);
  });

  it('is about the message with the edits made', () => {
    const text = `${FROM}Subject: x\r\nSubject: y\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\n${LONG}\r\n--b--\r\n`;
    expect(kinds(text)).toEqual(['long-line 2', 'header-duplicate', 'attachment-type 2']);
    expect(
      kinds(text, { kind: 'removeParts', paths: ['2'] }, { kind: 'setHeader', name: 'Subject', value: 'z' }),
    ).toEqual([]);
    expect(kinds(text, { kind: 'renameParts', names: new Map([['2', 'a.exe.disarmed']]) })).toEqual([
      'long-line 2',
      'header-duplicate',
    ]);
  });

  it('of a message of 38 MiB takes a few milliseconds, and no copy of it', () => {
    const line = `${'QUJD'.repeat(19)}\r\n`;
    const head = `${FROM}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
    const bytes = Buffer.concat([
      Buffer.from(head),
      Buffer.alloc(38 * 1024 * 1024, line),
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const parsed = parseMessage(bytes);
    const { edits } = rewriteContent(parsed, [{ kind: 'prependDisclaimer', text: 'BANNER' }], {
      skipIfPresent: true,
    });
    const before = process.memoryUsage().arrayBuffers;
    const begun = performance.now();
    expect(transitProblems(parsed, edits)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    expect(digestOfSlices(applyEdits(bytes, edits))).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('repairEdits', () => {
  const repaired = (text: string) => {
    const parsed = message(text);
    const { edits, repaired: what } = repairEdits(parsed);
    const after = apply(parsed, edits);
    return {
      after: after.toString('latin1'),
      what,
      left: transitProblems(parsed, edits).map(({ kind }) => kind),
    };
  };

  it('does nothing where nothing is too long', () => {
    expect(repaired(`${FROM}\r\n${'x'.repeat(998)}\r\n`)).toMatchObject({ what: [], left: [] });
  });

  it('encodes the text that has a long line, and nothing else', () => {
    const text = `${FROM}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nshort \r\n--b\r\nContent-Type: text/html\r\n\r\n${LONG}\r\n--b\r\nContent-Type: application/x\r\n\r\n${LONG}\0\r\n--b--\r\n`;
    const { after, what, left } = repaired(text);
    expect(what).toEqual([
      { kind: 'long-lines', path: '2' },
      { kind: 'long-lines', path: '3' },
    ]);
    expect(left).toEqual([]);
    expect(after).toContain(
      '--b\r\n\r\nshort \r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html',
    );
    const parsed = parseMessage(Buffer.from(after, 'latin1'));
    const bodies = parsed.parts
      .slice(2)
      .map((part) => Buffer.from(decodeBody(parsed, part).bytes).toString('latin1'));
    expect(bodies).toEqual([LONG, `${LONG}\0`]);
    expect(parsed.parts[3]?.transferEncoding).toBe('base64');
  });

  it('breaks base64 that is one line', () => {
    const { after, left } = repaired(
      `${FROM}Content-Transfer-Encoding: base64\r\n\r\n${'QUJD'.repeat(400)}\r\n`,
    );
    expect(left).toEqual([]);
    expect(after).toContain(`base64\r\n\r\n${'QUJD'.repeat(19)}\r\n${'QUJD'.repeat(19)}\r\n`);
  });

  it('folds a header line at its own white space', () => {
    const { after, what, left } = repaired(
      `${FROM}References:${' <1@example.com>'.repeat(100)}  \r\nA: 1\r\n\r\nbody`,
    );
    expect(what).toEqual([{ kind: 'long-header-line', path: '' }]);
    expect(left).toEqual([]);
    expect(after.replaceAll('\r\n ', ' ')).toBe(
      `${FROM}References:${' <1@example.com>'.repeat(100)}  \r\nA: 1\r\n\r\nbody`,
    );
  });

  it.each([
    [
      'what is signed',
      `${FROM}Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n${LONG}\r\n--b--\r\n`,
    ],
    ['an attached message', `${FROM}Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n${LONG}`],
    ['white space behind a word', `${FROM}X-A: ${'x'.repeat(985)}${' '.repeat(30)}\r\n\r\nbody`],
    ['a word that fits on no line', `${FROM}X-A: ${'x'.repeat(2000)}\r\n\r\nbody`],
  ])('leaves %s', (_what, text) => {
    expect(repaired(text)).toMatchObject({ after: text, what: [], left: ['long-line'] });
  });

  it('goes together with changes of the same part', () => {
    const parsed = message(`${FROM}\r\n${LONG}`);
    const { edits, repaired: what } = rewriteContent(
      parsed,
      [{ kind: 'prependDisclaimer', text: 'BANNER' }],
      {
        skipIfPresent: true,
        repair: true,
      },
    );
    const after = parseMessage(apply(parsed, edits));
    expect(Buffer.from(decodeBody(after, after.root).bytes).toString()).toBe(`BANNER\r\n\r\n${LONG}`);
    expect(what).toEqual([{ kind: 'long-lines', path: '' }]);
    expect(transitProblems(parsed, edits)).toEqual([]);
  });
});

describe('renameParts', () => {
  const named = (header: string, name: string) => {
    const parsed = message(`${header}\r\n\r\nx`);
    const { edits } = rewriteContent(parsed, [{ kind: 'renameParts', names: new Map([['', name]]) }], {
      skipIfPresent: true,
    });
    const after = parseMessage(apply(parsed, edits));
    return { names: fileNames(after, after.root), text: apply(parsed, edits).toString('latin1') };
  };

  it.each([
    [
      'both parameters',
      'Content-Type: application/x; name=a.exe; x=y\r\nContent-Disposition: attachment; filename="a.exe"',
    ],
    [
      'the forms of RFC 2231',
      "Content-Type: application/x\r\nContent-Disposition: attachment; filename*0*=utf-8''a;\r\n filename*1=.exe; filename=b.txt; filename*=''c.exe",
    ],
    [
      'a field that is there twice',
      'Content-Disposition: attachment; filename=a.exe\r\nContent-Disposition: inline; filename=b.exe',
    ],
    [
      'each in the wrong field',
      'Content-Type: application/x; filename=a.exe\r\nContent-Disposition: attachment; name=b.exe',
    ],
    ['none at all', 'Content-Type: application/x'],
    ['a quotation mark that is never closed', 'Content-Disposition: attachment; x="y; filename=a.exe'],
  ])('leaves one name of %s', (_what, header) => {
    expect(named(header, 'a.exe.disarmed').names).toEqual(['a.exe.disarmed']);
  });

  it('keeps the other parameters as they are written', () => {
    const { text } = named(
      'Content-Type: text/plain; charset="utf-8" (x); name=a.txt; format=flowed',
      'b.txt',
    );
    expect(text).toContain('Content-Type: text/plain; charset="utf-8"; format=flowed; name="b.txt"\r\n');
  });

  it('writes other characters for all readers', () => {
    const name = `${'\u00fc'.repeat(40)} "x".txt`;
    const { names, text } = named('Content-Disposition: attachment; filename=a', name);
    expect(names).toContain(name);
    expect(names.every((one) => one.endsWith('.txt'))).toBe(true);
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(90);
  });

  it('cuts no escape in two (RFC 2231 §4)', () => {
    for (const start of ['', 'a', 'ab']) {
      const { text } = named('Content-Disposition: attachment', `${start}${'\u00fc'.repeat(40)}.txt`);
      expect(text).toMatch(/filename\*1\*=/);
      expect(text).not.toMatch(/%[0-9A-F]?(?:;|\r\n)/);
    }
  });

  it('makes no attachment of what is shown in place', () => {
    const type = 'Content-Type: image/png; name=a.png\r\nContent-ID: <i@example.com>';
    expect(named(type, 'b.png').text).not.toContain('Content-Disposition');
    expect(named('Content-Type: text/html', 'b.txt').text).toContain('Content-Disposition: inline; filename');
  });

  it('takes out what turns the direction of writing, and keeps the end of a long name', () => {
    expect(named('Content-Disposition: attachment', 'a\u202etxt.exe').names).toEqual(['atxt.exe']);
    const long = named('Content-Disposition: attachment', `${'x'.repeat(500)}.disarmed`).names[0] ?? '';
    expect(long.length).toBe(200);
    expect(long.endsWith('.disarmed')).toBe(true);
  });

  it('of a uuencoded file changes its first line', () => {
    const parsed = message('Subject: x\r\n\r\nbegin 644 a.exe\r\n#0V%T\r\n`\r\nend\r\n');
    const { edits } = rewriteContent(parsed, [{ kind: 'renameParts', names: new Map([['~1', 'a.txt']]) }], {
      skipIfPresent: true,
    });
    expect(apply(parsed, edits).toString()).toContain('\r\n\r\nbegin 644 a.txt\r\n#0V%T');
  });

  it('goes together with another charset in the same field', () => {
    const parsed = message('Content-Type: text/plain; charset=us-ascii; name=a.txt\r\n\r\nbody');
    const changes: ContentChange[] = [
      { kind: 'prependDisclaimer', text: 'gr\u00fcn' },
      { kind: 'renameParts', names: new Map([['', 'b.txt']]) },
    ];
    const { edits, outcomes } = rewriteContent(parsed, changes, { skipIfPresent: true });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['edited', 'edited']);
    expect(apply(parsed, edits).toString()).toContain(
      'Content-Type: text/plain; charset=utf-8; name="b.txt"\r\n',
    );
  });
});
