/**
 * How many recipients outside the organization were written to today, of each user and of all users together; and how
 * many anywhere from the test domain `ALIAS.awsapps.com`, "regardless of destination". Recipients that a rule's function
 * added count like those the user named, and so does what a rule of the user's mailbox redirects. What is beyond a quota
 * is bounced to the sender; the guide does not say how, and the code is the one that other services give.
 *
 * A day is one of UTC. Counts are kept in `sending.jsonl`, one line for each message, so that a restart goes on with
 * them; a message that is decided a second time, after a crash, is counted once.
 */
import { domainOf } from '../../shared/policy/pattern.ts';
import { redirectingMailbox } from '../flow/children.ts';
import type { Disk } from '../flow/disk.ts';
import type { Decision, Entry, RecipientDecision } from '../flow/types.ts';
import type { Organization } from '../organization.ts';
import type { SendingQuotas } from './settings.ts';

/** RFC 3463 §3.5: X.4.5, the system has more than it takes. */
export const OVER_QUOTA = {
  text: 'The sending quota for today is used up.',
  status: '5.4.5',
} as const;

/** How many recipients of one message count. */
export interface Counted {
  /** Outside the organization. */
  readonly outside: number;
  /** Inside: they count for the test domain only. */
  readonly inside: number;
}

interface Sent extends Counted {
  readonly day: string;
  readonly id: string;
  readonly user: string;
  readonly isTestDomain: boolean;
}

export interface SendingCounts {
  /** Counts a message; gives how many of its `wanted` recipients may be written to. */
  take(message: Omit<Sent, 'day' | keyof Counted>, wanted: Counted): Counted;
}

/** Opens the counts of today; those of other days are forgotten. */
export async function openSendingCounts(options: {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly quotas: SendingQuotas;
  now(): number;
}): Promise<SendingCounts> {
  const { disk, quotas } = options;
  const path = `${options.dataDir}/sending.jsonl`;
  const today = (): string => new Date(options.now()).toISOString().slice(0, 10);
  const sent = new Map<string, Sent>();
  const text = Buffer.from((await disk.read(path)) ?? []).toString('utf8');
  for (const line of text.split('\n')) {
    const one = parseSent(line);
    if (one?.day === today()) sent.set(one.id, one);
  }
  if (text !== '') disk.replace(path, [...sent.values()].map(toLine).join(''));
  return {
    take(message, wanted) {
      const day = today();
      const known = sent.get(message.id);
      if (known !== undefined) return allowed(wanted, known.outside, known.outside + known.inside);
      for (const [id, one] of sent) if (one.day !== day) sent.delete(id);
      const rooms = roomsFor(message, sent.values(), quotas);
      const counted = allowed(wanted, rooms.outside, message.isTestDomain ? rooms.testDomain : Infinity);
      const one = { day, ...message, ...counted };
      sent.set(message.id, one);
      disk.append(path, toLine(one));
      return counted;
    },
  };
}

/** At most so many outside, and in all; those outside first. */
function allowed(wanted: Counted, mostOutside: number, mostInAll: number): Counted {
  const outside = Math.max(0, Math.min(wanted.outside, mostOutside, mostInAll));
  return { outside, inside: Math.max(0, Math.min(wanted.inside, mostInAll - outside)) };
}

function roomsFor(
  message: Pick<Sent, 'user'>,
  sentToday: Iterable<Sent>,
  quotas: SendingQuotas,
): { readonly outside: number; readonly testDomain: number } {
  const counts = { user: 0, account: 0, testDomain: 0 };
  for (const { user, isTestDomain, outside, inside } of sentToday) {
    counts.account += outside;
    if (user === message.user) counts.user += outside;
    if (isTestDomain) counts.testDomain += outside + inside;
  }
  return {
    outside: Math.min(quotas.perUser - counts.user, quotas.perAccount - counts.account),
    testDomain: quotas.testDomain - counts.testDomain,
  };
}

/** The decision with a bounce for each recipient beyond what may be sent; the first ones go. */
export function bounceBeyondQuota(
  entry: Entry,
  decision: Decision,
  organization: Organization,
  counts: SendingCounts,
): Decision {
  const redirecting = redirectingMailbox(entry);
  const user = entry.authenticatedUser ?? redirecting;
  // Notices and journal records are WorkMail's own: no user sends them.
  if (entry.direction === 'inbound' || user === undefined) return decision;
  const isTestDomain = domainOf(redirecting ?? entry.mailFrom) === `${organization.alias}.awsapps.com`;
  const isOutside = ({ recipient }: RecipientDecision): boolean =>
    !organization.domains.includes(domainOf(recipient));
  const leaving = decision.recipients.filter(({ to }) => to === 'send' || to === 'gateway');
  const outside = leaving.filter(isOutside);
  const inside = isTestDomain ? leaving.filter((item) => !isOutside(item)) : [];
  if (outside.length + inside.length === 0) return decision;
  const wanted = { outside: outside.length, inside: inside.length };
  const counted = counts.take({ id: entry.id, user, isTestDomain }, wanted);
  const refused = new Set([...outside.slice(counted.outside), ...inside.slice(counted.inside)]);
  const why = 'the sending quota for today is used up';
  return {
    ...decision,
    recipients: decision.recipients.map((item) =>
      refused.has(item) ? { ...item, to: 'bounce', why, notice: OVER_QUOTA } : item,
    ),
  };
}

function toLine(sent: Sent): string {
  return `${JSON.stringify(sent)}\n`;
}

/** Undefined for a line that a crash has cut short. */
function parseSent(line: string): Sent | undefined {
  try {
    const value: unknown = line === '' ? undefined : JSON.parse(line);
    return isSent(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isSent(value: unknown): value is Sent {
  if (typeof value !== 'object' || value === null) return false;
  const { day, id, user, outside, inside }: Partial<Record<string, unknown>> = { ...value };
  return (
    [day, id, user].every((part) => typeof part === 'string') &&
    [outside, inside].every((part) => typeof part === 'number') &&
    'isTestDomain' in value
  );
}
