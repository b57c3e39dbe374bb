import { describe, expect, it } from 'vitest';
import { authorDomain, readSesEvidence } from '../../../shared/auth/index.ts';
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
    recipients,
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: ORGANIZATION,
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
});
