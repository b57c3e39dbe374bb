/** What is known and was decided about one message, in the words of a report. Pure. */
import type { DmarcDiscovery } from '../../auth/dmarc/discover.ts';
import { effectivePolicy } from '../../auth/dmarc/discover.ts';
import type { DkimEvidence, Evidence } from '../../auth/evidence-types.ts';
import type { DmarcAction } from '../../policy/types-dmarc.ts';
import { MAX_SIGNATURES, type Observation } from './collect-observation.ts';
import type {
  Disposition,
  OverrideReason,
  OverrideType,
  PolicyPublished,
  ReportedDkim,
  ReportedSpf,
} from './model.ts';

export interface Judged {
  /** What was done with the message; of several recipients the strictest. */
  readonly action: DmarcAction;
  /** The reason code, which the report gives as the comment of an override. */
  readonly reason: string;
  readonly override?: OverrideType | undefined;
}

export type Observed =
  | { readonly kind: 'observed'; readonly observation: Observation }
  /** A fixed code: why no report will have the message. */
  | { readonly kind: 'none'; readonly why: Unreported };

export type Unreported =
  /** From has not exactly one author: no record applies. */
  | 'no-author'
  | 'no-record'
  /** The record asks for no report. */
  | 'not-asked'
  /** A report cannot say where the message came from. */
  | 'no-client-address'
  /** Neither a pass nor a fail is known, or a pass and not by what: any row would be wrong. */
  | 'no-result';

/** Signatures of one message: a hundred are allowed (§3.1.3), and every one makes the record of each message longer. */
const MAX_REPORTED = Math.min(16, MAX_SIGNATURES);
/** RFC 1035 §2.3.4: a longer one is no part of a name. A sender chooses it. */
const MAX_SELECTOR = 253;
/** Of IPv4 and IPv6, as whoever gathers the evidence took it from SES. */
const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/;
/** The reason of a signature that was not checked: nothing is known about it. */
const NOT_CHECKED = 'not-checked';

/** `wantsFailure`: failure reports are made, so that a record without `rua` can matter too. */
export function observe(
  evidence: Evidence,
  judged: Judged,
  nowMs: number,
  options: { readonly wantsFailure?: boolean } = {},
): Observed {
  const { author, discovery } = evidence;
  if (author.kind !== 'one') return { kind: 'none', why: 'no-author' };
  if (discovery === undefined || discovery === 'temporary') return { kind: 'none', why: 'no-record' };
  const policy = publishedOf(discovery);
  if (policy === undefined) return { kind: 'none', why: 'no-record' };
  if (!asksForReports(discovery, options.wantsFailure === true)) return { kind: 'none', why: 'not-asked' };
  const sourceIp = evidence.client?.address;
  if (sourceIp === undefined || !ADDRESS.test(sourceIp)) return { kind: 'none', why: 'no-client-address' };
  if (!isKnown(evidence)) return { kind: 'none', why: 'no-result' };
  const spf = spfOf(evidence);
  const observation: Observation = {
    atSeconds: Math.floor(nowMs / 1000),
    policy,
    record: {
      sourceIp,
      policyEvaluated: evaluatedOf(evidence, discovery, judged),
      identifiers: { headerFrom: author.domain, ...envelopeOf(evidence) },
      authResults: {
        dkim: dkimOf(evidence, author.domain),
        spf: spf === undefined ? [] : [spf],
      },
    },
  };
  return { kind: 'observed', observation };
}

/** §3.1.1.9: the row says of DKIM and of SPF whether it is aligned and passes, so a pass without either would be no pass. */
function isKnown({ dmarc }: Evidence): boolean {
  return dmarc.result === 'fail' || (dmarc.result === 'pass' && dmarc.aligned.length > 0);
}

function asksForReports({ record }: DmarcDiscovery, wantsFailure: boolean): boolean {
  if (record === undefined) return false;
  return record.rua.length > 0 || (wantsFailure && record.ruf.length > 0);
}

