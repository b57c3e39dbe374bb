/**
 * Reads the answer of a synchronous function as strictly as WorkMail does. A wrong answer counts as a failed call: it
 * is tried again until the rule timeout, then the rule's fallback acts for everyone. Limits of the guide: 15 s, 256 KB, 10
 * different actions (the rest: fallback), 500 recipients outbound, types by direction, and inbound mail can be added
 * to recipients of the organization only.
 */
import type { InvokeOutcome } from '../types.ts';
import type { Direction } from './types.ts';

/** Lambda's own time-out ends a function here at the latest; one that runs elsewhere may have a longer one. */
const MAX_CALL_MS = 15_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_ACTIONS = 10;
const MAX_OUTBOUND_RECIPIENTS = 500;
/** RFC 5321 §4.5.3.1; a longer "address" would only fill the queue. */
const MAX_ADDRESS_CHARS = 320;

const TYPES = ['DEFAULT', 'DROP', 'BOUNCE', 'MOVE_TO_JUNK', 'BYPASS_SPAM_CHECK'] as const;
const OUTBOUND_TYPES: readonly AnswerType[] = ['DEFAULT', 'DROP', 'BOUNCE'];

export type AnswerType = (typeof TYPES)[number];

export interface AnswerAction {
  readonly type: AnswerType;
  /** For BOUNCE: what the function wants the sender to be told. */
  readonly bounceMessage?: string;
}

export type ReadAnswer =
  | {
      readonly kind: 'answer';
      /** By recipient, in the spelling of the event. Who is missing gets the fallback. */
      readonly actions: ReadonlyMap<string, AnswerAction>;
      /** Recipients that the function added. */
      readonly added: readonly { readonly recipient: string; readonly action: AnswerAction }[];
      /** What was left out of account, and why. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'failed'; readonly why: string };

export interface AnswerContext {
  readonly direction: Direction;
  /** For whom the rule acts. */
  readonly recipients: readonly string[];
  /** Is it an address of the organization? */
  knows(address: string): boolean;
}

/** Everything but a sound answer is `failed`, with the reason. Never throws. */
export function readAnswer(outcome: InvokeOutcome, context: AnswerContext): ReadAnswer {
  switch (outcome.kind) {
    case 'error':
      return failed(`it threw ${outcome.errorType}: ${outcome.errorMessage}`);
    case 'timeout':
      return failed('it did not answer in time');
    case 'crash':
      return failed(`its process ended: ${outcome.why}`);
    case 'answer':
      break;
  }
  if (outcome.durationMs > MAX_CALL_MS)
    return failed(`it answered after ${Math.round(outcome.durationMs)} ms; WorkMail waits ${MAX_CALL_MS}`);
  if (outcome.bytes > MAX_ANSWER_BYTES)
    return failed(`its answer has ${outcome.bytes} bytes; at most ${MAX_ANSWER_BYTES} are taken`);
  const stated = readActions(outcome.payload, context.direction);
  return typeof stated === 'string' ? failed(stated) : settle(stated, context);
}

function failed(why: string): ReadAnswer {
  return { kind: 'failed', why };
}

interface StatedAction {
  readonly action: AnswerAction;
  readonly recipients: readonly string[];
  readonly allRecipients: boolean;
}

/** The actions as stated, or what is wrong with them. */
function readActions(payload: unknown, direction: Direction): readonly StatedAction[] | string {
  if (!isObject(payload)) return 'its answer is not an object with "actions"';
  const list = payload['actions'];
  if (!Array.isArray(list)) return '"actions" is not a list';
  const stated: StatedAction[] = [];
  for (const [index, item] of list.entries()) {
    const read = readAction(item, direction);
    if (typeof read === 'string') return `actions[${index}]${read}`;
    stated.push(read);
  }
  return stated;
}

function readAction(item: unknown, direction: Direction): StatedAction | string {
  if (!isObject(item)) return ' is not an object';
  const { action, recipients, allRecipients } = item;
  if (!isObject(action)) return '.action is not an object';
  const type = TYPES.find((word) => word === action['type']);
  if (type === undefined) return '.action.type is none that there is';
  if (direction === 'outbound' && !OUTBOUND_TYPES.includes(type))
    return `.action.type: ${type} is for inbound mail only`;
  const parameters = action['parameters'] ?? undefined;
  if (parameters !== undefined && !isObject(parameters)) return '.action.parameters is not an object';
  const bounceMessage = parameters?.['bounceMessage'] ?? undefined;
  if (bounceMessage !== undefined && typeof bounceMessage !== 'string')
    return '.action.parameters.bounceMessage is not a text';
  const all = allRecipients ?? false;
  if (typeof all !== 'boolean') return '.allRecipients is not true or false';
  const addresses: unknown = recipients ?? [];
  if (!isAddressList(addresses)) return '.recipients is not a list of addresses';
  const asked = type === 'BOUNCE' && bounceMessage !== undefined ? { type, bounceMessage } : { type };
  return { action: asked, recipients: addresses, allRecipients: all };
}

function isAddressList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  return value.every(
    (item) =>
      typeof item === 'string' &&
      item.length <= MAX_ADDRESS_CHARS &&
      /^[^\s\p{Cc}]+@[^\s\p{Cc}]+$/u.test(item),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Gives every recipient the action stated for it, or else the one for all. */
function settle(stated: readonly StatedAction[], context: AnswerContext): ReadAnswer {
  const notes: string[] = [];
  const kept = firstTen(stated, notes);
  const own = new Map(context.recipients.map((recipient) => [recipient.toLowerCase(), recipient]));
  const named = new Map<string, AnswerAction | 'fallback'>();
  const added = new Map<string, AnswerAction>();
  for (const { action, recipients, counts } of kept) {
    for (const address of recipients) {
      const known = own.get(address.toLowerCase());
      if (known !== undefined) {
        // Named twice: the first counts.
        if (!named.has(known)) named.set(known, counts ? action : 'fallback');
      } else if (counts && mayAdd(address, context, notes)) added.set(address.toLowerCase(), action);
    }
  }
  if (context.direction === 'outbound' && own.size + added.size > MAX_OUTBOUND_RECIPIENTS) {
    return failed(
      `its answer leads to ${own.size + added.size} recipients; at most ${MAX_OUTBOUND_RECIPIENTS} are taken`,
    );
  }
  const forAll = kept.find((item) => item.allRecipients && item.counts)?.action;
  const actions = new Map<string, AnswerAction>();
  for (const recipient of context.recipients) {
    const action = named.get(recipient) ?? forAll;
    if (action !== undefined && action !== 'fallback') actions.set(recipient, action);
  }
  return {
    kind: 'answer',
    actions,
    added: [...added].map(([recipient, action]) => ({ recipient, action })),
    notes,
  };
}

/** Marks the actions that count: those among the first ten different ones. */
function firstTen(
  stated: readonly StatedAction[],
  notes: string[],
): (StatedAction & { readonly counts: boolean })[] {
  const seen = new Set<string>();
  const marked = stated.map((item) => {
    const key = JSON.stringify(item.action);
    if (seen.size < MAX_ACTIONS) seen.add(key);
    return { ...item, counts: seen.has(key) };
  });
  const left = marked.filter((item) => !item.counts).length;
  if (left > 0)
    notes.push(
      `${left} actions beyond the first ${MAX_ACTIONS} different ones: the fallback acts for their recipients`,
    );
  return marked;
}

function mayAdd(address: string, context: AnswerContext, notes: string[]): boolean {
  if (context.direction === 'outbound' || context.knows(address)) return true;
  notes.push('an added recipient is not of the organization: left out');
  return false;
}
