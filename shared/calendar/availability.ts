/**
 * Free/busy for a list of mailboxes: who may ask, which calendars belong to a mailbox, and what of them is told. Every
 * mailbox gets an answer, one that fails fails alone, and a mailbox is only answered when all of its calendars were
 * read: half a calendar would show busy time as free.
 */
import type { Log } from '../log.ts';
import { matchesPattern, normalAddress } from '../policy/pattern.ts';
import type { AvailabilityPolicy, MailboxSource } from '../policy/types.ts';
import { busyTimes } from './busy.ts';
import { coarsen, mergeBusy } from './merge.ts';
import type { Failure } from './outcome.ts';
import { failure } from './outcome.ts';
import type { CalendarIo } from './source.ts';
import { readSource } from './source.ts';
import type { BusyEvent } from './types.ts';
import type { WorkingTime } from './working-hours.ts';
import { workingTimeOf } from './working-hours.ts';

export interface AvailabilityQuestion {
  /** Address of who asks; undefined when it is not known. */
  readonly requester: string | undefined;
  /** Any case, each spelling once. */
  readonly mailboxes: readonly string[];
  /** Milliseconds since 1970 UTC, `startMs < endMs`. */
  readonly window: { readonly startMs: number; readonly endMs: number };
}

export type MailboxAnswer =
  | { readonly kind: 'events'; readonly events: readonly BusyEvent[]; readonly workingTime?: WorkingTime }
  | Failure;

export interface AvailabilityPorts {
  readonly io: CalendarIo;
  readonly log: Log;
  /** The signal ends waiting; `remaining` (milliseconds) also counts while a long computation keeps timers from firing. */
  readonly deadline: { readonly signal: AbortSignal; remaining(): number };
}

/** Mailboxes worked on at one time. Against: hundreds of calendars of megabytes each in memory at once. */
const MAX_PARALLEL_MAILBOXES = 8;
/** Events of all mailboxes together, about 4 MB as JSON without details. Against: an answer too large to be sent. */
const MAX_EVENTS_PER_ANSWER = 40_000;
/** Events of one mailbox. Against: a free/busy view that nobody can draw. Exchange's own limit is 1,000. */
const MAX_EVENTS_PER_MAILBOX = 2_000;

/** Answers for every mailbox, under its own spelling. Never throws. */
export async function answerMailboxes(
  question: AvailabilityQuestion,
  policy: AvailabilityPolicy | undefined,
  ports: AvailabilityPorts,
): Promise<ReadonlyMap<string, MailboxAnswer>> {
  const refused = policy === undefined ? NO_POLICY : refusal(question, policy);
  if (policy === undefined || refused !== undefined) {
    const answer = refused ?? NO_POLICY;
    logUnanswered(ports.log, answer);
    return new Map(question.mailboxes.map((mailbox) => [mailbox, answer]));
  }
  const task: Task = { question, policy, ports, late: aborted(ports.deadline.signal) };
  const answers = new Map<string, MailboxAnswer>();
  const started = new Map<string, Promise<MailboxAnswer>>();
  const queue = question.mailboxes.entries();
  const work = async (): Promise<void> => {
    for (const [index, mailbox] of queue) {
      const key = normalAddress(mailbox);
      // Two spellings of one mailbox are one piece of work.
      const answer = started.get(key) ?? answerInTime(key, index, task);
      started.set(key, answer);
      answers.set(mailbox, await answer);
    }
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL_MAILBOXES }, work));
  return answers;
}

interface Task {
  readonly question: AvailabilityQuestion;
  readonly policy: AvailabilityPolicy;
  readonly ports: AvailabilityPorts;
  /** Resolves when the time is over. */
  readonly late: Promise<Failure>;
}

const NO_POLICY = failure('no-configuration', 'the policy has no availability');
const TOO_LATE = failure('timeout', 'the time is over');
const NOT_NAMED = failure('not-found', 'the policy does not name the mailbox');
const NOT_ALLOWED = failure('failed', 'the requester may not ask');

