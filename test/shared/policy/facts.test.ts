import { describe, expect, it } from 'vitest';
import { authorDomain, readSesEvidence } from '../../../shared/auth/index.ts';
import { contentReaders } from '../../../shared/mime/content-readers.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { messageFacts } from '../../../shared/policy/facts.ts';
import type { MessageFacts, OrganizationPolicy } from '../../../shared/policy/index.ts';

const ORGANIZATION: OrganizationPolicy = {
  domains: ['example.com', 'xn--bcher-kva.example'],
  trustSesHeaders: 'always',
};

function factsOf(
  lines: readonly string[],
  recipients: readonly string[] = [],
  direction: MessageFacts['direction'] = 'inbound',
): MessageFacts {
  const message = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody\r\n`, 'utf8'));
  return messageFacts({
    message,
    direction,
    now: 0,
    envelopeSender: undefined,
    recipients,
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: ORGANIZATION,
    content: contentReaders,
  });
}

describe('messageFacts', () => {
  it('gives the one author, and all addresses where From shows several', () => {
    expect(factsOf(['From: Alice <alice@example.com>']).from).toEqual(['alice@example.com']);
    const several = factsOf(['From: a@one.example, b@two.example', 'From: c@three.example']);
    expect(several.from).toEqual(['a@one.example', 'b@two.example', 'c@three.example']);
    expect(factsOf(['Subject: x']).from).toEqual([]);
  });

  it('does not let an encoded word become an address', () => {
    const from = factsOf([
      'From: =?utf-8?q?boss=40example=2Ecom=2C?= <mallory@evil.example>, x@evil.example',
    ]).from;
    expect(from).not.toContain('boss@example.com');
  });

  it('tells recipients of the organization from others, subdomains being others', () => {
    const recipients = [
      'A@EXAMPLE.com',
      'b@mail.example.com',
      'c@bücher.example',
      'postmaster',
      'd@badexample.com',
    ];
    expect(factsOf([], recipients).recipientScopes).toEqual([
      'inside',
      'outside',
      'inside',
      'outside',
      'outside',
    ]);
  });

  it('takes an unproved author of the organization for outside, and outbound mail for inside', () => {
    const lines = ['From: alice@example.com'];
    expect(factsOf(lines).senderScope.scope).toBe('outside');
    expect(factsOf(lines, [], undefined).senderScope.scope).toBe('outside');
    expect(factsOf(lines, [], 'outbound').senderScope.scope).toBe('inside');
  });

  it('takes what a mailbox redirects for what it is: outbound, and of an author outside', () => {
    const scope = (from: string) => factsOf([`From: ${from}`], [], 'outbound').senderScope.scope;
    expect(scope('ann@good.example')).toBe('outside');
    expect(scope('a@mail.example.com')).toBe('outside');
    expect(scope('A@Example.COM')).toBe('inside');
  });

  it('decodes subject and headers, of every field of the name', () => {
    const facts = factsOf([
      'Subject: =?utf-8?q?Rechnung_=C3=BC?=',
      'SUBJECT: second',
      'X-A: one',
      'x-a: =?utf-8?q?tw=C3=B6?=',
    ]);
    expect(facts.subject).toBe('Rechnung ü\nsecond');
    expect(facts.header('X-a')).toEqual(['one', 'twö']);
    expect(facts.header('X-B')).toEqual([]);
  });

  it('looks at a bounded number of fields', () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `X-A: ${index}`);
    expect(factsOf(lines).header('x-a')).toHaveLength(100);
  });

  it('reads To and Cc, the names of all fields, and the size', () => {
    const facts = factsOf(['To: A <a@x.example>, b@x.example', 'CC: c@x.example', 'Bcc: d@x.example']);
    expect(facts.toOrCc).toEqual(['a@x.example', 'b@x.example', 'c@x.example']);
    expect([...facts.headerNames]).toEqual(['to', 'cc', 'bcc']);
    expect(facts.sizeBytes).toBeGreaterThan(50);
  });

  it("takes the verdicts from SES's own block and from nowhere else", () => {
    const block = [
      'Received: from mx.a.example (mx.a.example [192.0.2.1])',
      ' by inbound-smtp.us-east-1.amazonaws.com with SMTP id abc',
      ' for bob@example.com; Fri, 20 Nov 2026 10:00:00 +0000 (UTC)',
      'X-SES-Spam-Verdict: GRAY',
      'X-SES-Virus-Verdict: PASS',
      'Received-SPF: none (spfCheck: 192.0.2.1 is neither permitted nor denied) client-ip=192.0.2.1;',
      'Authentication-Results: amazonses.com; dmarc=none header.from=a.example;',
      'X-SES-RECEIPT: AEFB',
      'From: a@a.example',
    ];
    expect(factsOf(block).sesVerdicts).toEqual({ spam: 'gray', virus: 'pass' });
    const forged = ['From: a@a.example', 'X-SES-Spam-Verdict: PASS', 'X-SES-Virus-Verdict: PASS'];
    expect(factsOf(forged).sesVerdicts).toEqual({ spam: 'absent', virus: 'absent' });
    const odd = block.map((line) => line.replace('GRAY', 'FINE'));
    expect(factsOf(odd).sesVerdicts.spam).toBe('absent');
  });

  it('decodes nothing before it is asked, and each thing once', () => {
    const facts = factsOf(['Subject: x']);
    expect(facts.attachments()).toBe(facts.attachments());
    expect(facts.bodyText()).toBe(facts.bodyText());
    expect(Object.getOwnPropertyDescriptor(facts, 'subject')?.get).toBeTypeOf('function');
  });

  it('knows nothing that was not looked up', () => {
    const { lookups } = factsOf([], ['a@example.com']);
    expect([lookups.groups.size, lookups.firstContact[0]]).toEqual([0, undefined]);
  });
});
