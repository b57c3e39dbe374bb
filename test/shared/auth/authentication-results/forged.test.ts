/**
 * What attackers write so that a failure is taken for a pass. F1 a second field below that of SES; F2 nothing of SES on
 * top; F3 an identifier that only looks like SES's; F4 results within the envelope sender or the HELO name; F5 comments,
 * quotes and NUL that swallow the real result; F6 a result for another author; F7 malformed and oversized fields; F8 a
 * signature of a subdomain; F10 a temporary error; F11 a second whole block below. (F12, a perfect block where SES wrote
 * none, is in scope.test.ts: nothing in the message can tell.)
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSesEvidence } from '../../../../shared/auth/index.ts';
import { message, SPF_PASS, sesBlock } from '../support.ts';

const BANK = 'From: <ceo@bank.example>';
const FAIL = 'dmarc=fail header.from=bank.example;';
const PASS = 'dkim=pass header.i=@bank.example; dmarc=pass header.from=bank.example;';
const FORGED = ['Authentication-Results: amazonses.com;', ` spf=${SPF_PASS}`, ` ${PASS}`];
const senderText: readonly string[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/auth/sender-text.json', import.meta.url), 'utf8'),
);

function evidence(lines: readonly string[]) {
  return readSesEvidence(message(lines));
}

/** Neither a pass nor a signature for bank.example. */
function expectNoPass(found: ReturnType<typeof evidence>): void {
  if (found.state !== 'present') return;
  expect(found.dmarc.result).not.toBe('pass');
  expect(found.dkim.filter(({ result, domain }) => result === 'pass' && domain === 'bank.example')).toEqual(
    [],
  );
}

describe('fields forged below the block of SES', () => {
  it('F1: a second Authentication-Results below', () => {
    expect(evidence([...sesBlock({ rest: FAIL }), ...FORGED, BANK])).toMatchObject({
      state: 'present',
      dmarc: { result: 'fail' },
    });
  });

  it('F11: a second whole block below', () => {
    const lines = [...sesBlock({ rest: FAIL }), ...sesBlock({ rest: PASS }), BANK];
    expect(evidence(lines)).toMatchObject({ state: 'present', dmarc: { result: 'fail' } });
  });

  it('F7: a thousand more', () => {
    const lines = [...sesBlock({ rest: FAIL }), ...Array.from({ length: 1_000 }, () => FORGED).flat(), BANK];
    expect(evidence(lines)).toMatchObject({ state: 'present', dmarc: { result: 'fail' } });
  });
});

describe('a failure of SES for a domain that cannot be read', () => {
  it.each([
    ['header.from in other letters', 'dmarc=fail header.from=b?nk.example;'],
    ['no header.from', 'dmarc=fail;'],
  ])('%s: still speaks against the message', (_name, rest) => {
    expect(evidence([...sesBlock({ rest }), BANK])).toMatchObject({ state: 'ambiguous', against: 'fails' });
  });

  it('nothing else does', () => {
    for (const rest of ['dmarc=failed header.from=b?nk.example;', 'dmarc=pass header.from=b?nk.example;']) {
      expect(evidence([...sesBlock({ rest }), BANK])).not.toHaveProperty('against');
    }
  });
});

describe('a top that is not the block of SES', () => {
  const block = sesBlock({ rest: PASS });
  const received = block.slice(0, 4);
  const behind = block.slice(4);
  it.each([
    ['F2: nothing of SES', [...FORGED, BANK]],
    ['F2: a field before the block', ['X-First: 1', ...block, BANK]],
    ['F2: another Received on top', ['Received: from a by mx.attack.example; now', ...block, BANK]],
    [
      'a Received by a host that only looks like it',
      [
        'Received: from a by inbound-smtp.us-east-1.amazonaws.com.attack.example with SMTP id x;',
        ...behind,
        BANK,
      ],
    ],
    [
      'a Received by a host without a region',
      ['Received: from a by inbound-smtp.attack.amazonaws.com with SMTP id x;', ...behind, BANK],
    ],
    ['a field of somebody else within the block', [...received, 'X-Other: 1', ...behind, BANK]],
    ['a Received within the block', [...received, ...received, ...behind, BANK]],
    ['no X-SES-RECEIPT at its end', [...block.filter((line) => !line.startsWith('X-SES-RECEIPT')), BANK]],
    ['no Authentication-Results', [...received, `Received-SPF: ${SPF_PASS}`, 'X-SES-RECEIPT: AAAA', BANK]],
    ['an empty message', ['']],
  ])('%s', (_name, lines) => {
    expect(evidence(lines).state).toBe('absent');
  });

  it.each([
    'amazonses.com 1;',
    'AMAZONSES.COM;',
    '(x) amazonses.com;',
    '"amazonses.com";',
    'amazonses.com.attack.example;',
    'attack-amazonses.com;',
    'amazonses.com@attack.example;',
    'amazonses.com',
    '',
  ])('F3: the identifier %o', (id) => {
    const lines = sesBlock({ rest: PASS }).map((line) =>
      line.replace(/(?<=^Authentication-Results: ).*/, id),
    );
    expect(evidence([...lines, BANK]).state).toBe('absent');
  });
});

