/** Who the author is: the spoofs of the espoofer collection (a1 to a19), and plain mail that must not be taken for one. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherEvidence } from '../../../shared/auth/evidence.ts';
import { authorDomain, decideDmarc, readSesEvidence } from '../../../shared/auth/index.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { context, policy } from './dmarc/cases.ts';
import { message, sesBlock, zoneDns } from './support.ts';

interface Spoof {
  readonly id: string;
  readonly what: string;
  readonly mailFrom: string;
  readonly header: string;
  readonly dkim?: string;
  readonly author: { readonly kind: string; readonly domain?: string; readonly domains?: readonly string[] };
}

const spoofs: readonly Spoof[] = JSON.parse(
  readFileSync(new URL('../../fixtures/auth/espoofer.json', import.meta.url), 'utf8'),
);
const ENFORCING = policy({ actions: { none: 'default', quarantine: 'junk', reject: 'junk' } });
const organization: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders: 'always' };
const ZONE = { '_dmarc.legitimate.example': ['v=DMARC1; p=reject'] };
const { signal } = new AbortController();

/** The message as SES would hand it over: it fails for legitimate.example, or passes for the attacker's own domain. */
function handedOver(spoof: Spoof, dmarc: string) {
  // SPF knows nothing of a name that does not exist (a1).
  const word = spoof.mailFrom.endsWith('.notexist.legitimate.example') ? 'none' : 'pass';
  const spf = `${word} (spfCheck: domain of attack.example designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=${spoof.mailFrom}; helo=mx.attack.example;`;
  const block = sesBlock({ spf, rest: `${spoof.dkim ?? ''}${dmarc}` });
  return parseMessage(
    Buffer.from(`${block.join('\r\n')}\r\n${spoof.header}Subject: Hi\r\n\r\nHello\r\n`, 'utf8'),
  );
}

async function decide(spoof: Spoof, dmarc: string, changed = ENFORCING) {
  const mail = handedOver(spoof, dmarc);
  const { lookupDns } = zoneDns(ZONE);
  const nowMs = Date.UTC(2026, 10, 21);
  const gathered = await gatherEvidence({ message: mail, organization, lookupDns, signal, nowMs });
  const decision = decideDmarc(gathered, changed, context({ organization, nowMs }));
  return { evidence: readSesEvidence(mail), decision };
}

describe.each(spoofs)('espoofer $id: $what', (spoof) => {
  it('the author is read as every reader would, or not at all', () => {
    const mail = parseMessage(Buffer.from(`${spoof.header}\r\nHello\r\n`, 'utf8'));
    expect(authorDomain(mail)).toMatchObject(spoof.author);
    expect(authorDomain(handedOver(spoof, 'dmarc=permerror;'))).toMatchObject(spoof.author);
  });

  it.each([
    'dmarc=fail header.from=legitimate.example;',
    'dmarc=pass header.from=attack.example;',
    'dmarc=none header.from=attack.example;',
    'dmarc=fail header.from=attack.example;',
    'dmarc=permerror;',
  ])('is never delivered as if it were fine: SES says %s', async (dmarc) => {
    const { evidence, decision } = await decide(spoof, dmarc);
    if (evidence.state === 'present') expect(evidence.dmarc.result).not.toBe('pass');
    // Neither SES's results nor SPF can be told from what the sender wrote: that is no failure, and no pass.
    const unclear = evidence.state === 'ambiguous' && dmarc === 'dmarc=permerror;';
    if (unclear && spoof.author.kind === 'one') expect(decision.reason).toBe('unknown-ambiguous');
    else expect(decision.action).toBe('junk');
    expect(decision.reason).not.toBe('pass');
  });
});