/**
 * A requester that the policy does not name gets the same answer for every mailbox, also for those that do not exist:
 * the answer must not tell which do.
 */
function refusal(question: AvailabilityQuestion, policy: AvailabilityPolicy): Failure | undefined {
  const { requester } = question;
  if (policy.requesters.length === 0) return undefined;
  const named =
    requester !== undefined && policy.requesters.some((pattern) => matchesPattern(pattern, requester));
  return named ? undefined : NOT_ALLOWED;
}

/** What the policy wants unanswered did not fail: anybody can ask about anybody, and no alarm should ring for it. */
function logUnanswered(log: Log, answer: Failure, mailbox?: number): void {
  const which = mailbox === undefined ? {} : { mailbox };
  const event = answer === NOT_NAMED || answer === NOT_ALLOWED ? 'skip' : 'failure';
  log({ level: 'warn', event, ...which, reason: answer.reason, why: answer.why });
}

function aborted(signal: AbortSignal): Promise<Failure> {
  if (signal.aborted) return Promise.resolve(TOO_LATE);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(TOO_LATE), { once: true });
  });
}

async function answerInTime(mailbox: string, index: number, task: Task): Promise<MailboxAnswer> {
  const { log } = task.ports;
  const answer = await Promise.race([answerOne(mailbox, index, task), task.late]).catch(() =>
    failure('failed', 'the work broke off'),
  );
  if (answer.kind === 'failure') logUnanswered(log, answer, index);
  return answer;
}

async function answerOne(mailbox: string, index: number, task: Task): Promise<MailboxAnswer> {
  const { question, policy, ports } = task;
  const { deadline, io } = ports;
  const source = policy.mailboxes.get(mailbox);
  if (source === undefined) return NOT_NAMED;
  if (source.calendars.length === 0) return failure('no-configuration', 'the mailbox has no calendar');
  if (deadline.remaining() <= 0) return TOO_LATE;
  const read = await Promise.all(
    source.calendars.map((calendar) => readSource(calendar, question.window, io, deadline.signal)),
  );
  const zone = source.timezone ?? policy.timezone;
  const events: BusyEvent[] = [];
  for (const [calendar, texts] of read.entries()) {
    if (texts.kind === 'failure') return texts;
    const busy = busyTimes(texts.texts, {
      windowStartMs: question.window.startMs,
      windowEndMs: question.window.endMs,
      defaultZone: zone,
      self: mailbox,
      isLate: () => deadline.remaining() <= 0,
    });
    if (busy.notes.length > 0) {
      ports.log({ level: 'info', event: 'decision', mailbox: index, calendar, notes: busy.notes });
    }
    if (busy.kind === 'late') return TOO_LATE;
    if (busy.kind === 'unreadable') return failure('unreadable', busy.why);
    for (const event of busy.events) events.push(event);
  }
  return {
    kind: 'events',
    events: toldOf(events, policy, question.mailboxes.length),
    ...workingTimeMember(source, zone, question),
  };
}

function workingTimeMember(
  source: MailboxSource,
  zone: string,
  question: AvailabilityQuestion,
): { readonly workingTime?: WorkingTime } {
  if (source.workingHours === undefined) return {};
  const workingTime = workingTimeOf(source.workingHours, zone, question.window);
  return workingTime === undefined ? {} : { workingTime };
}

/**
 * What is told. With `busy` only merged times, so that not even the number of meetings shows; with `details` every
 * event, unless there are too many of them.
 */
function toldOf(
  events: readonly BusyEvent[],
  policy: AvailabilityPolicy,
  mailboxes: number,
): readonly BusyEvent[] {
  const limit = Math.min(MAX_EVENTS_PER_MAILBOX, Math.max(1, Math.floor(MAX_EVENTS_PER_ANSWER / mailboxes)));
  if (policy.show === 'details' && events.length <= limit)
    return [...events].sort((a, b) => a.startMs - b.startMs);
  return coarsen(mergeBusy(events), limit);
}