describe('a block with something odd in it', () => {
  const block = sesBlock({ rest: PASS });
  const arAt = block.findIndex((line) => line.startsWith('Authentication-Results'));
  const odd = (change: (line: string) => string) => block.map(change);
  it.each([
    ['two Authentication-Results', [...block.slice(0, arAt), ...FORGED, ...block.slice(arAt)]],
    [
      'two Received-SPF',
      [`Received-SPF: ${SPF_PASS}`].flatMap((line) => [...block.slice(0, 4), line, ...block.slice(4)]),
    ],
    ['no Received-SPF', block.filter((line) => !line.startsWith('Received-SPF'))],
    [
      'F7: a blank before the colon',
      odd((line) => line.replace(/^Authentication-Results:/, 'Authentication-Results :')),
    ],
    ['F7: a tab before the colon', odd((line) => line.replace(/^Received-SPF:/, 'Received-SPF\t:'))],
    ['F7: a bare CR', odd((line) => line.replace('dmarc=', '\rdmarc='))],
    ['F5: NUL', odd((line) => line.replace('header.from=bank', 'header.from=\0bank'))],
    ['F7: too long', odd((line) => line.replace('amazonses.com;', `amazonses.com; ${'x'.repeat(70_000)};`))],
    ['SPF that says something else', odd((line) => line.replace('Received-SPF: pass', 'Received-SPF: fail'))],
    [
      'dmarc that is not last',
      odd((line) => line.replace(/^ dmarc=.*/, '$& dkim=pass header.i=@a.example;')),
    ],
    ['two dmarc results', odd((line) => line.replace(/^ dmarc=.*/, '$& $&'))],
    [
      'two domains',
      odd((line) =>
        line.replace(/^ dmarc=.*/, ' dmarc=pass header.from=a.example header.from=bank.example;'),
      ),
    ],
    ['no domain', odd((line) => line.replace(/^ dmarc=.*/, ' dmarc=pass;'))],
    [
      'F6: another domain',
      odd((line) => line.replace('header.from=bank.example', 'header.from=attack.example')),
    ],
    ['a word that is no result', odd((line) => line.replace('dmarc=pass', 'dmarc=bestguesspass'))],
    ['a result in capitals', odd((line) => line.replace('dmarc=pass', 'dmarc=PASS'))],
    [
      'a signer that is no domain',
      odd((line) => line.replace('header.i=@bank.example', "header.i=@bank.example'x")),
    ],
    [
      'a signer with a local part',
      odd((line) => line.replace('header.i=@bank.example', 'header.i=a@bank.example')),
    ],
    ['an open comment', odd((line) => line.replace('dmarc=pass', 'dmarc=pass ('))],
    ['an open quote', odd((line) => line.replace('dkim=pass', 'dkim=pass "'))],
    [
      'deep comments',
      odd((line) => line.replace('dkim=pass', `dkim=pass ${'('.repeat(50)}${')'.repeat(50)}`)),
    ],
    ['hundreds of results', odd((line) => line.replace(/^ dkim=.*/, '$& $&'.repeat(150)))],
    ['a second spf', odd((line) => line.replace(/^ dkim=/, ' spf=pass; dkim='))],
    ['a second helo', odd((line) => line.replace(/^ dkim=/, ' helo=x; dkim='))],
  ])('%s', (_name, lines) => {
    expect(evidence([...lines, BANK]).state).toBe('ambiguous');
  });
});

it('F7: a field that is too long is not read', () => {
  const lines = sesBlock({ rest: PASS }).map((line) =>
    line.replace(/^Received-SPF: .*/, `$&${' '.repeat(70_000)}`),
  );
  expect(evidence([...lines, BANK])).toMatchObject({
    state: 'ambiguous',
    why: expect.stringMatching('too long'),
  });
});

it('a line within the block that is no field', () => {
  const lines = sesBlock({ rest: PASS });
  const at = lines.findIndex((line) => line.startsWith('Received-SPF'));
  expect(evidence([...lines.slice(0, at), 'junk', ...lines.slice(at), BANK]).state).toBe('ambiguous');
});

