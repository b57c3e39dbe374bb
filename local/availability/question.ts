/** The question for free/busy times as it comes over HTTP, checked. */
import { checkAddress } from '../../shared/policy/names.ts';
import { parseTimestamp } from '../../shared/workmail/cap.ts';
import type { Organization } from '../organization.ts';
import type { Question, Requester } from './ask.ts';

/** Exchange asks for at most 100 mailboxes at once; more in one request would start as many calls. */
export const MAX_MAILBOXES = 100;
/** The longest window that Exchange asks for. */
export const MAX_WINDOW_DAYS = 62;
const DEFAULT_WINDOW_DAYS = 7;
const DAY_MS = 86_400_000;

export type QuestionRead =
  | { readonly ok: true; readonly question: Question }
  | { readonly ok: false; readonly problem: string };

type Members = Pick<Organization, 'mailboxes' | 'expand' | 'isGroup'>;

function readMailboxes(query: URLSearchParams): readonly string[] | string {
  const mailboxes = new Set<string>();
  for (const given of query.getAll('mailbox')) {
    const checked = checkAddress(given);
    if ('why' in checked) return `a mailbox is no address: ${checked.why}`;
    mailboxes.add(checked.value);
  }
  if (mailboxes.size === 0) return 'no mailbox is given';
  return mailboxes.size > MAX_MAILBOXES ? `more than ${MAX_MAILBOXES} mailboxes` : [...mailboxes];
}

function readWindow(query: URLSearchParams, nowMs: number): readonly [number, number] | string {
  const read = (name: string, otherwise: number): number | undefined => {
    const text = query.get(name);
    return text === null ? otherwise : parseTimestamp(text);
  };
  const startMs = read('from', Math.floor(nowMs / DAY_MS) * DAY_MS);
  if (startMs === undefined) return '"from" is no RFC 3339 time, such as 2026-03-16T09:00:00Z';
  const endMs = read('to', startMs + DEFAULT_WINDOW_DAYS * DAY_MS);
  if (endMs === undefined) return '"to" is no RFC 3339 time, such as 2026-03-16T09:00:00Z';
  if (endMs <= startMs) return '"to" is not after "from"';
  return endMs - startMs > MAX_WINDOW_DAYS * DAY_MS
    ? `the window is longer than ${MAX_WINDOW_DAYS} days`
    : [startMs, endMs];
}

/** Who asks: a user, by any of the own addresses; the first user when nobody is named. */
function readRequester(query: URLSearchParams, members: Members, origin: string): Requester | string {
  const named = query.get('requester')?.toLowerCase() ?? members.mailboxes[0] ?? '';
  const [email] = members.isGroup(named) ? [] : members.expand(named);
  if (email === undefined) return 'the requester is no user of the organization';
  const userName = email.slice(0, email.lastIndexOf('@'));
  // Windows counts accounts from 1000 on; WorkMail's own numbering is not published.
  const userId = `S-1-5-21-1-2-3-${1001 + members.mailboxes.indexOf(email)}`;
  return { email, userName, userId, origin };
}

/** Reads `mailbox` (repeated), `from`, `to` and `requester`. The problem never repeats what was given. */
export function readQuestion(
  query: URLSearchParams,
  members: Members,
  context: { readonly nowMs: number; readonly origin: string },
): QuestionRead {
  const mailboxes = readMailboxes(query);
  if (typeof mailboxes === 'string') return { ok: false, problem: mailboxes };
  const window = readWindow(query, context.nowMs);
  if (typeof window === 'string') return { ok: false, problem: window };
  const requester = readRequester(query, members, context.origin);
  if (typeof requester === 'string') return { ok: false, problem: requester };
  const [startMs, endMs] = window;
  return { ok: true, question: { requester, mailboxes, startMs, endMs } };
}