describe('one author (dmarcbis-41 §3.2.2, §5.3.1)', () => {
  it.each([
    ['ann@one.example', 'ann@one.example', 'one.example'],
    // As trackers and groups write: brackets within quotes are text (RFC 5322 §3.2.4).
    ['"ann@one.example [JIRA]" <jira@one.example>', 'jira@one.example', 'one.example'],
    ['"[Project] ann@one.example" <jira@one.example>', 'jira@one.example', 'one.example'],
    [`"'ann@one.example' via Sales [external]" <sales@one.example>`, 'sales@one.example', 'one.example'],
    ['<ann@one.example>', 'ann@one.example', 'one.example'],
    ['Ann Author <ann@one.example>', 'ann@one.example', 'one.example'],
    ['"Author, Ann" <ann@one.example>', 'ann@one.example', 'one.example'],
    ['Dr. Ann B. Author <ann@one.example>', 'ann@one.example', 'one.example'],
    ['Ann [Sales] <ann@one.example>', 'ann@one.example', 'one.example'],
    ['=?UTF-8?Q?a=40b=2Ec?= <ann@one.example>', 'ann@one.example', 'one.example'],
    ['ann@one.example (Ann (the) Author)', 'ann@one.example', 'one.example'],
    ['< ann@one.example >', 'ann@one.example', 'one.example'],
    ['Ann@One.EXAMPLE', 'Ann@one.example', 'one.example'],
    ['"admin@legit.example"@attack.example', '"admin@legit.example"@attack.example', 'attack.example'],
    ['"a \\" b" <x@one.example>', 'x@one.example', 'one.example'],
    ['Team:<ann@one.example>;', 'ann@one.example', 'one.example'],
    ['ann@one.example <ann@one.example>', 'ann@one.example', 'one.example'],
    ['info@one.example <ann@one.example>', 'ann@one.example', 'one.example'],
    ['Author, Ann <ann@one.example>', 'ann@one.example', 'one.example'],
    ['ann@one.example,', 'ann@one.example', 'one.example'],
    ['Ann <ann@bücher.example>', 'ann@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['Ann <ann@XN--BCHER-KVA.example>', 'ann@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ann@аpple.example', 'ann@xn--pple-43d.example', 'xn--pple-43d.example'],
    ['ann@one。example', 'ann@one.example', 'one.example'],
    ['Ann\r\n <ann@one.example>', 'ann@one.example', 'one.example'],
    ['Änn <ann@one.example>', 'ann@one.example', 'one.example'],
    ["o'brien+tag=x@one.example", "o'brien+tag=x@one.example", 'one.example'],
  ])('%o', (from, address, domain) => {
    expect(authorDomain(message([`From: ${from}`]))).toEqual({ kind: 'one', address, domain });
  });

  it('reads a name in an old 8-bit charset, but no domain', () => {
    const latin1 = (from: string) => parseMessage(Buffer.from(`From: ${from}\r\n\r\n`, 'latin1'));
    expect(authorDomain(latin1('J\xfcrg <j@one.example>'))).toMatchObject({
      kind: 'one',
      domain: 'one.example',
    });
    expect(authorDomain(latin1('J\xfcrg <j@b\xfccher.example>')).kind).toBe('unreadable');
  });

  it.each([
    ['another field named like it', ['X-From: a@x.example', 'From: a@one.example', 'Fromage: b@y.example']],
    ['Sender and Resent-From', ['From: a@one.example', 'Sender: b@y.example', 'Resent-From: c@z.example']],
    [
      'the list of signed fields, folded',
      ['DKIM-Signature: v=1; h=Date:', ' From:To; b=AA', 'From: a@one.example'],
    ],
    ['a Subject, folded', ['Subject: re', ' From: c@z.example', 'From: a@one.example']],
    ['the body', ['From: a@one.example', '', 'From: b@y.example']],
    ['an mbox line', ['From a@y.example Wed Jul  7 18:40:10 2021', 'From: a@one.example']],
    ['FROM in capitals', ['FROM: a@one.example']],
  ])('is not disturbed by %s', (_name, lines) => {
    expect(authorDomain(message(lines))).toMatchObject({ kind: 'one', domain: 'one.example' });
  });
});

describe('no author that every reader agrees on', () => {
  it.each([
    ['none', 'no From', ['To: a@one.example']],
    ['none', 'an empty From', ['From:']],
    ['none', 'an empty group', ['From: Undisclosed:;']],
    ['none', 'an empty address', ['From: <>']],
    ['none', 'words alone', ['From: Ann Author']],
    ['none', 'an encoded word alone', ['From: =?utf-8?B?YWRtaW5AbGVnaXQuZXhhbXBsZQ==?=']],
    [
      'several',
      'a bare CR before another From',
      ['Subject: x\rFrom: a@legit.example', 'From: a@one.example'],
    ],
    [
      'several',
      'a bare CR and a blank before another From',
      ['Subject: x\r From: a@legit.example', 'From: a@one.example'],
    ],
    ['several', 'two From on LF lines', ['From: a@legit.example\nFrom: a@one.example']],
    ['several', 'another domain before the brackets', ['From: admin@legit.example <a@one.example>']],
    ['several', 'another domain in quotes, as an author', ['From: "admin@legit.example", <a@one.example>']],
    ['several', 'another domain in a comment, as an author', ['From: (admin@legit.example), a@one.example']],
    [
      'several',
      'another domain in a comment, as a group',
      ['From: Team:(admin@legit.example);a@one.example'],
    ],
    [
      'unreadable',
      'another domain in a comment behind a bracket',
      ['From: [ (b@legit.example) <a@one.example>'],
    ],
    ['several', 'another domain half in quotes', ['From: "admin@"legit.example, <a@one.example>']],
    ['several', 'another domain in quotes, behind', ['From: a@one.example, "admin@legit.example"']],
    [
      'several',
      'a second From behind junk in the header',
      ['From: a@one.example', 'junk', 'junk', 'From: a@legit.example'],
    ],
    [
      'several',
      'a control character in the name of a second From',
      ['From: a@one.example', 'From\x0b: a@legit.example'],
    ],
    [
      'several',
      'a no-break space in the name of a second From',
      ['From: a@one.example', 'From\u00a0: a@legit.example'],
    ],
    [
      'several',
      'a From folded into the last field of SES',
      ['X-SES-DKIM-SIGNATURE: a', ' From: a@legit.example', 'From: a@one.example'],
    ],
    ['several', 'two hundred thousand addresses', [`From: ${'a@one.example,'.repeat(1_000)}`]],
    ['unreadable', 'far too many addresses', [`From: ${'a@one.example,'.repeat(200_000)}`]],
    ['unreadable', 'NUL', ['From: a@legit.example\0.attack.example']],
    ['unreadable', 'a bare CR', ['From: a@legit.example\r.attack.example']],
    ['unreadable', 'two @', ['From: a@b@legit.example']],
    ['unreadable', 'an encoded word within the domain', ['From: a@=?utf-8?q?legit.example?=']],
    ['unreadable', 'a trailing dot', ['From: a@legit.example.']],
    ['unreadable', 'an empty label', ['From: a@legit..example']],
    ['unreadable', 'an address literal', ['From: a@[192.0.2.1]']],
    ['unreadable', 'a comment within the address', ['From: a@legit.example(x).attack.example']],
    ['unreadable', 'a comment before the @', ['From: a(@legit.example)@attack.example']],
    ['unreadable', 'white space within the address', ['From: a@legit.example .attack.example']],
    ['unreadable', 'an open comment', ['From: <a@legit.example(.attack.example>']],
    ['unreadable', 'an open quote', ['From: "Ann <a@one.example>']],
    ['unreadable', 'an open bracket', ['From: Ann <a@one.example']],
    ['unreadable', 'a direction override', ['From: a@legit\u202e.example']],
    ['unreadable', 'a percent sign', ['From: a@legit%2eexample']],
    ['unreadable', 'a percent sign in an internationalized name', ['From: a@légit%2eexample']],
    ['unreadable', 'a label of 64 characters', [`From: a@${'a'.repeat(64)}.example`]],
    ['unreadable', 'a name of 254 characters', [`From: a@${'a.'.repeat(123)}example1`]],
    ['unreadable', 'words before the address', ['From: Ann a@one.example']],
    ['unreadable', 'a header that does not end', ['From: a@one.example', `X: ${'x'.repeat(2_000_000)}`]],
  ])('%s: %s', (kind, _name, lines) => {
    expect(authorDomain(message(lines)).kind).toBe(kind);
  });

  it('keeps the bare domain that WorkMail puts into From of a bounce', () => {
    expect(authorDomain(message(['From: amazonses.com']))).toMatchObject({
      kind: 'none',
      domains: ['amazonses.com'],
    });
  });

  it('tells a few domains at most', () => {
    const many = Array.from({ length: 50 }, (_, index) => `a@d${index}.example`).join(', ');
    expect(authorDomain(message([`From: ${many}`]))).toMatchObject({
      kind: 'several',
      domains: ['d0.example', 'd1.example', 'd2.example', 'd3.example'],
    });
  });

  it('an empty message', () => {
    expect(authorDomain(parseMessage(new Uint8Array(0))).kind).toBe('none');
  });
});

describe('any header', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const pieces = fc.constantFrom(
    'From',
    'from',
    ':',
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    '<',
    '>',
    '@',
    ',',
    ';',
    '"',
    '(',
    ')',
    '\\',
    'a@one.example',
    'b@two.example',
    '=?utf-8?q?x?=',
    '\0',
    'é',
    '.',
    'X: 1\r\n',
  );
  const grammar = fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));

  it('gives an answer, and a domain that can be looked up', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, grammar), (raw) => {
        const author = authorDomain(parseMessage(raw));
        if (author.kind === 'one') {
          expect(author.domain).toMatch(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/);
          expect(author.address.endsWith(`@${author.domain}`)).toBe(true);
        } else {
          expect(author.domains?.length ?? 0).toBeLessThanOrEqual(4);
        }
      }),
      { numRuns: 4_000 },
    );
  });

  it('never has one author when a second From field is anywhere in it', () => {
    const line = fc
      .array(pieces, { maxLength: 8 })
      .map((parts) => `X: ${parts.join('').replace(/[\r\n]/g, '')}\r\n`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), fc.nat(5), fc.nat(5), (lines, first, second) => {
        const header = [...lines];
        header.splice(Math.min(first, header.length), 0, 'From: a@one.example\r\n');
        header.splice(Math.min(second, header.length), 0, 'From: b@two.example\r\n');
        expect(authorDomain(parseMessage(Buffer.from(`${header.join('')}\r\n`))).kind).toBe('several');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('time', () => {
  it.each([
    '\rFrom:',
    'From:\r\n',
    '\r From',
    'From\r\n',
    ' From:\r\n',
    'X-SES-A: 1\r\n From:\r\n',
    'From \r\n \r ',
    'a\r',
  ])('grows with the length of the header alone: %o', (piece) => {
    const text = `X-SES-A: 1\r\n${piece.repeat(Math.floor(1_000_000 / piece.length))}\r\n\r\n`;
    const mail = parseMessage(Buffer.from(text, 'latin1'));
    const start = performance.now();
    authorDomain(mail);
    // Some 20 ms; a quadratic reader would need minutes.
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
