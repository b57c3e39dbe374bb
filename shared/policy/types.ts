/**
 * The policy as the rest of the code sees it: validated, with every default filled in. `parse.ts` makes it from
 * `policy.yaml`; nothing else does.
 */

import type { Action } from './action-types.ts';
import type { Condition } from './conditions/index.ts';
import type { DmarcPolicy, Gateway, ProtectedPerson } from './types-dmarc.ts';

/** Something to tell whoever wrote the file. `line` and `column` count from 1; `path` is `rules[1].when.direction`. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  /** A policy with an error is not used; one with warnings only is. */
  readonly severity: 'error' | 'warning';
}

/** An address pattern as WorkMail's flow rules have it: `a@example.com`, `example.com`, `*.example.com` (the domain and its subdomains) or `*`. Lower case. */
export type AddressPattern = string;

/** What a step does when it cannot decide: throw so that WorkMail calls again, or settle for an action. */
export type RetryOr<A extends string> = 'retry' | A;

export interface Policy {
  readonly version: 1;
  readonly organization: OrganizationPolicy;
  /** By priority, then in file order: the order in which they act. Empty: there is nothing to do. */
  readonly rules: readonly Rule[];
  /** Named lists of patterns, for `list:NAME`. */
  readonly lists: ReadonlyMap<string, readonly AddressPattern[]>;
  /** Absent: nothing can be told to anybody. */
  readonly notices?: NoticePolicy;
  /** Absent: the DMARC step is off. */
  readonly dmarc?: DmarcPolicy;
  /** Absent: nothing is journaled. */
  readonly journal?: JournalPolicy;
  /** Absent: every mailbox is answered `ErrorAvailabilityConfigNotFound`. */
  readonly availability?: AvailabilityPolicy;
}

export interface OrganizationPolicy {
  /** The organization's own mail domains, lower case, A-labels. At least one. */
  readonly domains: readonly string[];
  /**
   * Whether the Authentication-Results in SES's header block may earn trust ("inside", an exception).
   * `always`: set by an administrator who knows that SES writes the block. `auto`: only once that is proved; nothing
   * proves it yet, so today it earns nothing. `never`: it earns nothing.
   */
  readonly trustSesHeaders: 'auto' | 'always' | 'never';
  /** Relays between the world and SES, by name. */
  readonly gateways?: readonly Gateway[];
  /** People whose names are worth forging. */
  readonly protectedPeople?: readonly ProtectedPerson[];
}

export type {
  Action,
  ContentAction,
  DisclaimerText,
  KeepingAction,
  RecipientAction,
} from './action-types.ts';
export type { Condition } from './conditions/index.ts';

export interface Rule {
  readonly name: string;
  /** The lower comes first; equals in the order of the file. */
  readonly priority: number;
  /** `test`: decide and log, change nothing. */
  readonly mode: 'enforce' | 'test';
  /** Milliseconds since 1970 UTC: from when on the rule is asked, and from when on no more. */
  readonly activateOn?: number;
  readonly expireOn?: number;
  /** Where the rule acts, no later rule is asked. */
  readonly stopProcessing: boolean;
  /** Why there is this rule: for the log, and `%%Reason%%`. */
  readonly reason?: string;
  readonly when: Condition;
  /** Exceptions, at least one: where everything that one of them asks holds, the rule does not act. */
  readonly unless?: readonly Condition[];
  /** At least one. */
  readonly do: readonly Action[];
  /** What happens where the content must stay as it is (signed, encrypted, …) and the rule would change it. */
  readonly ifUntouchable: 'deliverUnchanged' | 'wrap' | 'reject' | 'junk';
  /** What happens where WorkMail does not take the new content. */
  readonly ifRejected: 'deliverUnchanged' | 'wrap' | 'reject' | 'junk';
  /** Whether parts that WorkMail would refuse are written anew. */
  readonly repair: boolean;
  readonly onTimeout: RetryOr<'deliverUnchanged'>;
  readonly onTemporaryError: RetryOr<'deliverUnchanged'>;
}

export interface NoticePolicy {
  /** The address that notices come from. */
  readonly from: string;
  /** Notices that one address gets in an hour at most. */
  readonly perHour: number;
}

export type * from './types-dmarc.ts';
export type { FailureReportsPolicy, ReportsPolicy } from './types-reports.ts';

export interface JournalPolicy {
  /** Whether `mailflow` captures the message as it came in, before anything is decided. */
  readonly capture: boolean;
  readonly onTimeout: RetryOr<'deliver'>;
  readonly onTemporaryError: RetryOr<'deliver'>;
}

export interface AvailabilityPolicy {
  /** `busy`: times only. `details`: subject and place of what is not private too. */
  readonly show: 'busy' | 'details';
  /** Default IANA zone for floating and all-day times. */
  readonly timezone: string;
  /** The sign of `bias` in the answer: `ews` (UTC = local + bias, the default) or `utc-offset`. */
  readonly biasConvention: 'ews' | 'utc-offset';
  /** Whole organizations may ask; empty: any requester. Patterns over the requester's address. */
  readonly requesters: readonly AddressPattern[];
  /** Lower-case address -> where its calendars are. */
  readonly mailboxes: ReadonlyMap<string, MailboxSource>;
}

export interface MailboxSource {
  readonly calendars: readonly CalendarSource[];
  /** IANA zone of this mailbox. */
  readonly timezone?: string;
  readonly workingHours?: WorkingHours;
}

export type Weekday = 'SUN' | 'MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT';

export interface WorkingHours {
  readonly days: readonly Weekday[];
  /** Minutes after local midnight, 0..1440, start < end. */
  readonly startMinutes: number;
  readonly endMinutes: number;
}

export type CalendarSource =
  /** A file beside the policy (relative to it), or `s3://BUCKET/KEY`. */
  | { readonly kind: 'file'; readonly location: string }
  /** `https://…`, or `http://` to a loopback address. */
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'caldav';
      /** The calendar collection. */
      readonly url: string;
      readonly username: string;
      /** `ssm://NAME`, or a file beside the policy. */
      readonly passwordUri: string;
    };
