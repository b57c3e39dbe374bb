import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ContentChange,
  headerFields,
  headerText,
  parseMessage,
  rewriteContent,
} from '../../../shared/mime/index.ts';
import { apply, fixture, message } from './support.ts';

const tag = (text: string): ContentChange => ({ kind: 'prependSubject', tag: text });
const once = { skipIfPresent: true };

function header(text: string, ...changes: readonly ContentChange[]): string {
  const parsed = message(text);
  const after = apply(parsed, rewriteContent(parsed, changes, once).edits).toString('latin1');
  return after.slice(0, after.indexOf('\r\n\r\n'));
}

describe('a subject tag', () => {
  it.each([
    ['Subject: Hi', 'Subject: [EXT] Hi'],
    ['Subject:Hi', 'Subject: [EXT] Hi'],
    ['Subject:', 'Subject: [EXT]'],
    ['subject:  two blanks', 'subject: [EXT]  two blanks'],
    ['Subject: =?utf-8?Q?=C3=A9?=', 'Subject: [EXT] =?utf-8?Q?=C3=A9?='],
    ['Subject:\r\n =?utf-8?Q?=C3=A9?=', 'Subject: [EXT]\r\n =?utf-8?Q?=C3=A9?='],
    [`Subject: ${'x'.repeat(70)}`, `Subject: [EXT]\r\n ${'x'.repeat(70)}`],
    [`Subject:${'x'.repeat(70)}`, `Subject: [EXT]\r\n ${'x'.repeat(70)}`],
    ['From: a', 'Subject: [EXT]\r\nFrom: a'],
    ['Subject: one\r\nSubject: two', 'Subject: [EXT] one\r\nSubject: [EXT] two'],
    ['Subject: Re: Hi', 'Subject: [EXT] Re: Hi'],
  ])('%j', (before, after) => {
    expect(header(`${before}\r\n\r\n`, tag('[EXT]'))).toBe(after);
  });

  it.each([
    'Subject: [EXT] Hi',
    'Subject: [ext] Hi',
    'Subject: Re: [EXT] Hi',
    'Subject: AW: Re: Fwd: [EXT] Hi',
    'Subject: Re[2]: [EXT] Hi',
    'Subject: =?utf-8?Q?Re:_=5BEXT=5D?= Hi',
    'Subject:\r\n [EXT]\r\n Hi',
  ])('is there already: %j', (before) => {
    expect(header(`${before}\r\n\r\n`, tag('[EXT]'))).toBe(before);
  });

  it.each(['Subject: About [EXT]', 'Subject: Research: [EXT]', 'Subject: [EXTRA] x'])(
    'is not there: %j',
    (before) => {
      expect(header(`${before}\r\n\r\n`, tag('[EXT]'))).toBe(before.replace('Subject:', 'Subject: [EXT]'));
    },
  );

  it('beyond ASCII is an encoded word, whose blank is kept before another (RFC 2047 §6.2)', () => {
    const parsed = message('Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n');
    const after = parseMessage(apply(parsed, rewriteContent(parsed, [tag('[ä]')], once).edits));
    const [field] = after.root.header.fields;
    expect(field && headerText(after, field)).toBe('[ä] é');
    expect(header('Subject: x\r\n\r\n', tag('[ä]'))).toBe('Subject: =?utf-8?Q?=5B=C3=A4=5D?= x');
  });

  it('several go in together, first tag first, and once', () => {
    const changes = [tag('[A]'), tag('[B]')];
    expect(header('Subject: x\r\n\r\n', ...changes)).toBe('Subject: [A] [B] x');
    expect(header('Subject: [B] x\r\n\r\n', ...changes)).toBe('Subject: [A] [B] x');
    expect(header('Subject: Re: [B] [A] x\r\n\r\n', ...changes)).toBe('Subject: Re: [B] [A] x');
  });

  it('goes in once even when disclaimers are not compared: replies keep it', () => {
    const parsed = message('Subject: Re: [External] x\r\n\r\n');
    expect(rewriteContent(parsed, [tag('[External]')], { skipIfPresent: false })).toEqual({
      edits: [],
      outcomes: [{ kind: 'untouched', reason: 'already-present' }],
      repaired: [],
    });
  });

  it('is read back as the tag and the subject of before', () => {
    const words = fc.array(
      fc.constantFrom(
        ' ',
        '\r\n ',
        '=?utf-8?Q?=C3=A9?=',
        '=?utf-8?B?w6k=?=',
        'word',
        'Re:',
        '\xc3\xa9',
        ':',
        '[EXTRA]',
        'x'.repeat(70),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(words, fc.constantFrom('[EXT]', '[ä]', 'ä ö ü'.repeat(20)), (parts, text) => {
        // A line of nothing but white space is no folding (RFC 5322 §3.2.2).
        const value = parts.join('').replace(/(?:\r\n )+(?= |\r\n|$)/g, ' ');
        const before = message(`Subject:${value}\r\nTo: a\r\n\r\n`);
        const result = rewriteContent(before, [tag(text)], { skipIfPresent: false });
        const after = parseMessage(apply(before, result.edits));
        const read = (parsed: typeof before): string =>
          headerFields(parsed.root.header, 'subject')
            .map((field) => headerText(parsed, field))
            .join('|')
            .replace(/\s+/g, ' ')
            .trim();
        expect(read(after)).toBe(`${text} ${read(before)}`.trim());
        for (const line of Buffer.from(after.bytes).toString('latin1').split('\r\n'))
          expect(line.length).toBeLessThan(998);
      }),
      { numRuns: 400 },
    );
  });
});

describe('an added header', () => {
  const add = (name: string, value: string): ContentChange => ({ kind: 'addHeader', name, value });

  it('goes to the very top, in the order of the list', () => {
    expect(header('Received: x\r\nSubject: y\r\n\r\n', add('X-A', '1'), add('X-B', '2'))).toBe(
      'X-A: 1\r\nX-B: 2\r\nReceived: x\r\nSubject: y',
    );
  });

  it('stays below the envelope line of an mbox file', () => {
    const parsed = parseMessage(fixture('header-mbox-line'));
    const { edits } = rewriteContent(parsed, [add('X-A', '1')], once);
    expect(apply(parsed, edits).toString()).toMatch(/^From ada [^\r\n]*\r\nX-A: 1\r\nSubject/);
  });

  it('is folded at 78 and encoded beyond ASCII', () => {
    const long = header('A: b\r\n\r\n', add('X-Long', 'word '.repeat(40)));
    expect(Math.max(...long.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(78);
    const parsed = message('A: b\r\n\r\n');
    const value = 'Grüße '.repeat(30).trim();
    const after = parseMessage(apply(parsed, rewriteContent(parsed, [add('X-Long', value)], once).edits));
    const [field] = after.root.header.fields;
    expect(field && headerText(after, field)).toBe(value);
    for (const line of Buffer.from(after.bytes).toString().split('\r\n'))
      expect(line.length).toBeLessThanOrEqual(78);
  });

  it('is refused where the first line of the body would become part of it', () => {
    const parsed = message(' no header here\r\n');
    expect(rewriteContent(parsed, [add('X-A', '1')], once)).toEqual({
      edits: [],
      outcomes: [{ kind: 'untouched', reason: 'malformed', path: '' }],
      repaired: [],
    });
  });
});
