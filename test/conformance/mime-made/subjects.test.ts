/** The very octets of a Subject after a tag went in: the sender's stay, and no line comes to be longer than it may. */
import { describe, expect, it } from 'vitest';
import { type ContentChange, parseMessage, rewriteContent } from '../../../shared/mime/index.ts';
import { edit } from '../mime-edits/changes.ts';

const tag = (text: string): ContentChange => ({ kind: 'prependSubject', tag: text });

/** What follows `From` in the header after these tags, and what became of each. */
function tagged(header: string, ...tags: readonly string[]): readonly [string, readonly string[]] {
  const { after, outcomes } = edit(
    Buffer.from(`${header}From: a@example.org\r\n\r\nHi\r\n`, 'latin1'),
    tags.map(tag),
  );
  const text = after.toString('latin1');
  return [
    text.slice(0, text.indexOf('From:')),
    outcomes.map((outcome) => (outcome.kind === 'edited' ? 'edited' : outcome.reason)),
  ];
}

const LONG = 'x'.repeat(54);

describe('a tag in the Subject', () => {
  it.each([
    ['Subject: figures\r\n', 'Subject: [T] figures\r\n'],
    ['Subject:figures\r\n', 'Subject: [T] figures\r\n'],
    ['Subject:\tfigures\r\n', 'Subject: [T]\tfigures\r\n'],
    ['Subject:\r\n', 'Subject: [T]\r\n'],
    ['Subject:   \r\n', 'Subject: [T]   \r\n'],
    ['Subject:\r\n figures\r\n', 'Subject: [T]\r\n figures\r\n'],
    ['Subject:\n figures\r\n', 'Subject: [T]\n figures\r\n'],
    ['Subject: figures\r\n of the quarter\r\n', 'Subject: [T] figures\r\n of the quarter\r\n'],
    // RFC 5322 §2.1.1: 76 characters at most where a line of ours ends.
    [`Subject: ${LONG}12345678\r\n`, `Subject: [T] ${LONG}12345678\r\n`],
    [`Subject: ${LONG}123456789012\r\n`, `Subject: [T]\r\n ${LONG}123456789012\r\n`],
    [`Subject: ${LONG}12345678\r\n and more\r\n`, `Subject: [T] ${LONG}12345678\r\n and more\r\n`],
  ])('%j', (header, expected) => {
    expect(tagged(header, '[T]')).toEqual([expected, ['edited']]);
  });

  it('is encoded, and parted from an encoded word of the sender', () => {
    const [header] = tagged('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n', '[\u00e4]');
    expect(header).toMatch(
      /^Subject: =\?utf-8\?[BQ]\?[^?]+\?=(?: |\r\n )=\?utf-8\?Q\?Gr=C3=BC=C3=9Fe\?=\r\n$/i,
    );
  });

  it('comes with blanks around it, and goes in without', () => {
    expect(tagged('Subject: figures\r\n', ' [T] ')).toEqual(['Subject: [T] figures\r\n', ['edited']]);
    expect(tagged('Subject: [T] figures\r\n', ' [T] ')).toEqual([
      'Subject: [T] figures\r\n',
      ['already-present'],
    ]);
    expect(tagged('', ' [T] ')[0]).toBe('Subject: [T]\r\n');
  });

  it('goes in once where two rules want it', () => {
    expect(tagged('Subject: [T] figures\r\n', '[T]', ' [T]')[1]).toEqual([
      'already-present',
      'already-present',
    ]);
  });

  it('of several, only what is not there goes in, in the order of the list', () => {
    expect(tagged('Subject: figures\r\n', '[A]', '[B]')[0]).toBe('Subject: [A] [B] figures\r\n');
    expect(tagged('Subject: Re: [A] AW: [B] figures\r\n', '[B]', '[A]')[1]).toEqual([
      'already-present',
      'already-present',
    ]);
    expect(tagged('Subject: Re: [B] figures\r\n', '[A]', '[B]')).toEqual([
      'Subject: [A] Re: [B] figures\r\n',
      ['edited', 'already-present'],
    ]);
    expect(tagged('', '[A]', '[B]')[0]).toBe('Subject: [A] [B]\r\n');
  });

  it.each(['Re: ', 'RE:', 'Fwd: ', 'AW: ', 'Re[2]: ', 'SV: ', 'Antw: ', '\u56de\u590d\uff1a'])(
    'is found behind %j',
    (mark) => {
      const subject = `Subject: ${Buffer.from(mark, 'utf8').toString('latin1')}[T] figures\r\n`;
      expect(tagged(subject, '[T]')).toEqual([subject, ['already-present']]);
    },
  );

  it.each(['Figures Re: ', 'Are: ', 'Re '])('is not found behind %j', (words) => {
    expect(tagged(`Subject: ${words}[T] figures\r\n`, '[T]')[1]).toEqual(['edited']);
  });

  it.each([
    ['', 'invalid-value'],
    ['  ', 'invalid-value'],
    ['a\r\nBcc: b', 'invalid-value'],
    ['x'.repeat(10_000), 'invalid-value'],
  ])('%j is none', (text, reason) => {
    const message = parseMessage(Buffer.from('Subject: a\r\n\r\nHi\r\n'));
    const { edits, outcomes } = rewriteContent(message, [tag(text)], { skipIfPresent: true });
    expect(edits).toEqual([]);
    expect(outcomes).toEqual([{ kind: 'untouched', reason }]);
  });
});
