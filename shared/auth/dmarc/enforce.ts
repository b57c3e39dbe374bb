/**
 * DMARC (RFC 9989, cited here as its last draft, dmarcbis-41): the owner of a domain publishes what should happen to
 * mail that bears the domain in From and that neither SPF nor DKIM can tie to it. Whether a message passed is what SES
 * found (`authentication-results/`); what the owner asks for is in the DNS (`discover.ts`); what is done about it is up
 * to the receiver (§5.4), here to the policy file, by these rules:
 *
 * 1. No evidence, unclear evidence or an error of SES: `policy.unknown`. Unknown is never taken for a pass or a fail,
 *    except that a failure which only SES can have written counts even where the rest is unclear.
 * 2. A failure gets the action that the policy file has for the published policy. A published `reject` alone must not
 *    reject (§7.4), so that action is junk unless the administrator chose another.
 * 3. An exception needs proved headers, and a signature or sender that the exception names.
 * 4. Several authors: the strictest action among their domains, junk at least (§11.5). No author or an unreadable one:
 *    junk, never more, since some bounces are written like that. Drop and bounce need evidence and no null sender.
 * 5. BOUNCE answers whoever MAIL FROM names. Unless SPF says that he is the sender, and for reports, automatic
 *    answers and list mail, it becomes junk.
 */
import { DeadlineError, TemporaryError } from '../../errors.ts';
import type { DmarcAction, DmarcPolicy, OrganizationPolicy } from '../../policy/types.ts';
import type { AuthorDomain, LookupTxt, SesEvidence } from '../types.ts';
import type { DmarcCache } from './cache.ts';
import { type DmarcDiscovery, discoverDmarc, effectivePolicy } from './discover.ts';
import { findException } from './exceptions.ts';
import { type DmarcReason, REASONS } from './reasons.ts';
import type { PublishedPolicy } from './record.ts';

export interface DmarcInput {
  readonly evidence: SesEvidence;
  readonly author: AuthorDomain;
  readonly policy: DmarcPolicy;
  readonly organization: OrganizationPolicy;
  readonly lookupTxt: LookupTxt;
  readonly signal: AbortSignal;
  readonly cache?: DmarcCache;
}

export interface DmarcDecision {
  /** What to do; `default` in monitor mode. */
  readonly action: DmarcAction;
  /** What enforcing would do. */
  readonly wouldBe: DmarcAction;
  readonly reason: DmarcReason;
  /** One sentence for a person; no address and no domain in it. */
  readonly text: string;
  /** What the author's domain asks for, where it was looked up. */
  readonly published?: PublishedPolicy;
  /** The reason that the policy file gives for the exception. */
  readonly exception?: string;
  readonly discovery?: DmarcDiscovery;
  /** Trying again may decide more: apply `policy.onTemporaryError` instead of `action`. Never set in monitor mode. */
  readonly temporary?: true;
}

type Verdict = Omit<DmarcDecision, 'action' | 'wouldBe' | 'text'> & { readonly wouldBe: DmarcAction };

/** From mild to strict. */
const POLICIES: readonly PublishedPolicy[] = ['none', 'quarantine', 'reject'];

/**
 * Decides about one inbound message. DNS is asked only where the answer matters.
 *
 * @throws DeadlineError when `signal` ended the look-up, and whatever `lookupTxt` throws beside TemporaryError.
 */
export async function enforceDmarc(input: DmarcInput): Promise<DmarcDecision> {
  const verdict = await decide(input);
  const detail = whyOf(input, verdict.reason);
  const text = detail === undefined ? REASONS[verdict.reason] : `${REASONS[verdict.reason]} (${detail})`;
  if (input.policy.mode === 'monitor') {
    const { temporary: _, ...rest } = verdict;
    return { ...rest, action: 'default', text };
  }
  return { ...verdict, action: verdict.wouldBe, text };
}

function whyOf({ evidence, author }: DmarcInput, reason: DmarcReason): string | undefined {
  if (reason.startsWith('author-') && author.kind !== 'one') return author.why;
  if (reason.startsWith('unknown-') && evidence.state !== 'present') return evidence.why;
  return undefined;
}

async function decide(input: DmarcInput): Promise<Verdict> {
  const { evidence, author, policy } = input;
  if (author.kind !== 'one') return decideWithoutAuthor(input, author);
  if (evidence.state === 'absent') return { wouldBe: policy.unknown, reason: 'unknown-no-evidence' };
  if (evidence.state === 'ambiguous') {
    if (evidence.against === undefined) return { wouldBe: policy.unknown, reason: 'unknown-ambiguous' };
    return decideFailure(input, author.domain);
  }
  switch (evidence.dmarc.result) {
    case 'pass':
      return { wouldBe: 'default', reason: 'pass' };
    case 'none':
      // dmarcbis-41 §4.10.1: no record, no DMARC.
      return { wouldBe: 'default', reason: 'no-record' };
    case 'fail':
      return applyException(input, author.address, evidence) ?? decideFailure(input, author.domain);
    case 'temperror':
      return { wouldBe: policy.unknown, reason: 'unknown-temperror' };
    default:
      return { wouldBe: policy.unknown, reason: 'permerror' };
  }
}

