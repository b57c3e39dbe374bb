/** What the evidence says about a message, whoever gets it: settled, or a failure whose action depends on the recipient. */
import { domainWithin } from '../../policy/pattern.ts';
import type { DmarcAction, DomainPolicy, FailAction } from '../../policy/types.ts';
import { isWithin } from '../domain.ts';
import type { AuthorDomain } from '../types.ts';
import type { Case } from './decision-types.ts';
import { effectivePolicy } from './discover.ts';
import { isOfDomain, isOwnDomain, provedBy, provedSigners, sealerVouches } from './proof.ts';
import type { DmarcReason } from './reasons.ts';
import type { PublishedPolicy } from './record.ts';
import { milder } from './strictness.ts';

/** Nothing about the recipient changes it, other than an exception. */
export interface Settled {
  readonly kind: 'settled';
  readonly reason: DmarcReason;
  readonly action: DmarcAction;
  readonly temporary?: true;
}

export interface Failing {
  readonly kind: 'failing';
  readonly reason: DmarcReason;
  /** The policy whose action is taken. */
  readonly effective: PublishedPolicy;
  /** What the owner asks for (RFC 9990 speaks of this), where it was looked up. */
  readonly published: PublishedPolicy | undefined;
  readonly testing: boolean;
  /** The entry of `dmarc.domains` for the author. */
  readonly local: DomainPolicy | undefined;
  /** The mildest and the strictest that may be done. */
  readonly least: FailAction;
  readonly most: FailAction;
  /** `milder`: mail of a list that the policy names; `junk`: of any other, so not more than that. */
  readonly list: 'milder' | 'junk' | undefined;
}

export type Verdict = Settled | Failing;

type OneAuthor = Extract<AuthorDomain, { kind: 'one' }>;

/** From mild to strict. */
const POLICIES: readonly PublishedPolicy[] = ['none', 'quarantine', 'reject'];

/** The verdict on a message. Total: every evidence has one. */
export function verdictOn(input: Case): Verdict {
  const { author } = input.evidence;
  return author.kind === 'one' ? withAuthor(input, author) : withoutAuthor(input, author);
}

function settled(reason: DmarcReason, action: DmarcAction): Settled {
  return { kind: 'settled', reason, action };
}

/** The entry of `dmarc.domains` that names the domain. */
function localPolicy({ policy }: Case, domain: string): DomainPolicy | undefined {
  return policy.domains.find(({ domains }) => domains.some((pattern) => domainWithin(pattern, domain)));
}

function withAuthor(input: Case, author: OneAuthor): Verdict {
  const { evidence, policy, context } = input;
  const { dmarc } = evidence;
  const local = localPolicy(input, author.domain);
  if (dmarc.result === 'pass' && dmarc.proved) return settled('pass', local?.whenProved ?? 'default');
  const own = isOwnDomain(author.domain, context.organization);
  const allowed = own && policy.ownDomains?.allowedSenders.some((sender) => holds(input, sender));
  if (allowed) return settled('allowed-sender', 'default');
  const vouched = !own && sealerVouches(evidence.arc, policy.trustedSealers, author.domain);
  if (vouched && dmarc.result !== 'pass' && dmarc.result !== 'none') return settled('arc-sealer', 'default');
  switch (resultOf(input)) {
    case 'pass':
      return unproved(input, own, settled('pass-unproved', 'default'));
    case 'fail':
      return failing(input, { domain: author.domain, own, local });
    case 'none':
      return withoutRecord(input, { domain: author.domain, own, local });
    case 'temperror':
      return temporary('unknown-temperror', dmarc.source === 'own' && evidence.refused !== true);
    case 'permerror':
      return unproved(input, own, settled('permerror', policy.unknown));
    default:
      return unproved(input, own, unknown(input));
  }
}

function holds(
  { evidence, context }: Case,
  { authenticatedBy }: { authenticatedBy: Parameters<typeof provedBy>[0] },
) {
  return provedBy(authenticatedBy, evidence, context.organization) !== undefined;
}

/** A failure that only SES can have written counts even where the rest is unclear; behind a gateway it is the gateway's. */
function resultOf({ evidence: { dmarc, ses, gateway } }: Case): Case['evidence']['dmarc']['result'] {
  const against = gateway === undefined && ses.state === 'ambiguous' && ses.against !== undefined;
  return dmarc.result === 'unknown' && against ? 'fail' : dmarc.result;
}

/** Too little is known here: by what SES says, which alone decides nothing. */
function unknown({ evidence: { ses }, policy }: Case): Settled {
  if (ses.state === 'absent') return settled('unknown-no-evidence', policy.unknown);
  if (ses.state === 'ambiguous') return settled('unknown-ambiguous', policy.unknown);
  if (ses.dmarc.result === 'temperror') return temporary('unknown-temperror', false);
  return settled(ses.dmarc.result === 'permerror' ? 'permerror' : 'unknown-unproved', policy.unknown);
}

/** SES's own error does not go away when it is read again. */
function temporary(reason: DmarcReason, goesAway: boolean): Settled {
  return { ...settled(reason, 'default'), ...(goesAway ? { temporary: true as const } : {}) };
}

/** Mail in an own name must be proved. Where nothing says that it failed, no more than junk: it could be real. */
function unproved({ policy }: Case, own: boolean, otherwise: Settled): Settled {
  if (
    otherwise.reason === 'unknown-temperror' ||
    !own ||
    policy.ownDomains === undefined ||
    policy.ownDomains.action === 'default'
  )
    return otherwise;
  return settled('own-domain', milder<FailAction>(policy.ownDomains.action, 'junk'));
}

