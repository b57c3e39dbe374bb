/**
 * Gathers what is known about who sent a message, once and before anything is decided:
 *
 *     const evidence = await gatherEvidence({ message, organization, dmarc, lookupDns, signal, nowMs });
 *     evidence.dmarc.result;                                              // 'pass', 'fail', …
 *
 * The questions to the DNS have an end (`MAX_DNS_QUERIES`), and a sender may choose most of the names. So what decides is
 * asked first and has its share kept: the author's policy, SPF where its client is known, the keys of signatures, those
 * that could be aligned before all others, then what alignment needs, then ARC. A key that is not asked for because there
 * are too many is as one that nobody checks, not as a temporary error: a sender could bring that about.
 */
import { DeadlineError, TemporaryError } from '../errors.ts';
import { parseAddressList, shownName } from '../mime/address.ts';
import { headerField } from '../mime/header.ts';
import { rawHeaderText } from '../mime/header-text.ts';
import { isAutomatic } from '../mime/message-kinds.ts';
import type { Message } from '../mime/types.ts';
import type { DmarcPolicy, OrganizationPolicy } from '../policy/types.ts';
import { readSesEvidence } from './authentication-results/read.ts';
import { authorDomain, MAX_FROM_BYTES } from './author.ts';
import { verifyDkim } from './dkim/index.ts';
import { type DmarcDiscovery, discoverDmarc } from './dmarc/discover.ts';
import { evaluateDmarc, type Identifier } from './dmarc/evaluate.ts';
import { walkNames } from './dmarc/tree-walk.ts';
import { cachedLookup, type DnsCache } from './dns/cache.ts';
import { createDnsSession, type DnsSession, MAX_DNS_QUERIES } from './dns/session.ts';
import type { LookupDns } from './dns/types.ts';
import { isWithin } from './domain.ts';
import type { DkimEvidence, DmarcEvidence, Evidence, SpfEvidence } from './evidence-types.ts';
import { type EvidenceWanted, evidenceWanted, signatureRank } from './evidence-wanted.ts';
import { MAX_HEADER_BYTES } from './from-fields.ts';
import { readListMarks } from './list-marks.ts';
import { readSmtpSide, type SmtpSide } from './smtp-side.ts';
import type { AuthorDomain, SesEvidence } from './types.ts';
import { dmarcVerdict, sesFails, verdictWithoutAuthor } from './verdict.ts';

export interface EvidenceInput {
  readonly message: Message;
  readonly organization: OrganizationPolicy;
  /** What is asked about beside DMARC itself: signers of exceptions, trusted sealers. */
  readonly dmarc?: DmarcPolicy | undefined;
  readonly lookupDns: LookupDns;
  readonly cache?: DnsCache;
  /** When there is no time for an answer any more. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970 UTC: signatures expire. */
  readonly nowMs: number;
}

/** Kept for alignment, where SPF and signatures would ask for everything. */
const KEPT_FOR_ALIGNMENT = 2;
/** The keys' share where SPF is checked here, whose record can ask a dozen questions. */
const KEPT_FOR_KEYS = 4;
/** RFC 8617 §4.2.1 lets a chain have 50 sets, each with two keys. */
const MAX_ARC_QUERIES = 6;

type Found = DmarcDiscovery | 'temporary';

/** What one message's evidence is gathered with. */
interface Work {
  readonly input: EvidenceInput;
  readonly author: AuthorDomain;
  readonly ses: SesEvidence;
  readonly trusted: boolean;
  readonly wanted: EvidenceWanted;
  readonly session: DnsSession;
}

/**
 * A look-up that fails is part of the evidence: `temperror`, or `temporary` where a policy could not be found.
 *
 * @throws DeadlineError when `signal` ended, and whatever `lookupDns` throws beside TemporaryError.
 */
