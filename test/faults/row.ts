/** A row of docs/failures.md, what several of them say, and how the page shows one. */
import type { Mail, WorldOptions } from './world.ts';

/** Where the mail ends, and what was said of it. */
export interface Expected {
  readonly outcome: 'Inbox' | 'Junk' | 'sent';
  /** Whether the copy carries the change (a banner inbound, a footer outbound). Never twice. */
  readonly changed: boolean;
  /** Whether there is a compliance record; undefined where that is chance. Never two. */
  readonly recorded: boolean | undefined;
  /** Whether WorkMail calls the function again; left open where the first call alone takes about the rule timeout. */
  readonly again?: boolean;
  /** Metrics that are counted; no others are. */
  readonly metrics: readonly string[];
  /** A try may be ended in the middle of a call, which then counts as a failure of its own, or not. */
  readonly metricsVary?: true;
  /** A record in the function's log: its event and kind or outcome. */
  readonly log?: { readonly event: string; readonly word: string };
}

export interface FaultRow {
  readonly name: string;
  readonly workmail: string;
  readonly mailroom: string;
  readonly faults: readonly string[];
  /** A stand-in of its own. */
  readonly world?: WorldOptions;
  /** What is done to it before the mail comes: `copy` lets it keep a last good policy. */
  readonly before?: 'copy' | 'other-region' | 'no-bucket-policy' | 'right-to-call';
  readonly mail?: Mail;
  /** Absent: inbound. `redirected`: what the mailbox sends on of mail that came in. */
  readonly direction?: 'outbound' | 'redirected';
  readonly expected: Expected;
}

export const GET = 'workmailmessageflow:GetRawMessageContent';
export const PUT = 'workmailmessageflow:PutRawMessageContent';
/** An organization's id that is not this one's. */
export const OTHER = `m-${'f'.repeat(32)}`;
export const OUTSIDE = { address: '203.0.113.66', name: 'unknown.invalid' };
export const ANSWERED = ['StepFailures', 'FallbackAnswers'];
export const PERMANENT = { event: 'failure', word: 'permanent-error' };
export const TEMPORARY = { event: 'failure', word: 'temporary-error' };
export const TIMEOUT = { event: 'failure', word: 'timeout' };

export const fine: Expected = { outcome: 'Inbox', changed: true, recorded: true, again: false, metrics: [] };
export const unchanged: Expected = { ...fine, changed: false, metrics: ANSWERED, log: PERMANENT };
export const fallback: Expected = {
  outcome: 'Junk',
  changed: false,
  recorded: false,
  again: true,
  metrics: ['StepFailures'],
  log: TEMPORARY,
};

export const slow: Expected = {
  outcome: 'Junk',
  changed: false,
  recorded: false,
  metrics: ['StepFailures', 'NearTimeouts'],
  log: TIMEOUT,
};

/** The function has no say, and so nothing to tell. */
export const silent: Expected = {
  outcome: 'Junk',
  changed: false,
  recorded: false,
  again: true,
  metrics: [],
};

export const TRIES =
  'Calls again, with growing pauses, until the rule timeout; then the fallback of the rule acts.';
export const NOTHING = 'Notices nothing.';
export const ONCE_MORE = 'Calls again after 10 s.';
export const REFUSES = 'Refuses the call.';
export const SDK = 'Makes the call again at once.';
export const MARKED = 'Makes the call again at once; the same content is put twice, and is there once.';

/** The row as docs/failures.md has it. */
export function line({ name, workmail, mailroom, expected }: FaultRow): string {
  const { outcome, changed, recorded, metrics, log } = expected;
  const ends = [
    outcome === 'sent' ? 'Sent' : outcome,
    changed ? 'changed' : 'unchanged',
    recorded === undefined ? 'perhaps recorded' : recorded ? 'recorded' : 'no record',
  ];
  const words = log === undefined ? [] : [`log \`${log.event}\` ${log.word}`];
  const see = [...words, ...metrics.map((metric) => `\`${metric}\``)];
  return `| ${[name, workmail, mailroom, ends.join(', '), see.join(', ') || 'the trace'].join(' | ')} |`;
}