interface Author {
  readonly domain: string;
  readonly own: boolean;
  readonly local: DomainPolicy | undefined;
}

function failing(input: Case, author: Author): Verdict {
  const { policy, evidence } = input;
  const { discovery } = evidence;
  const guarded = author.own && policy.ownDomains !== undefined && policy.ownDomains.action !== 'default';
  const { treatAs } = author.local ?? {};
  // Without the published policy the rest can be decided only where it makes no difference.
  if (discovery === 'temporary' && treatAs === undefined && !guarded) return temporary('unknown-dns', true);
  const known = discovery === 'temporary' ? undefined : discovery;
  const published = known?.published === 'no-record' ? undefined : known?.published;
  const testing = published !== undefined && known?.testing === true;
  // SES found a record and we find none: taken as the weakest policy, not as no failure.
  const asked = published === undefined ? 'none' : effectivePolicy(published, testing);
  return {
    kind: 'failing',
    reason: guarded ? 'own-domain' : failReason(input, author, { published, asked }),
    effective: treatAs ?? asked,
    published,
    testing,
    local: author.local,
    least: guarded ? (policy.ownDomains?.action ?? 'default') : 'default',
    most: 'drop',
    list: listOf(input, author.own),
  };
}

function failReason(
  { evidence: { ses, gateway } }: Case,
  { local }: Author,
  { published, asked }: { readonly published: PublishedPolicy | undefined; readonly asked: PublishedPolicy },
): DmarcReason {
  if (local?.treatAs !== undefined || local?.actions !== undefined) return 'fail-local-policy';
  if (gateway === undefined && ses.state === 'ambiguous' && ses.against === 'another-author')
    return 'unknown-other-author';
  if (published === undefined) return 'fail-no-record';
  return asked === published ? `fail-${published}` : 'fail-testing';
}

/** DMARC has nothing to say (dmarcbis-41 §4.10.1); the policy file may, about own domains and those that it names. */
function withoutRecord(input: Case, author: Author): Verdict {
  const { evidence, policy, context } = input;
  const guarded = author.own && policy.ownDomains !== undefined && policy.ownDomains.action !== 'default';
  const concerned = guarded || author.local?.treatAs !== undefined || author.local?.actions !== undefined;
  if (!concerned || evidence.dmarc.aligned.length > 0) return settled('no-record', 'default');
  if (isOfDomain(evidence, author.domain, context.organization)) return settled('no-record', 'default');
  return failing(input, author);
}

/** A list is known by its name and its own signature; in an own name, and of a list that nobody named, it may be anybody's. */
function listOf({ evidence: { list }, policy: { mailingLists } }: Case, own: boolean): Failing['list'] {
  if (list?.signed !== true || list.domain === undefined) return undefined;
  const { domain } = list;
  if (!own && mailingLists.domains.some((known) => isWithin(domain, known))) return 'milder';
  return mailingLists.others === 'junk' ? 'junk' : undefined;
}

function withoutAuthor(input: Case, author: Exclude<AuthorDomain, { kind: 'one' }>): Verdict {
  const { policy } = input;
  if (author.kind === 'none' && signedByBareDomain(author.domains, input))
    return settled('permerror', policy.unknown);
  if (author.kind !== 'several') return settled(`author-${author.kind}`, 'junk');
  return severalAuthors(input, author.domains ?? []);
}

/** WorkMail's own bounces say `From: amazonses.com`, for which SES reports permerror: real when that domain signed. */
function signedByBareDomain(domains: readonly string[] | undefined, { evidence, context }: Case): boolean {
  const [domain] = domains ?? [];
  if (domain === undefined || domains?.length !== 1) return false;
  if (provedSigners(evidence, context.organization).has(domain)) return true;
  const { ses } = evidence;
  return (
    ses.state === 'present' &&
    ses.dmarc.result === 'permerror' &&
    ses.dkim.some((signature) => signature.result === 'pass' && signature.domain === domain)
  );
}

/**
 * dmarcbis-41 §11.5: each domain that a reader could take for the author's counts, the strictest policy applies. Never
 * less than junk; more only where SES's word is there and nobody automatic wrote it, since some bounces look like that.
 */
function severalAuthors(input: Case, domains: readonly string[]): Verdict {
  const { evidence, policy, context } = input;
  const mayGoFurther = evidence.ses.state === 'present' && !evidence.automatic;
  if (policy.severalAuthors !== 'strictest')
    return settled('author-several', mayGoFurther ? policy.severalAuthors : 'junk');
  const strictest = evidence.candidates
    .flatMap(({ discovery }) =>
      discovery === 'temporary' || discovery.published === 'no-record'
        ? []
        : [{ published: discovery.published, testing: discovery.testing }],
    )
    .toSorted((a, b) => rank(b) - rank(a))[0];
  const own = domains.some((domain) => isOwnDomain(domain, context.organization));
  const guard = own ? (policy.ownDomains?.action ?? 'default') : 'default';
  return {
    kind: 'failing',
    reason: 'author-several',
    effective: strictest === undefined ? 'none' : effectivePolicy(strictest.published, strictest.testing),
    published: strictest?.published,
    testing: false,
    local: undefined,
    least: guard === 'default' ? 'junk' : guard,
    most: mayGoFurther ? 'drop' : 'junk',
    list: undefined,
  };
}

function rank({
  published,
  testing,
}: {
  readonly published: PublishedPolicy;
  readonly testing: boolean;
}): number {
  return POLICIES.indexOf(effectivePolicy(published, testing));
}
