/**
 * The custom availability provider's contract as types (WorkMail Administrator Guide, "Building the custom
 * availability provider Lambda function"). The first half is what our code speaks, with times in milliseconds; the
 * second half is the answer as it is sent. `cap.ts` decodes and encodes.
 */

/** Who asks. WorkMail fills it in; each member may be missing (a test event is not documented). */
export interface CapRequester {
  readonly email: string | undefined;
  readonly userName: string | undefined;
  readonly organization: string | undefined;
  readonly userId: string | undefined;
  readonly origin: string | undefined;
}

export interface CapRequest {
  readonly requester: CapRequester;
  /** In the request's own spelling and order, each spelling once. */
  readonly mailboxes: readonly string[];
  /** Milliseconds since 1970 UTC, `startMs < endMs`. */
  readonly window: { readonly startMs: number; readonly endMs: number };
}

/** The errors that WorkMail knows by name; anything else it shows as ErrorFreeBusyGenerationFailed. */
export type CapError =
  | 'MailboxNotFound'
  | 'ErrorAvailabilityConfigNotFound'
  | 'ErrorServerBusy'
  | 'ErrorTimeoutExpired'
  | 'ErrorFreeBusyGenerationFailed'
  | 'ErrorResponseSchemaValidation';

/** What is known about one mailbox. */
export type CapAnswer =
  | {
      readonly kind: 'events';
      readonly events: readonly CapEvent[];
      readonly workingHours?: CapWorkingHours;
    }
  | { readonly kind: 'error'; readonly error: CapError };

export interface CapEvent {
  /** Milliseconds since 1970 UTC; `startMs <= endMs`. Not cut to the window. */
  readonly startMs: number;
  readonly endMs: number;
  readonly busyType: 'BUSY' | 'FREE' | 'TENTATIVE';
  /** All six members or none. */
  readonly details?: CapEventDetails;
}

export interface CapEventDetails {
  readonly subject: string;
  readonly location: string;
  readonly instanceType: 'SINGLE_INSTANCE' | 'RECURRING_INSTANCE' | 'EXCEPTION';
  readonly isMeeting: boolean;
  readonly isReminderSet: boolean;
  readonly isPrivate: boolean;
}

export type CapDay = 'SUN' | 'MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT';
export type CapMonth =
  | 'JAN'
  | 'FEB'
  | 'MAR'
  | 'APR'
  | 'MAY'
  | 'JUN'
  | 'JUL'
  | 'AUG'
  | 'SEP'
  | 'OCT'
  | 'NOV'
  | 'DEC';
export type CapWeek = 'FIRST' | 'SECOND' | 'THIRD' | 'FOURTH' | 'LAST';

/** When a season begins, as "last Sunday of October, 03:00 on the clock before the change". */
export interface CapTransition {
  /** Local minus UTC while this season lasts, in minutes: 60 for CET, 120 for CEST. Not relative to anything. */
  readonly offsetMinutes: number;
  /** Local time `HH:MM:SS`. */
  readonly time: string;
  readonly month: CapMonth;
  readonly week: CapWeek;
  readonly dayOfWeek: CapDay;
}

export interface CapTimezone {
  /** Windows zone name, as the guide's sample has it. */
  readonly name: string;
  /** Local minus UTC in standard time, in minutes: 60 for Berlin, -300 for New York. `cap-timezone.ts` turns it into a bias. */
  readonly offsetMinutes: number;
  /** Both seasons, or absent when the zone has none or they do not fit the pattern. */
  readonly transitions?: { readonly standard: CapTransition; readonly daylight: CapTransition };
}

export interface CapWorkingHours {
  readonly timezone: CapTimezone;
  readonly periods: readonly {
    /** Minutes after local midnight, 0..1440, start < end. */
    readonly startMinutes: number;
    readonly endMinutes: number;
    readonly days: readonly CapDay[];
  }[];
}

/** Which way `bias` counts in the answer; see `cap-timezone.ts`. */
export type BiasConvention = 'ews' | 'utc-offset';

// ---- The answer as it is sent ----

export interface CapResponse {
  readonly mailboxes: readonly CapMailboxResponse[];
}

export type CapMailboxResponse =
  | {
      readonly mailbox: string;
      readonly events: readonly CapEventResponse[];
      readonly workingHours?: CapWorkingHoursResponse;
    }
  | { readonly mailbox: string; readonly error: CapError };

export interface CapEventResponse {
  /** RFC 3339, UTC, with milliseconds. */
  readonly startTime: string;
  readonly endTime: string;
  readonly busyType: 'BUSY' | 'FREE' | 'TENTATIVE';
  readonly details?: CapEventDetails;
}

export interface CapTransitionResponse {
  readonly offset: number;
  readonly time: string;
  readonly month: CapMonth;
  readonly week: CapWeek;
  readonly dayOfWeek: CapDay;
}

export interface CapTimezoneResponse {
  readonly name: string;
  readonly bias: number;
  readonly standardTime?: CapTransitionResponse;
  readonly daylightTime?: CapTransitionResponse;
}

export interface CapWorkingHoursResponse {
  readonly timezone: CapTimezoneResponse;
  readonly workingPeriods: readonly {
    readonly startMinutes: number;
    readonly endMinutes: number;
    readonly days: readonly CapDay[];
  }[];
}