export async function gatherEvidence(input: EvidenceInput): Promise<Evidence> {
  const { message, organization, cache, lookupDns } = input;
  const author = authorDomain(message);
  const work: Work = {
    input,
    author,
    ses: readSesEvidence(message, author),
    trusted: organization.trustSesHeaders === 'always',
    wanted: evidenceWanted(input.dmarc),
    session: createDnsSession(cache === undefined ? lookupDns : cachedLookup(lookupDns, cache)),
  };
  // The author's walk is on its way before anything that a sender can pile up.
  const published = author.kind === 'one' ? discover(work, author.domain, false) : undefined;
  const candidates = author.kind === 'one' ? [] : discoverAll(work, author.domains ?? []);
  // Should signatures throw first, nobody waits for these any more.
  for (const each of [published, ...candidates]) each?.catch(() => undefined);
  const signatures = await authenticate(work);
  const found = await published;
  const dmarc = await judge(work, signatures, found);
  // Which of two policies applies is not known, and now it matters.
  const open = typeof found === 'object' && found.missing === 'existence' && dmarc.result !== 'pass';
  const discovery = open ? 'temporary' : found;
  // Before the chain, which decides nothing that this speaks of.
  const refused = work.session.refused();
  const { seals, chain } = work.wanted;
  const arc = chain || (seals && dmarc.result !== 'pass') ? await chainOf(work) : undefined;
  const authors = await Promise.all(candidates);
  if (input.signal.aborted) throw new DeadlineError('the deadline passed while evidence was gathered');
  return {
    author,
    displayName: displayNameOf(message),
    ses: work.ses,
    ...signatures.evidence,
    arc,
    dmarc,
    discovery,
    candidates: authors,
    list: readListMarks(message, signatures.evidence.dkim),
    gateway: signatures.side.gateway,
    automatic: signatures.side.nullSender || answeredByNobody(work),
    queries: work.session.queries(),
    ...(refused ? { refused: true } : {}),
  };
}

interface Authenticated {
  readonly side: SmtpSide;
  readonly evidence: Pick<Evidence, 'dkim' | 'spf' | 'client'>;
}

/** SPF and DKIM, within what is left beside the author's walk. */
async function authenticate(work: Work): Promise<Authenticated> {
  const { input, author, session, wanted, trusted } = work;
  // One more than the walk: whether the author's domain exists (dmarcbis-41 §4.7 `np`).
  const kept = author.kind === 'one' ? walkNames(author.domain).length + 1 + KEPT_FOR_ALIGNMENT : 0;
  const rest = MAX_DNS_QUERIES - kept;
  const gateways = input.organization.gateways ?? [];
  const mayCheckSpf = trusted && (work.ses.state !== 'present' || gateways.length > 0);
  const forKeys = session.within(mayCheckSpf ? KEPT_FOR_KEYS : rest);
  const forSpf = session.within(rest - KEPT_FOR_KEYS);
  const domain = author.kind === 'one' ? author.domain : author.domains?.[0];
  // Neither waits for the other: the servers of a sender's SPF can be slow on purpose.
  const [verified, side] = await Promise.all([
    verifyDkim(input.message, {
      lookupTxt: forKeys.lookupTxt,
      signal: input.signal,
      nowSeconds: Math.floor(input.nowMs / 1000),
      prefer: (signer) => signatureRank(signer, domain, wanted),
    }),
    readSmtpSide(input.message, {
      ses: work.ses,
      trusted,
      gateways,
      lookupDns: forSpf.lookupDns,
      signal: input.signal,
    }),
  ]);
  const { client } = side;
  const spf = forSpf.refused() ? overLimit(side.spf) : side.spf;
  return {
    side,
    evidence: {
      dkim: [...verified, ...side.dkim],
      spf,
      ...(client === undefined ? {} : { client: { address: client.address, proved: trusted } }),
    },
  };
}

async function judge(
  work: Work,
  { side, evidence }: Authenticated,
  discovery: Found | undefined,
): Promise<DmarcEvidence> {
  const { author, input, session, ses, trusted } = work;
  if (author.kind !== 'one' || discovery === undefined) return verdictWithoutAuthor(ses);
  const evaluate = (identifiers: readonly Identifier[]): ReturnType<typeof evaluateDmarc> =>
    evaluateDmarc({
      authorDomain: author.domain,
      discovery,
      identifiers,
      lookupTxt: session.lookupTxt,
      signal: input.signal,
    });
  const { dkim, spf } = evidence;
  const signed = dkim.flatMap(dkimIdentifier);
  const sent = spf === undefined ? [] : spfIdentifier(spf);
  const all = await evaluate([...signed, ...sent]);
  // Where SES says that DMARC fails, it says so with this SPF result before it: that cannot outvote it.
  const doubtful = spf?.source === 'ses' && (!spf.proved || sesFails(ses));
  const proved = doubtful ? await evaluate(signed) : all;
  const ours = dkim.filter(({ reason }) => reason !== 'gateway').flatMap(dkimIdentifier);
  const asked = spf?.source === 'own' ? [...ours, ...sent] : ours;
  return dmarcVerdict({
    ses,
    trusted,
    proved,
    whole: proved.aligned.some(
      ({ by, domain }) => by === 'spf' || dkim.some((each) => isWhole(each, domain)),
    ),
    all,
    goesAway:
      all.result === 'temperror' &&
      (asked.some(({ result }) => result === 'temperror') || !staysOpen(spf, author.domain)) &&
      (await evaluate(asked)).result === 'temperror',
    spfKnown: spf !== undefined,
    behindGateway: side.gateway !== undefined,
  });
}

