/** What conditions ask that a message cannot tell, looked up only where a rule asks, and the facts with it. */
import type { DmarcReason } from '../../../shared/auth/index.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { type ContentReaders, type FactSources, messageFacts } from '../../../shared/policy/facts.ts';
import { type LookupScope, neededLookups, opensContent } from '../../../shared/policy/lookups.ts';
import type { Lookups, MessageFacts } from '../../../shared/policy/message-facts.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';

/** The facts about a message. Throws TemporaryError where something that a rule asks for cannot be had now. */
export async function factsOf(
  invocation: Invocation,
  message: FetchedMessage,
  dmarcReason: DmarcReason | undefined,
): Promise<MessageFacts> {
  const scope = { direction: directionOf(invocation), now: invocation.ports.now() };
  const lookups = await lookUp(invocation, message, scope);
  const content = opensContent(invocation.policy, scope) ? await loadReaders() : undefined;
  return factsWith(invocation, message, { now: scope.now, lookups, content, dmarcReason });
}

/** What the message tells by itself: for texts, of which nobody knows what they ask. */
export async function factsWithout(invocation: Invocation, message: FetchedMessage): Promise<MessageFacts> {
  const lookups = { groups: new Map(), firstContact: [] };
  return factsWith(invocation, message, {
    now: invocation.ports.now(),
    lookups,
    content: await loadReaders(),
  });
}

/** A good part of the bundle, and few policies ask what is inside of bodies and attachments. */
async function loadReaders(): Promise<ContentReaders> {
  const { contentReaders } = await import('../../../shared/mime/content-readers.ts');
  return contentReaders;
}

function factsWith(
  invocation: Invocation,
  message: FetchedMessage,
  more: Required<Pick<FactSources, 'now' | 'lookups'>> & Pick<FactSources, 'content' | 'dmarcReason'>,
): MessageFacts {
  const { event, policy } = invocation;
  return messageFacts({
    ...more,
    message: message.parsed(),
    direction: directionOf(invocation),
    // The event names the author here, except for mail of nobody: that has none (workmail/types.ts).
    envelopeSender: event.mailFrom === '' ? '' : undefined,
    recipients: event.recipients,
    evidence: message.evidence(),
    author: message.author(),
    organization: policy.organization,
  });
}

function directionOf({ event }: Invocation): MessageFacts['direction'] {
  if (event.flowDirection === undefined) return undefined;
  return event.flowDirection === 'INBOUND' ? 'inbound' : 'outbound';
}

async function lookUp(invocation: Invocation, message: FetchedMessage, scope: LookupScope): Promise<Lookups> {
  const needed = neededLookups(invocation.policy, scope);
  const groups = new Map<string, ReadonlySet<string>>();
  for (const group of needed.groups) {
    const members = await known(invocation, 'group', () => membersOf(invocation, group));
    if (members !== undefined) groups.set(group, members);
  }
  const asks = needed.firstContact && scope.direction === 'inbound';
  const firstContact = asks
    ? await known(invocation, 'first-contact', () => contactsOf(invocation, message))
    : undefined;
  return { groups, firstContact: firstContact ?? invocation.event.recipients.map(() => undefined) };
}

/** What cannot be had until a person acts is unknown, and an error in the log. */
async function known<T>(invocation: Invocation, what: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const failure = { step: 'rewrite', kind: 'lookup', what, reason: whyOf(error) } as const;
    invocation.log({ level: 'error', event: 'failure', ...failure, action: 'unknown' });
    return undefined;
  }
}

async function membersOf({ ports, deadline }: Invocation, group: string): Promise<ReadonlySet<string>> {
  const members = await ports.directory.groupMembers(group, deadline.signal);
  if (members === undefined) throw new PermanentError('a group that a rule names is not in the directory');
  return members;
}

async function contactsOf(
  { event, ports, deadline }: Invocation,
  message: FetchedMessage,
): Promise<readonly (boolean | undefined)[]> {
  if (ports.contacts === undefined) throw new PermanentError('MAILROOM_KEEP_BUCKET is not set');
  const author = message.author();
  // Nobody can be known by a From that names nobody, or several.
  if (author.kind !== 'one') return event.recipients.map(() => true);
  const { recipients, messageId } = event;
  const question = { author: author.address, proved: isProved(message), recipients, messageId };
  return ports.contacts.firstContact(question, deadline.signal);
}

/**
 * What SES says is enough here. Where SES writes nothing, a sender can write it in its place: then he is known as whom he
 * names, as he would be if no proof was asked for.
 */
function isProved(message: FetchedMessage): boolean {
  const evidence = message.evidence();
  return evidence.state === 'present' && evidence.dmarc.result === 'pass';
}
