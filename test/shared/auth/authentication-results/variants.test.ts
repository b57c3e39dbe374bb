/** What SES is known to write, shape by shape. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSesEvidence } from '../../../../shared/auth/index.ts';
import { parseMessage } from '../../../../shared/mime/index.ts';
import { message, sesBlock } from '../support.ts';

interface Variant {
  readonly name: string;
  readonly receivedSpf: string;
  readonly rest: string;
  readonly from: string;
  readonly expect: { readonly state: string };
}

const fixtures = new URL('../../../fixtures/auth/', import.meta.url);
const variants: readonly Variant[] = JSON.parse(readFileSync(new URL('ses-variants.json', fixtures), 'utf8'));
const fromWorkMail = readFileSync(new URL('from-workmail.eml', fixtures));

const FROM_WORKMAIL = {
  state: 'present',
  spf: { result: 'pass', envelopeFromDomain: 'mail.org.example' },
  dkim: [
    { result: 'pass', domain: 'amazonses.com' },
    { result: 'pass', domain: 'org.example' },
  ],
  dmarc: { result: 'pass', headerFromDomain: 'org.example' },
  automatic: false,
};

/** As JSON has it: null for undefined. */
function evidence(lines: readonly string[]): unknown {
  return JSON.parse(
    JSON.stringify(readSesEvidence(message(lines)), (_key, value: unknown) =>
      value === undefined ? null : value,
    ),
  );
}

describe('Authentication-Results as SES writes it', () => {
  it.each(variants)('$name', (variant) => {
    const lines = [...sesBlock({ spf: variant.receivedSpf, rest: variant.rest }), `From: ${variant.from}`];
    expect(evidence(lines)).toMatchObject(variant.expect);
  });

  it('in one line', () => {
    for (const { receivedSpf, rest, from, expect: wanted } of variants) {
      const lines = sesBlock({ spf: receivedSpf, rest })
        .join('\r\n')
        .replaceAll(';\r\n ', '; ')
        .split('\r\n');
      expect(evidence([...lines, `From: ${from}`])).toMatchObject(wanted);
    }
  });

  it('in a whole message from WorkMail to WorkMail', () => {
    expect(readSesEvidence(parseMessage(fromWorkMail))).toEqual(FROM_WORKMAIL);
  });

  it('with LF line ends, as when a message was saved on another system', () => {
    const saved = Buffer.from(fromWorkMail.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    expect(readSesEvidence(parseMessage(saved))).toEqual(FROM_WORKMAIL);
  });

  it('below the fields that our own handlers put on top', () => {
    const marked = Buffer.concat([
      Buffer.from('X-Mailroom-Mark: v1 abc\r\nX-Mailroom-Reason: one,\r\n two\r\n'),
      fromWorkMail,
    ]);
    expect(readSesEvidence(parseMessage(marked))).toEqual(FROM_WORKMAIL);
  });

  it.each([
    ['Auto-Submitted: auto-replied'],
    ['Auto-Submitted: auto-generated (rejected)'],
    ['Precedence: bulk'],
    ['List-Id: <talk.lists.example>'],
    ['List-Unsubscribe: <https://lists.example/u>'],
    ['Content-Type: multipart/report; boundary=b'],
  ])('knows mail that nobody may answer: %s', (field) => {
    const lines = [
      ...sesBlock({ rest: 'dmarc=fail header.from=one.example;' }),
      'From: a@one.example',
      field,
    ];
    expect(readSesEvidence(message(lines))).toMatchObject({ state: 'present', automatic: true });
  });

  it('knows a null sender by its Return-Path', () => {
    const block = sesBlock({ rest: 'dmarc=fail header.from=one.example;', returnPath: '<>' });
    expect(readSesEvidence(message([...block, 'From: a@one.example']))).toMatchObject({ automatic: true });
  });

  it('takes a person’s mail for what it is', () => {
    const block = sesBlock({ rest: 'dmarc=fail header.from=one.example;', returnPath: '<a@one.example>' });
    const lines = [...block, 'From: a@one.example', 'Auto-Submitted: no', 'Precedence: normal'];
    expect(readSesEvidence(message(lines))).toMatchObject({ state: 'present', automatic: false });
  });
});
