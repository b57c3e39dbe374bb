/**
 * An aggregate report (RFC 9990, read as aggregate-reporting-32): how much mail a receiver saw for a domain in a period, from
 * which addresses, and what it made of it. The names are those of the XML, in camel case.
 */
import type { PublishedPolicy } from '../../auth/dmarc/record.ts';

/** The namespace of the root element (aggregate-reporting-32 §3.1.1, Appendix A). */
export const REPORT_NAMESPACE = 'urn:ietf:params:xml:ns:dmarc-2.0';

/** ActionDispositionType: `none` no action taken; `pass` no action, since DMARC passes and the policy enforces. */
export const DISPOSITIONS = ['none', 'pass', 'quarantine', 'reject'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** PolicyOverrideType (§3.1.6). */
export const OVERRIDE_TYPES = [
  'local_policy',
  'mailing_list',
  'other',
  'policy_test_mode',
  'trusted_forwarder',
] as const;
export type OverrideType = (typeof OVERRIDE_TYPES)[number];

/** Words of RFC 7489 Appendix C that RFC 9990 has no more; reports still carry them. */
export const OLD_OVERRIDE_TYPES = ['forwarded', 'sampled_out'] as const;
export type OldOverrideType = (typeof OLD_OVERRIDE_TYPES)[number];

/** DKIMResultType and SPFResultType, the words of RFC 8601 §2.7.1 and §2.7.2. */
export const DKIM_RESULTS = ['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'] as const;
export type DkimResult = (typeof DKIM_RESULTS)[number];
export const SPF_RESULTS = [...DKIM_RESULTS, 'softfail'] as const;
export type SpfResult = (typeof SPF_RESULTS)[number];

/** §3.1.1.3 report_metadata. */
export interface ReportMetadata {
  readonly orgName: string;
  readonly email: string;
  readonly extraContactInfo?: string;
  readonly reportId: string;
  /** Both in seconds since 1970 UTC; the period, not the first and last message. */
  readonly dateRange: { readonly begin: number; readonly end: number };
  /** What was wrong with the record, in the reporter's words. RFC 7489 allowed several. */
  readonly errors?: readonly string[];
  readonly generator?: string;
}

/** §3.1.1.5 policy_published: the record that was found at `domain`. */
export interface PolicyPublished {
  readonly domain: string;
  readonly p: PublishedPolicy;
  readonly sp?: PublishedPolicy;
  readonly np?: PublishedPolicy;
  readonly adkim?: 'r' | 's';
  readonly aspf?: 'r' | 's';
  readonly discoveryMethod?: 'psl' | 'treewalk';
  readonly fo?: string;
  readonly testing?: 'y' | 'n';
  /** RFC 7489 only. */
  readonly pct?: number;
}

/** §3.1.1.14 reason. */
export interface OverrideReason<Type extends string = OverrideType | OldOverrideType> {
  readonly type: Type;
  readonly comment?: string;
}

/** §3.1.1.9 policy_evaluated. `dkim` and `spf` are pass only where the identifier is aligned as well. */
export interface PolicyEvaluated {
  readonly disposition: Disposition;
  readonly dkim: 'pass' | 'fail';
  readonly spf: 'pass' | 'fail';
  readonly reasons: readonly OverrideReason[];
}

/** §3.1.1.12 dkim. */
export interface ReportedDkim {
  readonly domain: string;
  /** RFC 7489 did not ask for it. */
  readonly selector?: string;
  readonly result: DkimResult;
  readonly humanResult?: string;
}

/** §3.1.1.13 spf. */
export interface ReportedSpf {
  readonly domain: string;
  /** RFC 7489 knew `helo` as well. */
  readonly scope?: 'mfrom' | 'helo';
  readonly result: SpfResult;
  readonly humanResult?: string;
}

/** §3.1.1.7 record: one tuple of address, results and identifiers, with its number of messages. */
export interface ReportRecord {
  readonly sourceIp: string;
  readonly count: number;
  readonly policyEvaluated: PolicyEvaluated;
  readonly identifiers: {
    readonly headerFrom: string;
    /** Empty for a null reverse-path; absent where the reporter does not say. */
    readonly envelopeFrom?: string;
    readonly envelopeTo?: string;
  };
  readonly authResults: {
    readonly dkim: readonly ReportedDkim[];
    /** At most one by RFC 9990; RFC 7489 allowed several. */
    readonly spf: readonly ReportedSpf[];
  };
}

export interface AggregateReport {
  readonly version?: string;
  readonly metadata: ReportMetadata;
  readonly policyPublished: PolicyPublished;
  readonly records: readonly ReportRecord[];
}