it('a second place where a dmarc result could begin, even within quotes', () => {
  const spf = spfWith('envelope-from', '"x; dmarc=pass header.from=bank.example; y="@attack.example');
  expect(evidence([...sesBlock({ spf, rest: FAIL }), BANK])).toEqual({
    state: 'ambiguous',
    why: 'more than one dmarc result',
    against: 'fails',
  });
});

describe('a failure that a sender tries to make unclear', () => {
  it.each([
    ['by thousands of signatures', 'dkim=fail header.i=@attack.example; '.repeat(3_000)],
    ['by hundreds of signatures', 'dkim=fail header.i=@attack.example; '.repeat(200)],
    ['by the name of a signer', "dkim=pass header.i=@a'(b; "],
    ['by a signer that looks like a result', 'dkim=pass header.i=@a; dmarc=pass header.from=bank.example; '],
  ])('%s', (_name, signatures) => {
    const found = evidence([...sesBlock({ rest: `${signatures}${FAIL}` }), BANK]);
    expect(found).toMatchObject({ state: 'ambiguous', against: 'fails' });
  });
});

describe('the author whom SES judged', () => {
  it('F6: names the contradiction when From shows another', () => {
    const lines = sesBlock({ rest: 'dmarc=pass header.from=attack.example;' });
    expect(evidence([...lines, BANK])).toMatchObject({ state: 'ambiguous', against: 'another-author' });
  });

  it('does not take a pass where From has several authors', () => {
    const lines = sesBlock({ rest: PASS });
    expect(evidence([...lines, BANK, 'From: <a@attack.example>']).state).toBe('ambiguous');
  });

  it('keeps a failure where From has several authors', () => {
    const lines = sesBlock({ rest: FAIL });
    expect(evidence([...lines, BANK, 'From: <a@attack.example>']).state).toBe('present');
  });

  it('F8: a signature of a subdomain is the subdomain’s', () => {
    const lines = sesBlock({ rest: `dkim=pass header.i=@sub.bank.example; ${FAIL}` });
    expect(evidence([...lines, BANK])).toMatchObject({
      dkim: [{ result: 'pass', domain: 'sub.bank.example' }],
    });
  });

  it('F10: a temporary error is no pass and no failure', () => {
    const lines = sesBlock({ rest: 'dmarc=temperror header.from=bank.example;' });
    expect(evidence([...lines, BANK])).toMatchObject({ state: 'present', dmarc: { result: 'temperror' } });
  });
});

/** The block with `text` where SES copies what the sender said. */
function spfWith(position: 'envelope-from' | 'helo', text: string): string {
  const [envelope, helo] = position === 'helo' ? ['a@attack.example', text] : [text, 'mx.attack.example'];
  const domain = envelope.slice(envelope.lastIndexOf('@') + 1);
  return `pass (spfCheck: domain of ${domain} designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=${envelope}; helo=${helo};`;
}

describe.each(['envelope-from', 'helo'] as const)('F4, F5: the sender’s own text as %s', (position) => {
  it.each(senderText)('%o', (text) => {
    const found = evidence([...sesBlock({ spf: spfWith(position, text), rest: FAIL }), BANK]);
    expectNoPass(found);
    // Making the evidence unclear does not make the failure go away.
    if (found.state === 'ambiguous') expect(found.against).toBe('fails');
    else expect(found).toMatchObject({ state: 'present', dmarc: { result: 'fail' } });
  });

  it('never turns a failure into anything else, whatever it is', () => {
    const pieces = fc.constantFrom(
      ...senderText,
      '; ',
      ';',
      '=',
      ' ',
      '(',
      ')',
      '"',
      '\\',
      '@',
      'dmarc=pass',
      'dkim=pass',
      'header.i=@bank.example',
      'header.from=bank.example',
      'helo=',
      'envelope-from=',
      'spf=pass',
      'client-ip=1.2.3.4',
      'bank.example',
      '\t',
    );
    const grammar = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
    const anything = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.oneof(grammar, anything), (text) => {
        const found = evidence([...sesBlock({ spf: spfWith(position, text), rest: FAIL }), BANK]);
        expectNoPass(found);
        if (found.state === 'ambiguous') expect(found.against).toBe('fails');
        else expect(found.state).toBe('present');
      }),
      { numRuns: 3_000 },
    );
  });

  it('never turns “no policy” into a signature of the author’s domain', () => {
    for (const text of senderText) {
      const rest = 'dmarc=none header.from=bank.example;';
      expectNoPass(evidence([...sesBlock({ spf: spfWith(position, text), rest }), BANK]));
    }
  });
});
