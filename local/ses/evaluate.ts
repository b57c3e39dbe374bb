import { arc } from 'mailauth/lib/arc/index.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf } from 'mailauth/lib/spf/index.js';
import type { DnsResolver } from '../dns/resolver.ts';
import type { SmtpClient } from '../types.ts';
import { verifiable, verifierInput } from './verifier-input.ts';

export type SpfWord = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'permerror' | 'temperror';
export type DkimWord = 'pass' | 'fail' | 'permerror' | 'temperror';
export type DmarcWord = 'pass' | 'fail' | 'none' | 'permerror' | 'temperror';
export type DmarcPolicyWord = 'NONE' | 'QUARANTINE' | 'REJECT';

/** What the four standards say about one message. */
export interface Evaluation {
  readonly spf: {
    readonly result: SpfWord;
    /** The domain whose record decided: the envelope sender's, or the one that it includes. */
    readonly domain: string;
    /** What was checked: the envelope sender, or `postmaster@HELO` for the null sender (RFC 7208 §2.4). */
    readonly envelopeFrom: string;
  };
  /** One per signature, top first; `domain` is that of the AUID (`i=`, else `d=`; RFC 6376 §3.5). */
  readonly dkim: readonly { readonly result: DkimWord; readonly domain: string }[];
  readonly arc: 'pass' | 'fail' | 'none';
  readonly dmarc: {
    readonly result: DmarcWord;
    /** Absent when the message has no single author domain (dmarcbis-41 §5.3.1). */
    readonly headerFrom?: string;
    /** Of the domain that applies; only with `fail`. */
    readonly policy?: DmarcPolicyWord;
  };
}

/** Slow name servers, chosen by the sender, may not hold a connection for longer (RFC 7208 §4.6.4 asks for 20 s at least). */
const DNS_BUDGET_MS = 20_000;

export interface EvaluateInput {
  readonly bytes: Uint8Array;
  /** Empty for the null sender. */
  readonly mailFrom: string;
  readonly client: SmtpClient;
  readonly resolver: DnsResolver;
  /** Signatures expire by it. */
  readonly now: Date;
}

/**
 * Evaluates SPF (RFC 7208), DKIM (RFC 6376), ARC (RFC 8617) and DMARC (RFC 9989) in the strict readings of mailauth.
 * DNS failures are results (`temperror`), not errors.
 */
export async function evaluate(input: EvaluateInput): Promise<Evaluation> {
  const { mailFrom, client, now } = input;
  const resolver = withBudget(input.resolver, DNS_BUDGET_MS);
  const spfSeen: SpfLookup[] = [];
  const spfRun = spf({
    sender: mailFrom,
    ip: client.address,
    helo: client.helo,
    mta: 'spfCheck',
    resolver: noting(resolver, spfSeen),
    strict: true,
  });
  const [spfResult, signed] = await Promise.all([
    spfRun,
    verifiable(input.bytes) ? verifySignatures(input.bytes, resolver, now) : undefined,
  ]);
  const spfWord = spfWordOf(spfResult.status.result);
  const checked = {
    result: spfWord,
    domain: spfWord === 'pass' ? decidingDomain(spfResult.domain, spfSeen) : spfResult.domain,
    envelopeFrom: mailFrom === '' ? `postmaster@${client.helo}` : mailFrom,
  };
  if (signed === undefined) return { spf: checked, dkim: [], arc: 'none', dmarc: { result: 'permerror' } };
  const dmarc = await evaluateDmarc({
    headerFrom: signed.headerFrom,
    fromFields: signed.fromFields,
    spfDomains: spfWord === 'pass' ? [spfResult.domain] : [],
    dkimDomains: signed.passing,
    resolver,
    strict: true,
  });
  return { spf: checked, dkim: signed.signatures, arc: signed.arc, dmarc: dmarcOf(dmarc.response) };
}

type MailauthDmarc = Awaited<ReturnType<typeof evaluateDmarc>>['response'];
type DmarcOptions = Parameters<typeof evaluateDmarc>[0];

interface Signed {
  readonly headerFrom: string[];
  readonly fromFields: number;
  readonly signatures: Evaluation['dkim'];
  readonly passing: NonNullable<DmarcOptions['dkimDomains']>;
  readonly arc: Evaluation['arc'];
}

