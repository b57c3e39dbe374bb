/** What the decision asks beside the evidence: the groups that the policy names, first contacts, and where replies go. */
import type { DmarcContext } from '../../../shared/auth/dmarc/decision-types.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { parseAddressList } from '../../../shared/mime/address.ts';
import { headerFields } from '../../../shared/mime/header.ts';
import { rawHeaderText } from '../../../shared/mime/header-text.ts';
import type { Message } from '../../../shared/mime/types.ts';
import { dmarcGroups } from '../../../shared/policy/lookups.ts';
import type { DmarcPolicy } from '../../../shared/policy/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import { firstContacts } from './first-contact.ts';

/** A message with thousands of such fields, or of addresses in one, must not cost thousands of comparisons. */
const MAX_REPLY_FIELDS = 5;
const MAX_REPLY_ADDRESSES = 50;
/** Stands for those whom a truncated event does not show, and who are added; no entry names it (RFC 2606 §2). */
export const NOT_SHOWN = 'not-shown@mailroom.invalid';
/** A directory that hangs must leave time for the rules and for the answer. */
const GROUPS_PART = 0.4;
/** A hint is worth less: nothing is decided by it. */
const CONTACTS_PART = 0.1;

/** Throws TemporaryError where the directory does not answer now: which entry holds is then not known. */
export async function dmarcContext(
  invocation: Invocation,
  policy: DmarcPolicy,
  message: FetchedMessage,
): Promise<DmarcContext> {
  const { event, policy: whole, ports } = invocation;
  const [members, first] = await Promise.all([
    membersByGroup(invocation, dmarcGroups(policy)),
    policy.firstContact === true ? contactsOf(invocation, message) : undefined,
  ]);
  const shown = event.recipients.map((recipient) => recipient.toLowerCase());
  return {
    organization: whole.organization,
    recipients: event.truncated ? [...shown, NOT_SHOWN] : shown,
    lists: whole.lists,
    groupsOf: (recipient) =>
      [...members].flatMap(([group, addresses]) => (addresses.has(recipient) ? [group] : [])),
    replyTo: repliesOf(message.parsed()),
    ...(first === undefined ? {} : { firstContact: (recipient) => first[shown.indexOf(recipient)] }),
    nowMs: ports.now(),
  };
}

/** Undefined where nobody can tell now, whatever the reason: mail does not wait for a hint. */
async function contactsOf(
  invocation: Invocation,
  message: FetchedMessage,
): Promise<readonly (boolean | undefined)[] | undefined> {
  if (message.author().kind !== 'one') return undefined;
  const { deadline, log } = invocation;
  const timeout = AbortSignal.timeout(Math.floor(deadline.remaining() * CONTACTS_PART));
  try {
    return await firstContacts(invocation, message, AbortSignal.any([deadline.signal, timeout]));
  } catch (error) {
    if (!(error instanceof PermanentError || error instanceof TemporaryError)) throw error;
    const level = error instanceof PermanentError ? 'error' : 'warn';
    const failure = { step: 'dmarc', kind: 'lookup', what: 'first-contact', reason: whyOf(error) } as const;
    log({ level, event: 'failure', ...failure, action: 'unknown' });
    return undefined;
  }
}

type Members = ReadonlyMap<string, ReadonlySet<string>>;

async function membersByGroup(invocation: Invocation, groups: readonly string[]): Promise<Members> {
  if (groups.length === 0) return new Map();
  const { ports, deadline } = invocation;
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new DeadlineError('the time for the directory is over')),
    deadline.remaining() * GROUPS_PART,
  );
  const signal = AbortSignal.any([deadline.signal, over.signal]);
  const members = new Map<string, ReadonlySet<string>>();
  try {
    for (const group of groups) {
      const found = await membersOf(invocation, group, (name) => ports.directory.groupMembers(name, signal));
      if (found !== undefined) members.set(group, found);
    }
  } finally {
    clearTimeout(timer);
  }
  return members;
}

/** Undefined where that will not change by itself: then no entry for the group holds, and the log says so. */
async function membersOf(
  invocation: Invocation,
  group: string,
  ask: (group: string) => Promise<ReadonlySet<string> | undefined>,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const found = await ask(group);
    if (found === undefined)
      throw new PermanentError('a group that the policy names is not in the directory');
    return found;
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const failure = { step: 'dmarc', kind: 'lookup', what: 'group', reason: whyOf(error) } as const;
    invocation.log({ level: 'error', event: 'failure', ...failure, action: 'unknown' });
    return undefined;
  }
}

/** The addresses in Reply-To, lower case. */
export function repliesOf(message: Message): readonly string[] {
  return headerFields(message.root.header, 'reply-to')
    .slice(0, MAX_REPLY_FIELDS)
    .flatMap((field) => parseAddressList(rawHeaderText(message, field)).mailboxes)
    .slice(0, MAX_REPLY_ADDRESSES)
    .map(({ address }) => address.toLowerCase());
}
