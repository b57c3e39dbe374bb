/** What conditions ask that a message cannot tell, looked up only where a rule asks, and the facts with it. */
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { type ContentReaders, type FactSources, messageFacts } from '../../../shared/policy/facts.ts';
import {
  asksEvidence,
  type LookupScope,
  type NeededLookups,
  neededLookups,
  opensContent,
} from '../../../shared/policy/lookups.ts';
import type { Lookups, MessageFacts } from '../../../shared/policy/message-facts.ts';
import type { Rule } from '../../../shared/policy/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import { firstContacts } from './first-contact.ts';
import type { SoFar } from './step.ts';

/** Look-ups get this part of the time that is left: one that hangs must not cost the rules that ask nobody. */
const LOOKUP_PART = 0.5;
const MAX_LOOKUP_MS = 10_000;

/**
 * The facts about a message. What cannot be looked up is unknown; a TemporaryError is thrown where a rule that asks for it
 * wants mail to wait.
 */
export async function factsOf(
  invocation: Invocation,
  message: FetchedMessage,
  { dmarc, evidence }: Pick<SoFar, 'dmarc' | 'evidence'>,
): Promise<MessageFacts> {
  const scope = { direction: directionOf(invocation), now: invocation.ports.now() };
  const [lookups, gathered] = await Promise.all([
    lookUp(invocation, message, scope),
    evidence ?? evidenceFor(invocation, message, scope),
  ]);
  const dmarcReason = dmarc?.reason;
  const content = opensContent(invocation.policy, scope) ? await loadReaders() : undefined;
  return factsWith(invocation, message, { now: scope.now, lookups, content, dmarcReason, gathered });
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
  more: Required<Pick<FactSources, 'now' | 'lookups'>> &
    Pick<FactSources, 'content' | 'dmarcReason' | 'gathered'>,
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

/** In a function that rewrites alone there is no step before that asked; the DNS is asked where a rule does. */
async function evidenceFor(
  invocation: Invocation,
  message: FetchedMessage,
  scope: LookupScope,
): Promise<Evidence | undefined> {
  const { policy } = invocation;
  const wanted = scope.direction === 'inbound' && policy.dmarc !== undefined && asksEvidence(policy, scope);
  return wanted ? invocation.gathered(message) : undefined;
}

function directionOf({ event }: Invocation): MessageFacts['direction'] {
  if (event.flowDirection === undefined) return undefined;
  return event.flowDirection === 'INBOUND' ? 'inbound' : 'outbound';
}

async function lookUp(invocation: Invocation, message: FetchedMessage, scope: LookupScope): Promise<Lookups> {
  const { deadline, event } = invocation;
  const needed = neededLookups(invocation.policy, scope);
  const askContacts = needed.firstContact && scope.direction === 'inbound';
  const groups = new Map<string, ReadonlySet<string>>();
  if (needed.groups.length === 0 && !askContacts) return { groups, firstContact: nobodyKnows(event) };
  const signal = AbortSignal.any([
    deadline.signal,
    AbortSignal.timeout(Math.floor(Math.min(deadline.remaining() * LOOKUP_PART, MAX_LOOKUP_MS))),
  ]);
  const askGroups = async () => {
    for (const group of needed.groups) {
      const asks = (rule: Rule) => neededByOne(invocation, rule, scope).groups.includes(group);
      const members = await known(invocation, 'group', asks, () => membersOf(invocation, group, signal));
      if (members !== undefined) groups.set(group, members);
    }
  };
  const asks = (rule: Rule) => neededByOne(invocation, rule, scope).firstContact;
  const [firstContact] = await Promise.all([
    askContacts
      ? known(invocation, 'first-contact', asks, () => firstContacts(invocation, message, signal))
      : undefined,
    askGroups(),
  ]);
  return { groups, firstContact: firstContact ?? nobodyKnows(event) };
}

function nobodyKnows({ recipients }: Invocation['event']): readonly undefined[] {
  return recipients.map(() => undefined);
}

function neededByOne({ policy }: Invocation, rule: Rule, scope: LookupScope): NeededLookups {
  return neededLookups({ ...policy, rules: [rule] }, scope);
}

/**
 * Undefined is unknown, and said in the log: what cannot be had costs the conditions that ask for it, and no other rule.
 * Thrown is what passes, where a rule that asks wants to wait for that, and the end of the invocation.
 */
async function known<T>(
  invocation: Invocation,
  what: string,
  asks: (rule: Rule) => boolean,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TemporaryError) {
      if (invocation.deadline.signal.aborted) throw error;
      const setting = error instanceof DeadlineError ? 'onTimeout' : 'onTemporaryError';
      const acts = (rule: Rule) => invocation.mode === 'enforce' && rule.mode === 'enforce';
      if (invocation.policy.rules.some((rule) => acts(rule) && rule[setting] === 'retry' && asks(rule)))
        throw error;
    } else if (!(error instanceof PermanentError)) throw error;
    const level = error instanceof PermanentError ? 'error' : 'warn';
    const failure = { step: 'rewrite', kind: 'lookup', what, reason: whyOf(error) } as const;
    invocation.log({ level, event: 'failure', ...failure, action: 'unknown' });
    return undefined;
  }
}

async function membersOf(
  { ports }: Invocation,
  group: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const members = await ports.directory.groupMembers(group, signal);
  if (members === undefined) throw new PermanentError('a group that a rule names is not in the directory');
  return members;
}
