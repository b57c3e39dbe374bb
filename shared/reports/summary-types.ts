/** What the reports about one's domains say together: who sends as us, what fails, what would break. */
import type { PublishedPolicy } from '../auth/dmarc/record.ts';
import type { Disposition, OldOverrideType, OverrideType } from './aggregate/model.ts';

/**
 * `passes`: DMARC passes. `not-aligned`: somebody is authenticated, as another domain: a service that sends for us, or a
 * forwarder. `broken-signature`: a signature of ours does not verify: changed on the way, or a key that is not published.
 * `unauthenticated`: nothing ties it to anybody: forged, or a server of ours that nobody set up. `inconsistent`: the receiver
 * says that DMARC failed, and that the domain in From itself is proved.
 */
export type SenderVerdict =
  | 'passes'
  | 'not-aligned'
  | 'broken-signature'
  | 'unauthenticated'
  | 'inconsistent';

/** Numbers of messages. */
export interface Volume {
  readonly messages: number;
  /** Of them: with an aligned DKIM pass; with an aligned SPF pass; with both. */
  readonly dkim: number;
  readonly spf: number;
  readonly both: number;
  /** With neither: what DMARC fails. */
  readonly failed: number;
}

/** Everything that comes with the same From domain from the same sender in the same state. */
export interface Sender extends Volume {
  /** The domain in From. */
  readonly from: string;
  /** Who sent it, as far as it is proved: the domain of a signature, or of MAIL FROM; empty when nothing is. */
  readonly sender: string;
  readonly by: 'dkim' | 'spf' | 'none';
  readonly verdict: SenderVerdict;
  /** Different IP addresses. */
  readonly sources: number;
  /** Those with most messages, most first. */
  readonly addresses: readonly { readonly address: string; readonly messages: number }[];
  /** What receivers did with it. */
  readonly dispositions: Readonly<Record<Disposition, number>>;
  /** Messages for which receivers gave a reason for not doing what the policy asks. */
  readonly overrides: Readonly<Partial<Record<OverrideType | OldOverrideType, number>>>;
}

/** One domain that publishes a policy. */
export interface DomainSummary extends Volume {
  readonly domain: string;
  /** What stands in From of its mail: the domain itself or, mostly, one below it. Most messages first; at most ten. */
  readonly from: readonly string[];
  /** By the newest report. */
  readonly p: PublishedPolicy;
  readonly sp?: PublishedPolicy;
  readonly np?: PublishedPolicy;
  readonly testing: boolean;
  /** Messages that p=reject would have refused, or p=quarantine put to Junk, by why they fail. */
  readonly wouldBreak: Readonly<Record<Exclude<SenderVerdict, 'passes'>, number>>;
  /** Of those: messages that receivers let through, and say that it was on purpose (lists, forwarders, local policy). */
  readonly forgiven: number;
  /** Messages that pass by SPF alone: they fail once somebody forwards them. */
  readonly spfOnly: number;
}

export interface Day extends Volume {
  /** As 2026-11-20, UTC, when the report begins. */
  readonly day: string;
}

export interface ReportSummary {
  readonly reports: number;
  /** Reports that came again: the same reporter, identifier and domain. */
  readonly duplicates: number;
  readonly unreadableRecords: number;
  /** Number of reports by deviation from the schema. */
  readonly deviations: Readonly<Record<string, number>>;
  readonly reporters: readonly {
    readonly name: string;
    readonly reports: number;
    readonly messages: number;
  }[];
  /** Seconds since 1970 UTC; undefined without a report. */
  readonly period: { readonly begin: number; readonly end: number } | undefined;
  readonly domains: readonly DomainSummary[];
  /** Most messages first. */
  readonly senders: readonly Sender[];
  /** In order; the newest when there are more than a chart can show. */
  readonly days: readonly Day[];
}
