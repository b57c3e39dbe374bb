/** Free/busy as the rest of the code sees it. */

export type BusyType = 'BUSY' | 'TENTATIVE' | 'FREE';

/** One stretch of time. Not cut to the window that was asked for. */
export interface BusyEvent {
  /** Milliseconds since 1970 UTC, `startMs < endMs`. */
  readonly startMs: number;
  readonly endMs: number;
  readonly busyType: BusyType;
  /** Absent when only the time is known (VFREEBUSY, merged times). */
  readonly details?: EventDetails;
}

export interface EventDetails {
  /** Both empty when the event is private. */
  readonly subject: string;
  readonly location: string;
  /** `EXCEPTION`: an instance that differs from its series. */
  readonly instanceType: 'SINGLE_INSTANCE' | 'RECURRING_INSTANCE' | 'EXCEPTION';
  readonly isMeeting: boolean;
  readonly isReminderSet: boolean;
  readonly isPrivate: boolean;
}
