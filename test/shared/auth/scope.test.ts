import { describe, expect, it } from 'vitest';
import { authorDomain, readSesEvidence, senderScope } from '../../../shared/auth/index.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { gathered, REJECT, type Sent, written } from './gather.ts';
import { message, sesBlock, type Zone } from './support.ts';

const TRUSTING: OrganizationPolicy = { domains: ['example.com', 'example.org'], trustSesHeaders: 'always' };

function scopeOf(rest: string, from: string, organization = TRUSTING, block = sesBlock({ rest })) {
  const mail = message([...block, `From: ${from}`]);
  return senderScope({ evidence: readSesEvidence(mail), author: authorDomain(mail), organization }).scope;
}

const PASS = 'dmarc=pass header.from=example.com;';
/** Of a domain that is nobody's here, so that SPF speaks for nobody. */
const SPF_OTHER =
  'pass (spfCheck: domain of other.example designates 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=a@other.example; helo=h.example;';

describe('inside', () => {
  it.each([
    ['DMARC passed', PASS, 'a@example.com'],
    ['DMARC passed for another own domain', 'dmarc=pass header.from=example.org;', 'a@example.org'],
    [
      'no record, signed by the domain itself',
      'dkim=pass header.i=@example.com; dmarc=none header.from=example.com;',
      'a@example.com',
    ],
    [
      'one good signature of several',
      'dkim=fail header.i=@example.com; dkim=pass header.i=@amazonses.com; dkim=pass header.i=@example.com; dmarc=none header.from=example.com;',
      'a@example.com',
    ],
  ])('%s', (_name, rest, from) => {
    expect(scopeOf(rest, from)).toBe('inside');
  });
});

describe('outside', () => {
  it.each([
    ['another domain', 'dmarc=pass header.from=other.example;', 'a@other.example'],
    ['a subdomain of an own domain', 'dmarc=pass header.from=sub.example.com;', 'a@sub.example.com'],
    ['a domain that ends like an own one', 'dmarc=pass header.from=badexample.com;', 'a@badexample.com'],
    ['DMARC failed', 'dmarc=fail header.from=example.com;', 'a@example.com'],
    [
      'DMARC failed in spite of a signature',
      'dkim=pass header.i=@example.com; dmarc=fail header.from=example.com;',
      'a@example.com',
    ],
    ['no record and no signature', 'dmarc=none header.from=example.com;', 'a@example.com'],
    [
      'no record, signed by a subdomain',
      'dkim=pass header.i=@sub.example.com; dmarc=none header.from=example.com;',
      'a@example.com',
    ],
    [
      'no record, signed by another own domain',
      'dkim=pass header.i=@example.org; dmarc=none header.from=example.com;',
      'a@example.com',
    ],
    [
      'no record, a signature that fails',
      'dkim=fail header.i=@example.com; dmarc=none header.from=example.com;',
      'a@example.com',
    ],
    ['a permanent error', 'dkim=pass header.i=@example.com; dmarc=permerror;', 'a@example.com'],
    [
      'a temporary error',
      'dkim=pass header.i=@example.com; dmarc=temperror header.from=example.com;',
      'a@example.com',
    ],
    ['SES judged another domain', PASS, 'a@example.org'],
    ['several authors', PASS, 'a@example.com, b@example.com'],
    ['no author', PASS, ''],
  ])('%s', (_name, rest, from) => {
    expect(scopeOf(rest, from)).toBe('outside');
  });

  it.each(['auto', 'never'] as const)(
    'F12: a perfect block while trustSesHeaders is %s',
    (trustSesHeaders) => {
      expect(scopeOf(PASS, 'a@example.com', { ...TRUSTING, trustSesHeaders })).toBe('outside');
    },
  );

  it('evidence about another message’s author', () => {
    const mail = message([...sesBlock({ rest: PASS }), 'From: a@example.com']);
    const author = { kind: 'one', domain: 'example.org', address: 'a@example.org' } as const;
    const scope = senderScope({ evidence: readSesEvidence(mail), author, organization: TRUSTING });
    expect(scope).toMatchObject({ scope: 'outside', why: 'the dmarc result is not for the author' });
  });

  it('no block', () => {
    expect(scopeOf('', 'a@example.com', TRUSTING, [])).toBe('outside');
  });
});

describe('with what was verified here', () => {
  const TESTING = '; t=y';
  const keyed = (more: string, zone: Zone = REJECT): Zone => ({
    ...zone,
    'rsa._domainkey.sender.example': [`${(REJECT['rsa._domainkey.sender.example'] ?? [])[0] ?? ''}${more}`],
  });
  const scope = async (sent: Sent, zone: Zone, trustSesHeaders: OrganizationPolicy['trustSesHeaders']) => {
    const organization = { domains: ['sender.example'], trustSesHeaders };
    const found = await gathered(sent, { organization, zone });
    const mail = message(written(sent));
    return senderScope({
      evidence: readSesEvidence(mail),
      author: authorDomain(mail),
      organization,
      gathered: found,
    }).scope;
  };
  const passing = { block: sesBlock({ spf: SPF_OTHER, rest: 'dmarc=pass header.from=sender.example;' }) };

  it('an aligned signature is proof, whoever wrote the block', async () => {
    expect(await scope({ sign: [{}] }, REJECT, 'auto')).toBe('inside');
    expect(await scope({ sign: [{}] }, keyed('', {}), 'auto')).toBe('inside');
    expect(await scope(passing, REJECT, 'auto')).toBe('outside');
  });

  it('a pass of SES’s by a signature that proves nothing is none', async () => {
    expect(await scope(passing, REJECT, 'always')).toBe('inside');
    expect(await scope({ ...passing, sign: [{}] }, keyed(TESTING), 'always')).toBe('outside');
    const none = {
      block: sesBlock({
        spf: SPF_OTHER,
        rest: 'dkim=pass header.i=@sender.example; dmarc=none header.from=sender.example;',
      }),
    };
    expect(await scope({ ...none, sign: [{}] }, keyed('', {}), 'always')).toBe('inside');
    expect(await scope({ ...none, sign: [{}] }, keyed(TESTING, {}), 'always')).toBe('outside');
  });
});