/**
 * A record that asks for more than there are questions is an error for good (RFC 7208 §4.6.4). Read as one that passes, a sender could bring
 * it about: by the record of whom he imitates, and by a From so deep that the walk leaves little.
 */
function overLimit(spf: SpfEvidence | undefined): SpfEvidence | undefined {
  return spf?.source === 'own' && spf.result === 'temperror' ? { ...spf, result: 'permerror' } : spf;
}

/**
 * Whether SES could not check SPF for a sender that may be aligned. Then DMARC is a temporary error also once the published policy
 * is found: SES's word stays as it is, so asking for the policy again changes nothing.
 */
function staysOpen(spf: SpfEvidence | undefined, author: string): boolean {
  if (spf?.source !== 'ses' || spf.result !== 'temperror' || spf.domain === undefined) return false;
  return isWithin(spf.domain, author) || isWithin(author, spf.domain);
}

/** With `l=` anybody can add to the body (RFC 6376 §8.2); mail under a key in testing is as unsigned mail (§3.6.1 t=y). */
function isWhole(signature: DkimEvidence, domain: string): boolean {
  const { result, partialBody, testing } = signature;
  return result === 'pass' && signature.domain === domain && !partialBody && !testing;
}

function dkimIdentifier({ domain, result }: DkimEvidence): readonly Identifier[] {
  return domain === undefined ? [] : [{ by: 'dkim', domain, result: outcome(result) }];
}

/** dmarcbis-41 §4.4.2: of SPF, the identity in MAIL FROM. */
function spfIdentifier({ domain, result }: SpfEvidence): readonly Identifier[] {
  return domain === undefined ? [] : [{ by: 'spf', domain, result: outcome(result) }];
}

function outcome(result: DkimEvidence['result'] | SpfEvidence['result']): Identifier['result'] {
  return result === 'pass' || result === 'temperror' ? result : 'other';
}

async function discover({ session, input }: Work, domain: string, policyOnly: boolean): Promise<Found> {
  try {
    // For the author alone: a message that passes all the same shall not wait for what it does not need.
    return await discoverDmarc(domain, session.lookupTxt, input.signal, { policyOnly, partial: !policyOnly });
  } catch (error) {
    if (error instanceof TemporaryError) return 'temporary';
    throw error;
  }
}

/**
 * dmarcbis-41 §11.5: each domain that a reader could take for the author's. The one with the fewest labels comes first:
 * then long names, which cost most, cannot use up what a short one needs.
 */
function discoverAll(work: Work, domains: readonly string[]): Promise<Evidence['candidates'][number]>[] {
  const labels = (domain: string): number => domain.split('.').length;
  return [...domains]
    .sort((one, other) => labels(one) - labels(other))
    .map(async (domain) => ({ domain, discovery: await discover(work, domain, true) }));
}

/** Loaded for the few messages and policies that need it. */
async function chainOf({ input, session }: Work): Promise<Evidence['arc']> {
  const { validateArc } = await import('./arc/index.ts');
  const { lookupTxt } = session.within(MAX_ARC_QUERIES);
  return validateArc(input.message, {
    lookupTxt,
    signal: input.signal,
    nowSeconds: Math.floor(input.nowMs / 1000),
  });
}

/** A header that is too long to be sure of From is no letter that anybody waits to hear about. */
function answeredByNobody({ ses, input: { message } }: Work): boolean {
  if (ses.state === 'present') return ses.automatic === true;
  const { start, end } = message.root.header;
  return end - start > MAX_HEADER_BYTES || isAutomatic(message);
}

/** As a person reads it; of several, the first. Of a field that is a book, nobody reads it. */
function displayNameOf(message: Message): string {
  const from = headerField(message.root.header, 'from');
  if (from === undefined || from.value.end - from.value.start > MAX_FROM_BYTES) return '';
  const { mailboxes } = parseAddressList(rawHeaderText(message, from));
  const named = mailboxes.find(({ displayName }) => displayName !== undefined);
  return (named && shownName(named)) ?? '';
}
