/**
 * The policy as the rest of the code sees it: validated, with every default filled in. `parse.ts` makes it from
 * `policy.yaml`; nothing else does.
 */

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
  /** In file order, which is the order in which they act. Empty: the rewrite step has nothing to do. */
  readonly rules: readonly Rule[];
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
}

export interface Rule {
  readonly name: string;
  readonly when: Condition;
  readonly unless?: Condition;
  /** At least one. */
  readonly do: readonly Action[];
  readonly onTimeout: RetryOr<'deliverUnchanged'>;
  readonly onTemporaryError: RetryOr<'deliverUnchanged'>;
}

/** Every member given must hold (AND); among the values of one member one is enough (OR). An empty condition always holds. */
export interface Condition {
  readonly direction?: 'inbound' | 'outbound';
  /** `inside`: the author is of the organization and authentication proves it. Unknown counts as `outside`. */
  readonly senderScope?: 'inside' | 'outside';
  /** The author (From header) matches one pattern. It is a claim: use it in `unless` only together with `senderScope`. */
  readonly from?: readonly AddressPattern[];
  readonly recipientScope?: 'inside' | 'outside';
  readonly sentTo?: readonly AddressPattern[];
  /** Whether `recipientScope` and `sentTo` must hold for one recipient (`any`, as in Exchange) or for every one. */
  readonly recipientMatch: 'any' | 'all';
  /** The decoded Subject contains one of these, case-insensitive. */
  readonly subjectContains?: readonly string[];
  /** A header of this name contains one of these words, case-insensitive. */
  readonly headerContains?: { readonly name: string; readonly words: readonly string[] };
}

export interface DisclaimerText {
  /** Plain text; used as it stands in text/plain parts, and, escaped, in HTML parts when `html` is absent. */
  readonly text: string;
  /** HTML fragment for text/html parts. */
  readonly html?: string;
}

export type Action =
  | ({ readonly kind: 'prependDisclaimer' } & DisclaimerText)
  | ({ readonly kind: 'appendDisclaimer' } & DisclaimerText)
  | { readonly kind: 'prependSubject'; readonly tag: string };

export type DmarcAction = 'default' | 'junk' | 'bounce' | 'drop';

export interface DmarcPolicy {
  /** `monitor`: decide and log, change nothing. */
  readonly mode: 'monitor' | 'enforce';
  /** What is done with mail that fails, by the policy that its domain publishes. */
  readonly actions: {
    readonly none: DmarcAction;
    readonly quarantine: DmarcAction;
    readonly reject: DmarcAction;
  };
  /** What is done when there is no evidence or it is ambiguous. */
  readonly unknown: 'default' | 'junk';
  readonly exceptions: readonly DmarcException[];
  readonly onTimeout: RetryOr<'default' | 'junk'>;
  readonly onTemporaryError: RetryOr<'default' | 'junk'>;
}

/** Mail that fails DMARC and is wanted all the same. Bound to evidence: a From domain alone proves nothing. */
export interface DmarcException {
  readonly from: readonly AddressPattern[];
  /** At least one of the two lists is not empty. */
  readonly authenticatedBy: { readonly dkim: readonly string[]; readonly spf: readonly string[] };
  readonly action: 'default' | 'junk';
  readonly reason: string;
}

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
