/** The policy's words for changes become those of the library. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentAction } from '../../../shared/policy/action-types.ts';
import { toContentChanges } from '../../../shared/policy/content-changes.ts';
import type { MessageFacts } from '../../../shared/policy/message-facts.ts';
import { noticeText } from '../../../shared/policy/variable-values.ts';
import { expandVariables, plainValue } from '../../../shared/policy/variables.ts';
import { attachment, facts } from './make.ts';

const HEADERS: Readonly<Record<string, string>> = {
  from: 'Mallory <b> <mallory@evil.example>',
  subject: 'Hi\r\nBcc: x@evil.example \u202egnp.exe %%Rule%%',
};
const about: Partial<MessageFacts> = {
  header: (name) => (HEADERS[name] === undefined ? [] : [HEADERS[name]]),
  attachments: () => [
    attachment({ path: '2', names: ['a/b.exe'] }),
    attachment({ path: '3', names: ['c.pdf'] }),
    attachment({
      path: '4',
      kind: 'message',
      names: [],
      nested: () => [attachment({ path: '4/2', names: ['in.exe'] })],
    }),
  ],
};

function changes(
  change: ContentAction,
  given: Partial<MessageFacts> = {},
  links?: ReadonlyMap<string, string>,
) {
  const planned = {
    rule: 'r',
    reason: 'why',
    change,
    ifUntouchable: 'deliverUnchanged',
    ifRejected: 'deliverUnchanged',
    repair: true,
  } as const;
  return toContentChanges([planned], facts({ ...about, ...given }), links);
}
const where = { extension: ['exe'] };

describe('toContentChanges', () => {
  it('gives no message what was filled in for another, whatever that says', () => {
    const banner: ContentAction = { kind: 'prependDisclaimer', text: 'About %%Subject%%' };
    const about = (subject: string) =>
      changes(banner, { header: (name) => (name === 'subject' ? [subject] : []) });
    expect(about('%%Subject%%')).toMatchObject([{ text: 'About %%Subject%%' }]);
    expect(about('another')).toMatchObject([{ text: 'About another' }]);
    const fixed: ContentAction = {
      kind: 'appendDisclaimer',
      text: 'Example Ltd.',
      reply: { text: 'Ltd.' },
      position: 'aboveReply',
    };
    const first = changes(fixed, { isReply: false });
    expect(changes(fixed, { isReply: true })).toMatchObject([{ text: 'Ltd.', position: 'aboveReply' }]);
    expect(changes(fixed, { isReply: false })[0]).toBe(first[0]);
  });

  it('fills in variables: plain in text, escaped in HTML', () => {
    expect(
      changes({ kind: 'prependDisclaimer', text: '%%From%% %%Rule%%', html: '<p>%%From%%</p>', ascii: 'a' }),
    ).toEqual([
      {
        kind: 'prependDisclaimer',
        text: 'Mallory <b> <mallory@evil.example> r',
        html: '<p>Mallory &lt;b&gt; &lt;mallory@evil.example&gt;</p>',
        ascii: 'a',
        removeOld: true,
      },
    ]);
  });

  it('lets nothing leave its line, turn the text round or name a variable of its own', () => {
    expect(changes({ kind: 'setHeader', name: 'X-A', value: '%%Subject%%!' })).toEqual([
      { kind: 'setHeader', name: 'X-A', value: 'Hi Bcc: x@evil.example gnp.exe %%Rule%%!' },
    ]);
  });

  it('gives replies their own form, or none', () => {
    const banner = {
      kind: 'appendDisclaimer',
      text: 'long',
      html: '<p>',
      ascii: 'l',
      position: 'aboveReply',
    } as const;
    const short = { ...banner, reply: { text: 'short' } };
    expect(changes(short, { isReply: true })).toEqual([
      { kind: 'appendDisclaimer', position: 'aboveReply', text: 'short', removeOld: true },
    ]);
    expect(changes(short)).toMatchObject([{ text: 'long', ascii: 'l' }]);
    expect(changes({ ...banner, reply: 'none', removeOld: false }, { isReply: true })).toEqual([]);
    expect(changes({ ...banner, removeOld: false })).toMatchObject([{ removeOld: false }]);
  });

  it('takes out the attachments that are meant, and the message that holds one', () => {
    expect(changes({ kind: 'removeAttachments', where, note: 'gone: %%Attachments%%' })).toEqual([
      { kind: 'removeParts', paths: ['2', '4'], note: 'gone: a/b.exe, (without a name)' },
    ]);
    expect(changes({ kind: 'removeAttachments', where: { extension: ['zip'] } })).toEqual([]);
  });

  it('replaces only those that could be kept, each with its own link', () => {
    const change = {
      kind: 'replaceAttachments',
      where,
      note: '%%Attachments%% is at %%Link%%',
      link: 'https://f.example/',
    } as const;
    const url = `https://f.example/${'k'.repeat(600)}`;
    expect(changes(change, {}, new Map([['2', url]]))).toEqual([
      { kind: 'removeParts', paths: ['2'], note: `a/b.exe is at ${url}` },
    ]);
    expect(changes(change)).toEqual([]);
    expect(changes({ kind: 'replaceAttachments', where, note: 'gone' })).toEqual([
      { kind: 'removeParts', paths: ['2', '4'], note: 'gone' },
    ]);
  });

  it('renames to what any system can save', () => {
    expect(changes({ kind: 'renameAttachments', where, to: '%%Name%%.disarmed' })).toEqual([
      {
        kind: 'renameParts',
        names: new Map([
          ['2', 'a_b.exe.disarmed'],
          ['4', 'attachment.disarmed'],
        ]),
      },
    ]);
  });

  it('hands on what needs no change', () => {
    const change = { kind: 'prefixLinks', prefix: 'https://c.example/', exempt: [] } as const;
    expect(changes(change)).toEqual([change]);
    expect(changes({ kind: 'wrapMessage', text: 'a', subject: 'of %%Reason%%' })).toEqual([
      { kind: 'wrap', text: 'a', subject: 'of why' },
    ]);
  });
});

describe('variables', () => {
  it('are filled in for notices', () => {
    expect(noticeText('%%Rule%%: %%Reason%% %%Attachments%%', facts(about), { rule: 'r' })).toBe(
      'r:  a/b.exe, c.pdf, (without a name)',
    );
  });

  it('never make a tag, a line end or a lone surrogate, whatever the message says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700, size: 'max' }), (value) => {
        const html = expandVariables('<p>%%From%%</p>', { From: value }, 'html');
        expect(html.slice(3, -4)).not.toMatch(/[<>"'\r\n\u2028]/);
        expect(plainValue(value).length).toBeLessThanOrEqual(501);
        expect(plainValue(value).isWellFormed()).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
