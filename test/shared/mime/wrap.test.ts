import { describe, expect, it } from 'vitest';
import {
  type ContentChange,
  parseMessage,
  rewriteContent,
  transitProblems,
} from '../../../shared/mime/index.ts';
import { apply, message } from './support.ts';

const WRAP: ContentChange = { kind: 'wrap', text: 'Look twice.' };
const once = { skipIfPresent: true };

const ORIGINAL =
  'Received: by a\r\nDKIM-Signature: v=1;\r\n b=x\r\nFrom: a@example.com\r\nSubject: =?utf-8?Q?gr=C3=BCn?=\r\nTo: b@example.com\r\nTo: c@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nMessage-ID: <1@example.com>\r\n\r\nbody\r\n';

function wrapped(text: string, ...changes: readonly ContentChange[]): string {
  const parsed = message(text);
  return apply(parsed, rewriteContent(parsed, changes, once).edits).toString('latin1');
}

describe('wrap', () => {
  it('puts the octets of the message, as they are, under a notice and the fields that it had', () => {
    const after = wrapped(ORIGINAL, WRAP);
    const boundary = /boundary="(=_mailroom_[0-9a-f]{32})"/.exec(after)?.[1] ?? '';
    expect(after).toBe(
      `${[
        'Received: by a',
        'From: a@example.com',
        'Subject: =?utf-8?Q?gr=C3=BCn?=',
        'To: b@example.com',
        'Message-ID: <1@example.com>',
        'MIME-Version: 1.0',
        `Content-Type: multipart/mixed; boundary="${boundary}"`,
        'Content-Transfer-Encoding: 7bit',
        '',
        `--${boundary}`,
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Look twice.',
        '',
        `--${boundary}`,
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: 7bit',
        'Content-Disposition: attachment; filename="message.eml"',
        '',
        ORIGINAL,
        `--${boundary}--`,
        '',
      ].join('\r\n')}`,
    );
  });

  it('moves none of them: two insertions', () => {
    const parsed = message(ORIGINAL);
    const { edits } = rewriteContent(parsed, [WRAP], once);
    expect(edits.map(({ span }) => span)).toEqual([
      { start: 0, end: 0 },
      { start: ORIGINAL.length, end: ORIGINAL.length },
    ]);
  });

  it('leaves nothing to changes of the body; those of the header concern the new one', () => {
    const changes: ContentChange[] = [
      { kind: 'prependDisclaimer', text: 'BANNER' },
      { kind: 'prependSubject', tag: '[A]' },
      { kind: 'addHeader', name: 'X-A', value: '1' },
      { ...WRAP, subject: 'New' },
      { kind: 'removeParts', paths: [''] },
    ];
    const parsed = message(ORIGINAL);
    const { outcomes } = rewriteContent(parsed, changes, once);
    expect(outcomes.map((one) => (one.kind === 'edited' ? 'edited' : one.reason))).toEqual([
      'superseded',
      'edited',
      'edited',
      'edited',
      'superseded',
    ]);
    const after = wrapped(ORIGINAL, ...changes);
    expect(after).toMatch(/^X-A: 1\r\nReceived: by a\r\n/);
    expect(after).toContain('\r\nSubject: [A] New\r\n');
    expect(after).toContain(ORIGINAL);
  });

  it('has the notice as HTML too', () => {
    const after = parseMessage(Buffer.from(wrapped(ORIGINAL, { ...WRAP, html: '<b>Look</b>' }), 'latin1'));
    expect(after.parts.map(({ path, contentType }) => `${path} ${contentType.mediaType}`)).toEqual([
      ' multipart/mixed',
      '1 multipart/alternative',
      '1.1 text/plain',
      '1.2 text/html',
      '2 message/rfc822',
    ]);
    expect(after.defects).toEqual([]);
  });

  it.each([
    ['octets beyond ASCII', 'Subject: x\r\n\r\nb\xf6dy', 'message/rfc822', '8bit'],
    ['a line over 998 octets', `Subject: x\r\n\r\n${'x'.repeat(999)}`, 'application/octet-stream', 'base64'],
    ['a NUL', 'Subject: x\r\n\r\na\0b', 'application/octet-stream', 'base64'],
    ['a bare CR', 'Subject: x\r\n\r\na\rb', 'application/octet-stream', 'base64'],
  ])('attaches a message with %s so that it can be sent', (_what, before, mediaType, encoding) => {
    const after = parseMessage(Buffer.from(wrapped(`From: a@example.com\r\n${before}`, WRAP), 'latin1'));
    expect(after.parts[2]?.contentType.mediaType).toBe(mediaType);
    expect(after.parts[2]?.transferEncoding).toBe(encoding);
    const parsed = message(`From: a@example.com\r\n${before}`);
    expect(transitProblems(parsed, rewriteContent(parsed, [WRAP], once).edits)).toEqual([]);
  });

  it('does not use a boundary that is in the message', () => {
    const first = /=_mailroom_[0-9a-f]{32}/.exec(wrapped(ORIGINAL, WRAP))?.[0] ?? '';
    // The digest of this one is another; what can be shown is that each message has its own.
    expect(wrapped(`${ORIGINAL}--${first}--\r\n`, WRAP)).not.toContain(`boundary="${first}"`);
  });

  it('is not made twice, and what it superseded is not made of the new message', () => {
    const banner: ContentChange = { kind: 'prependDisclaimer', text: 'BANNER' };
    const tag: ContentChange = { kind: 'prependSubject', tag: '[A]' };
    const first = wrapped(ORIGINAL, WRAP, banner, tag);
    expect(wrapped(first, WRAP, banner, tag)).toBe(first);
    expect(wrapped(wrapped(ORIGINAL, WRAP), WRAP, tag)).toBe(wrapped(ORIGINAL, WRAP, tag));
  });

  it('is made again with another notice', () => {
    const first = wrapped(ORIGINAL, WRAP);
    const second = wrapped(first, { kind: 'wrap', text: 'Another notice.' });
    expect(second).toContain(first);
    expect(second).toContain('Another notice.');
  });

  it.each([
    [
      'is shown in place',
      (text: string) => text.replace('Content-Type: message/rfc822', 'Content-Type: text/html'),
    ],
    ['is no attachment', (text: string) => text.replace('attachment; filename', 'inline; filename')],
    ['is an alternative', (text: string) => text.replace('multipart/mixed', 'multipart/alternative')],
  ])('is made of a message that has the notice, but what stands beside it %s', (_what, forge) => {
    const forged = forge(wrapped(ORIGINAL, WRAP));
    expect(forged).not.toBe(wrapped(ORIGINAL, WRAP));
    expect(wrapped(forged, WRAP)).toContain(forged);
    expect(wrapped(forged, WRAP)).not.toBe(forged);
  });

  it('folds what is too long in the fields that it keeps, so that it can be sent', () => {
    const parsed = message(`From: a@example.com\r\nTo:${' <b@example.com>,'.repeat(100)}\r\n\r\nbody`);
    const { edits, repaired } = rewriteContent(parsed, [WRAP, { kind: 'prependSubject', tag: '[A]' }], once);
    expect(transitProblems(parsed, edits)).toEqual([]);
    expect(repaired).toEqual([{ kind: 'long-header-line', path: '' }]);
  });

  it('is refused without a text', () => {
    const { edits, outcomes } = rewriteContent(message(ORIGINAL), [{ kind: 'wrap', text: ' ' }], once);
    expect(edits).toEqual([]);
    expect(outcomes).toEqual([{ kind: 'untouched', reason: 'invalid-value' }]);
  });
});
