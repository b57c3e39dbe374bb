import { describe, expect, it } from 'vitest';
import { type ContentChange, rewriteContent } from '../../../shared/mime/index.ts';
import { apply, message } from './support.ts';

const set = (name: string, value: string): ContentChange => ({ kind: 'setHeader', name, value });
const add = (name: string, value: string): ContentChange => ({ kind: 'addHeader', name, value });
const remove = (name: string): ContentChange => ({ kind: 'removeHeader', name });
const tag = (text: string): ContentChange => ({ kind: 'prependSubject', tag: text });

/** The message afterwards, and for each change `edited` or the reason. */
function run(text: string, ...changes: readonly ContentChange[]): readonly [string, readonly string[]] {
  const parsed = message(text);
  const { edits, outcomes } = rewriteContent(parsed, changes, { skipIfPresent: true });
  const words = outcomes.map((outcome) => (outcome.kind === 'edited' ? 'edited' : outcome.reason));
  return [apply(parsed, edits).toString('latin1'), words];
}

const BODY = '\r\nbody\r\n';

describe('setHeader', () => {
  it('gives the topmost field of the name the value in its place, folded lines and all; the further ones go', () => {
    const before = `A: 1\r\nx-MODE: one\r\n two\r\nB: 2\r\nX-Mode : three\r\nC: 3\r\n${BODY}`;
    expect(run(before, set('X-Mode', 'new'))).toEqual([
      `A: 1\r\nX-Mode: new\r\nB: 2\r\nC: 3\r\n${BODY}`,
      ['edited'],
    ]);
  });

  it('is a new field at the top where there is none', () => {
    expect(run(`A: 1\r\n${BODY}`, set('X-Mode', 'gr\u00fcn'))[0]).toBe(
      `X-Mode: =?utf-8?Q?gr=C3=BCn?=\r\nA: 1\r\n${BODY}`,
    );
  });

  it('does nothing where one field has the value already', () => {
    expect(run(`X-Mode:  =?utf-8?Q?gr=C3=BCn?=\r\n${BODY}`, set('X-Mode', 'gr\u00fcn'))[1]).toEqual([
      'already-present',
    ]);
  });

  it('takes the line ends of the message, and ends a field that the message ends in', () => {
    expect(run('A: 1\nX-Mode: old', set('X-Mode', 'new'))[0]).toBe('A: 1\nX-Mode: new\n');
  });

  it('of the subject goes together with tags', () => {
    expect(run(`Subject: old\r\n${BODY}`, tag('[A]'), set('Subject', '[b] new'), tag('[B]'))).toEqual([
      `Subject: [A] [b] new\r\n${BODY}`,
      ['edited', 'edited', 'already-present'],
    ]);
  });
});

describe('removeHeader', () => {
  it('takes every field of the name, whole, and nothing else', () => {
    const before = `X-A: 1\r\n\t2\r\nB: x-a: no\r\nx-a:\r\nX-A2: 3\r\n${BODY}`;
    expect(run(before, remove('X-A'))).toEqual([`B: x-a: no\r\nX-A2: 3\r\n${BODY}`, ['edited']]);
  });

  it('may take the last field there is', () => {
    expect(run(`X-A: 1\r\n${BODY}`, remove('x-a'))[0]).toBe(BODY);
  });

  it('of the subject leaves the tags', () => {
    expect(run(`A: 1\r\nSubject: old\r\n${BODY}`, remove('Subject'), tag('[A]'))[0]).toBe(
      `Subject: [A]\r\nA: 1\r\n${BODY}`,
    );
  });

  it('says so when there is none', () => {
    expect(run(`A: 1\r\n${BODY}`, remove('X-A'))).toEqual([`A: 1\r\n${BODY}`, ['not-found']]);
  });

  it('and addHeader of one name: the sender\u2019s go, ours comes', () => {
    expect(run(`X-A: theirs\r\n${BODY}`, add('X-A', 'ours'), remove('X-A'))).toEqual([
      `X-A: ours\r\n${BODY}`,
      ['edited', 'edited'],
    ]);
  });
});

describe('changes of header fields', () => {
  it('of one name: the last one that decides about it counts', () => {
    expect(run(`X-A: 1\r\n${BODY}`, set('X-A', '2'), remove('x-a'), set('X-a', '3'))).toEqual([
      `X-a: 3\r\n${BODY}`,
      ['superseded', 'superseded', 'edited'],
    ]);
  });

  it.each([
    ...['From', 'sender', 'DATE', 'Message-Id', 'Received', 'Return-Path'],
    ...['Content-Type', 'Content-Transfer-Encoding', 'MIME-Version', 'Content-Anything'],
  ])('leave %s alone', (name) => {
    const before = `${name}: x\r\n${BODY}`;
    expect(run(before, set(name, 'y'), remove(name), add(name, 'z'))).toEqual([
      before,
      ['protected-header', 'protected-header', 'protected-header'],
    ]);
  });

  it('do not repeat a field that may be there once', () => {
    expect(run(`Reply-To: a@example.com\r\n${BODY}`, add('Reply-To', 'b@example.com'))[1]).toEqual([
      'already-present',
    ]);
    expect(run(`A: 1\r\n${BODY}`, add('Reply-To', 'b@example.com'))[1]).toEqual(['edited']);
  });

  it.each([
    ['a line end', set('X-A', 'a\r\nBcc: x@example.com')],
    ['a line end in the name', set('X-A\r\nBcc', 'x')],
    ['nothing', set('X-A', ' ')],
    ['no name', remove('')],
    ['a space in the name', remove('X A')],
  ])('refuse %s', (_what, change) => {
    expect(run(`A: 1\r\n${BODY}`, change)).toEqual([`A: 1\r\n${BODY}`, ['invalid-value']]);
  });

  it.each([
    ['a line that is no field', 'X-A: 1\r\njunk\r\nB: 2\r\n\r\nbody'],
    ['no empty line before the body', 'X-A: 1\r\nbody begins'],
  ])('take nothing out of a header with %s', (_what, before) => {
    expect(run(before, remove('X-A'), set('X-A', '2'))).toEqual([before, ['malformed', 'malformed']]);
  });

  it('are made in signed mail, whose body stays', () => {
    const before = `Content-Type: multipart/signed; boundary=b\r\nX-A: 1\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n`;
    expect(run(before, remove('X-A'))[0]).toBe(before.replace('X-A: 1\r\n', ''));
  });

  it('of tens of thousands of fields are quick', () => {
    const before = `${'X-A: 1\r\n'.repeat(50_000)}${BODY}`;
    const begun = performance.now();
    expect(run(before, remove('X-A'), set('X-B', '1'))[0]).toBe(`X-B: 1\r\n${BODY}`);
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});