function applyException(
  { policy, organization }: DmarcInput,
  address: string,
  evidence: Extract<SesEvidence, { state: 'present' }>,
): Verdict | undefined {
  if (organization.trustSesHeaders !== 'always') return undefined;
  const exception = findException(policy.exceptions, address, evidence);
  if (exception === undefined) return undefined;
  return { wouldBe: exception.action, reason: 'exception', exception: exception.reason };
}

async function decideFailure(input: DmarcInput, domain: string): Promise<Verdict> {
  const { policy, evidence } = input;
  const otherAuthor = evidence.state === 'ambiguous' && evidence.against === 'another-author';
  const discovery = await lookUp(input, domain);
  if (discovery === 'temporary') return { wouldBe: policy.unknown, reason: 'unknown-dns', temporary: true };
  const { published, testing } = discovery;
  // SES found a record and we find none: taken as the weakest policy, not as no failure.
  const effective = published === 'no-record' ? 'none' : effectivePolicy(published, testing);
  const { wouldBe, because } = mildened(policy.actions[effective], evidence);
  const failed =
    published === 'no-record' || effective === published ? (`fail-${published}` as const) : 'fail-testing';
  const reason = because ?? (otherAuthor ? 'unknown-other-author' : failed);
  return { wouldBe, reason, discovery, ...(published === 'no-record' ? {} : { published }) };
}

/** Rule 5. */
function mildened(
  action: DmarcAction,
  evidence: SesEvidence,
): { readonly wouldBe: DmarcAction; readonly because?: DmarcReason } {
  if (action !== 'bounce') return { wouldBe: action };
  const authenticated =
    evidence.state === 'present' &&
    evidence.spf?.result === 'pass' &&
    evidence.spf.envelopeFromDomain !== undefined;
  if (!authenticated) return { wouldBe: 'junk', because: 'bounce-not-authenticated' };
  if (evidence.automatic === true) return { wouldBe: 'junk', because: 'bounce-unwanted' };
  return { wouldBe: 'bounce' };
}

/** Rule 4. */
async function decideWithoutAuthor(
  input: DmarcInput,
  author: Exclude<AuthorDomain, { kind: 'one' }>,
): Promise<Verdict> {
  if (author.kind === 'none' && signedByBareDomain(author.domains, input.evidence))
    return { wouldBe: input.policy.unknown, reason: 'permerror' };
  if (author.kind !== 'several') return { wouldBe: 'junk', reason: `author-${author.kind}` };
  const strictest = await strictestPolicy(input, author.domains ?? []);
  if (strictest === undefined) return { wouldBe: 'junk', reason: 'author-several' };
  const { wouldBe } = mildened(input.policy.actions[strictest.effective], input.evidence);
  const mayGoFurther = input.evidence.state === 'present' && input.evidence.automatic !== true;
  return {
    wouldBe: mayGoFurther && wouldBe !== 'default' ? wouldBe : 'junk',
    reason: 'author-several',
    published: strictest.published,
  };
}

/** dmarcbis-41 §11.5: each domain is looked up, the strictest counts. One that cannot be looked up is left out. */
async function strictestPolicy(
  input: DmarcInput,
  domains: readonly string[],
): Promise<{ readonly published: PublishedPolicy; readonly effective: PublishedPolicy } | undefined> {
  let strictest: { published: PublishedPolicy; effective: PublishedPolicy } | undefined;
  for (const domain of domains) {
    const discovery = await lookUp(input, domain);
    if (discovery === 'temporary' || discovery.published === 'no-record') continue;
    const { published, testing } = discovery;
    const effective = effectivePolicy(published, testing);
    if (strictest === undefined || POLICIES.indexOf(effective) > POLICIES.indexOf(strictest.effective))
      strictest = { published, effective };
  }
  return strictest;
}

/** WorkMail's own bounces say `From: amazonses.com`, for which SES reports permerror: real when that domain signed. */
function signedByBareDomain(domains: readonly string[] | undefined, evidence: SesEvidence): boolean {
  if (evidence.state !== 'present' || evidence.dmarc.result !== 'permerror' || domains?.length !== 1)
    return false;
  return evidence.dkim.some(({ result, domain }) => result === 'pass' && domain === domains[0]);
}

async function lookUp(input: DmarcInput, domain: string): Promise<DmarcDiscovery | 'temporary'> {
  const { lookupTxt, signal, cache } = input;
  try {
    return await discoverDmarc(domain, lookupTxt, signal, {
      policyOnly: true,
      ...(cache === undefined ? {} : { cache }),
    });
  } catch (error) {
    if (error instanceof DeadlineError || !(error instanceof TemporaryError)) throw error;
    if (signal.aborted)
      throw new DeadlineError('the deadline passed during a DMARC look-up', { cause: error });
    return 'temporary';
  }
}