async function verifySignatures(bytes: Uint8Array, resolver: DnsResolver, now: Date): Promise<Signed> {
  const verified = await dkimVerify(verifierInput(bytes), { resolver, strict: true, curTime: now });
  const signatures = verified.results
    .filter((result) => result.status.result !== 'none')
    .map((result) => ({
      result: dkimWordOf(result.status.result),
      domain: auidDomain(result.status.header?.['i'], result.signingDomain ?? ''),
    }));
  const passing = verified.results
    .filter((result) => result.status.result === 'pass')
    .map((result) => ({
      domain: result.signingDomain ?? '',
      ...(result.id === undefined ? {} : { id: result.id }),
      ...(result.status.aligned === undefined ? {} : { aligned: result.status.aligned }),
      ...(result.status.underSized === undefined ? {} : { underSized: result.status.underSized }),
    }));
  const chain = isArcData(verified.arc) ? await arc(verified.arc, { resolver, strict: true }) : undefined;
  const { headerFrom, fromFields } = verified;
  return { headerFrom, fromFields, signatures, passing, arc: arcWordOf(chain?.status.result) };
}

/** mailauth types what it hands out and what it takes in a little differently. */
function isArcData(value: unknown): value is Parameters<typeof arc>[0] {
  return typeof value === 'object' && value !== null && 'chain' in value;
}

/** After `budgetMs` every look-up fails as a time-out does. */
function withBudget(resolver: DnsResolver, budgetMs: number): DnsResolver {
  const deadline = performance.now() + budgetMs;
  return (name, rrtype) => {
    if (performance.now() < deadline) return resolver(name, rrtype);
    return Promise.reject(Object.assign(new Error('the time for look-ups is over'), { code: 'ETIMEOUT' }));
  };
}

interface SpfLookup {
  readonly domain: string;
  readonly record: string;
}

/** Notes the SPF records that an evaluation reads, in order. */
function noting(resolver: DnsResolver, seen: SpfLookup[]): DnsResolver {
  return async (name, rrtype) => {
    const answer = await resolver(name, rrtype);
    if (rrtype !== 'TXT') return answer;
    for (const row of answer) {
      const record = typeof row === 'string' ? row : row.join('');
      if (/^v=spf1(?: |$)/i.test(record)) seen.push({ domain: name, record });
    }
    return answer;
  };
}

/**
 * SES names the record that said yes: behind an `include`, the included domain. It is certain when every record before
 * the last one read can only refer to others; otherwise the envelope sender's own domain is named.
 */
function decidingDomain(own: string, seen: readonly SpfLookup[]): string {
  const last = seen.at(-1);
  const referring = /^(?:[+?~-]?include:|[?~-]all$|[a-z][a-z0-9_.-]*=)/i;
  const certain = seen.slice(0, -1).every(({ record }) =>
    record
      .split(/ +/)
      .slice(1)
      .every((term) => term === '' || referring.test(term)),
  );
  return last !== undefined && certain ? last.domain : own;
}

function spfWordOf(word: string): SpfWord {
  switch (word) {
    case 'pass':
    case 'fail':
    case 'softfail':
    case 'neutral':
    case 'none':
    case 'permerror':
      return word;
    default:
      return 'temperror';
  }
}

/** mailauth says `neutral` for a signature that cannot be read, `policy` for a key that is too weak: SES has permerror. */
function dkimWordOf(word: string): DkimWord {
  if (word === 'pass' || word === 'fail' || word === 'temperror') return word;
  return 'permerror';
}

function arcWordOf(word: string | undefined): Evaluation['arc'] {
  if (word === 'pass') return 'pass';
  return word === undefined || word === 'none' ? 'none' : 'fail';
}

function auidDomain(identity: unknown, signingDomain: string): string {
  if (typeof identity !== 'string') return signingDomain;
  return identity.slice(identity.lastIndexOf('@') + 1).toLowerCase();
}

function dmarcOf(response: MailauthDmarc): Evaluation['dmarc'] {
  // No author domain, or several: nothing can be evaluated, which is neither pass nor fail.
  if (response === false) return { result: 'permerror' };
  const from: unknown = response.status.header?.['from'];
  const headerFrom = typeof from === 'string' ? { headerFrom: from } : {};
  switch (response.status.result) {
    case 'pass':
    case 'none':
    case 'temperror':
      return { result: response.status.result, ...headerFrom };
    case 'fail':
      return { result: 'fail', ...headerFrom, policy: policyWordOf(response.policy) };
    default:
      return { result: 'permerror', ...headerFrom };
  }
}

function policyWordOf(policy: string): DmarcPolicyWord {
  if (policy === 'reject') return 'REJECT';
  return policy === 'quarantine' ? 'QUARANTINE' : 'NONE';
}