/** §3.1.1.5: "Unspecified tags have their default values." */
function publishedOf({ record, at }: DmarcDiscovery): PolicyPublished | undefined {
  if (record?.p === undefined || at === undefined) return undefined;
  return {
    domain: at,
    discoveryMethod: 'treewalk',
    p: record.p,
    sp: record.sp ?? record.p,
    np: record.np ?? record.sp ?? record.p,
    fo: record.fo.join(':'),
    adkim: record.adkim,
    aspf: record.aspf,
    testing: record.testing ? 'y' : 'n',
  };
}

function evaluatedOf(evidence: Evidence, discovery: DmarcDiscovery, judged: Judged) {
  const { aligned, result } = evidence.dmarc;
  const passes = (by: 'dkim' | 'spf') => (aligned.some((each) => each.by === by) ? 'pass' : 'fail');
  const disposition = dispositionOf(evidence, discovery, judged);
  return {
    disposition,
    dkim: passes('dkim'),
    spf: passes('spf'),
    reasons: result === 'pass' ? [] : reasonsOf(discovery, judged, disposition),
  } as const;
}

function dispositionOf(
  { dmarc }: Evidence,
  { published, testing }: DmarcDiscovery,
  { action }: Judged,
): Disposition {
  if (action === 'junk') return 'quarantine';
  if (action === 'bounce' || action === 'drop') return 'reject';
  const enforces = published !== 'no-record' && effectivePolicy(published, testing) !== 'none';
  // Appendix A: "pass" is "No action, passing DMARC w/enforcing policy".
  return dmarc.result === 'pass' && enforces ? 'pass' : 'none';
}

/** §3.1.1.9: where alignment fails and what was done is not what the owner asks for, a reason must say so. */
function reasonsOf(
  { published, testing }: DmarcDiscovery,
  { override, reason }: Judged,
  disposition: Disposition,
): readonly OverrideReason<OverrideType>[] {
  if (published === 'no-record' || (disposition === published && override === undefined)) return [];
  const tested = testing && disposition === effectivePolicy(published, testing);
  const type = override ?? (tested ? 'policy_test_mode' : 'local_policy');
  return [{ type, comment: reason }];
}

/** §3.1.3: aligned and passing signatures first. Without a selector a report cannot have one. */
function dkimOf({ dkim, dmarc }: Evidence, author: string): readonly ReportedDkim[] {
  const rank = ({ result, domain }: DkimEvidence): number => {
    if (result !== 'pass') return 3;
    if (domain === author) return 0;
    return dmarc.aligned.some((each) => each.by === 'dkim' && each.domain === domain) ? 1 : 2;
  };
  return dkim
    .filter(({ reason }) => reason !== NOT_CHECKED)
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap(({ domain, selector, result, reason }): ReportedDkim[] => {
      if (domain === undefined || selector === undefined || selector.length > MAX_SELECTOR) return [];
      return [{ domain, selector, result, ...(result === 'pass' ? {} : { humanResult: reason }) }];
    })
    .slice(0, MAX_REPORTED);
}

function spfOf({ spf, ses }: Evidence): ReportedSpf | undefined {
  const ofSes = ses.state === 'present' ? ses.spf : undefined;
  const [domain, result] =
    spf === undefined ? [ofSes?.envelopeFromDomain, ofSes?.result] : [spf.domain, spf.result];
  return domain === undefined || result === undefined ? undefined : { domain, scope: 'mfrom', result };
}

/** §3.1.1.10: empty for a null reverse-path. */
function envelopeOf({ ses, spf }: Evidence): { readonly envelopeFrom?: string } {
  if (ses.state === 'present' && ses.spf !== undefined)
    return { envelopeFrom: ses.spf.envelopeFromDomain ?? '' };
  return spf?.domain === undefined ? {} : { envelopeFrom: spf.domain };
}
