/**
 * Builds the answer of a synchronous rule so that WorkMail takes it: a wrong answer is retried for the whole rule
 * timeout and then replaced by the rule's fallback for everyone. Limits: 256 KB, 10 different actions, 500
 * recipients, types by direction (`disposition.ts`), added inbound recipients only of the organization.
 *
 * Layout: the commonest disposition is written as `allRecipients`, the others list their recipients. So a truncated
 * event covers recipients that it does not show, and one decision for all names nobody. A recipient left to the
 * rule's fallback must be in no list and under no `allRecipients`; when there is one, everything is listed.
 *
 * When the lists are too long: without a fallback recipient, DEFAULT is written for all and the most restrictive
 * dispositions are listed as far as they fit; with one, the same are listed and the rest is left to the fallback too.
 */
import { restrictiveness, settleDispositions } from './disposition.ts';
import type { Disposition, RuleEvent, RuleResponse, RuleResponseAction } from './types.ts';

/** WorkMail: "up to 10 unique actions"; the rest would get the fallback. */
export const MAX_RESPONSE_ACTIONS = 10;
/** WorkMail: at most 256 KB; kept a little below, counted in UTF-8 bytes of JSON. */
export const MAX_RESPONSE_BYTES = 256_000;
/** WorkMail: at most 500 recipients for outbound mail; kept for both directions. */
export const MAX_RESPONSE_RECIPIENTS = 500;
/** RFC 5321 §4.5.3.1. */
const MAX_ADDED_ADDRESS_LENGTH = 320;
/** Four other types can stand beside the bounces. */
const MAX_BOUNCE_TEXTS = MAX_RESPONSE_ACTIONS - 4;

export interface RuleResponseOptions {
  /** Addresses that are to get the message too, as blind copies, with DEFAULT. */
  readonly addedRecipients?: readonly string[];
  /** Lower case. Inbound mail can be added to these domains only; without them to none. */
  readonly organizationDomains?: readonly string[];
  /**
   * What holds for the message, whoever gets it: also for recipients that a truncated event does not show; and who is
   * added to mail that is junk gets it as junk. DEFAULT when absent.
   */
  readonly everyone?: Disposition;
  /** `everyone` is what was decided for those others, also where all that are shown get the same. */
  readonly othersDiffer?: boolean;
}

export interface BuiltRuleResponse {
  readonly response: RuleResponse;
  /** What could not be answered as asked, and what is answered instead. Recipients by index. */
  readonly adjustments: readonly string[];
}

interface Group {
  readonly disposition: Disposition;
  readonly recipients: readonly string[];
}

const DELIVER: Disposition = { type: 'DEFAULT' };

/**
 * The answer for `dispositions` (by recipient index in the event). Never throws and never builds an answer that
 * WorkMail would refuse; whatever had to be changed is in `adjustments`.
 */
export function buildRuleResponse(
  event: RuleEvent,
  dispositions: ReadonlyMap<number, Disposition>,
  options: RuleResponseOptions = {},
): BuiltRuleResponse {
  const adjustments: string[] = [];
  const settled = settleDispositions(event, dispositions, MAX_BOUNCE_TEXTS, adjustments);
  const whole = wholeOf(event, options.everyone);
  const domains = options.organizationDomains ?? [];
  const admitted = admitAdded(event, options.addedRecipients ?? [], domains, adjustments);
  const added = { disposition: whole.type === 'MOVE_TO_JUNK' ? whole : DELIVER, recipients: admitted };
  const groups = groupByDisposition(settled);
  const hasFallback = groups.some((group) => group.disposition.type === 'fallback');
  const stated = groups.filter((group) => group.disposition.type !== 'fallback');
  if (hasFallback && event.truncated) {
    adjustments.push('the event is truncated: recipients that it does not show are left to the fallback');
  }
  const decided = event.truncated && options.othersDiffer === true;
  let everyone = hasFallback ? undefined : decided ? whole : forEveryone(event, stated, whole);
  let response = layOut(stated, everyone, added);
  if (!fits(response)) {
    adjustments.push(
      hasFallback
        ? 'too many recipients to list: the least restricted are left to the fallback'
        : 'too many recipients to list: the least restricted get DEFAULT',
    );
    everyone = hasFallback ? undefined : DELIVER;
    response = layOut(listAsManyAsFit(stated, everyone, added), everyone, added);
  }
  return { response, adjustments };
}

function groupByDisposition(settled: ReadonlyMap<string, Disposition>): Group[] {
  const groups = new Map<string, { readonly disposition: Disposition; readonly recipients: string[] }>();
  for (const [address, disposition] of settled) {
    const key = keyOf(disposition);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { disposition, recipients: [address] });
    else group.recipients.push(address);
  }
  return [...groups.values()];
}

function keyOf(disposition: Disposition): string {
  return disposition.type === 'BOUNCE' ? `BOUNCE ${disposition.bounceMessage}` : disposition.type;
}

/** Outbound rules know no junk folder, and an event without a direction gets the narrower set. */
function wholeOf({ flowDirection }: RuleEvent, everyone: Disposition = DELIVER): Disposition {
  const forAny = everyone.type === 'DROP' || everyone.type === 'BOUNCE';
  return forAny || flowDirection === 'INBOUND' ? everyone : DELIVER;
}

/**
 * Of a truncated event nobody knows the other recipients. Where those that it shows differ, the others get what is wanted
 * for the message as a `whole`; without such a wish they get what most get, but nothing that destroys their copy.
 */
function forEveryone(event: RuleEvent, groups: readonly Group[], whole: Disposition): Disposition {
  if (groups.length === 0) return whole;
  const best = commonest(groups);
  const destroys = best.type === 'DROP' || best.type === 'BOUNCE';
  return event.truncated && groups.length > 1 && (destroys || whole.type !== 'DEFAULT') ? whole : best;
}

/** The disposition of most recipients; on a tie the least restrictive, which destroys nothing. */
function commonest(groups: readonly Group[]): Disposition {
  let best: Group | undefined;
  for (const group of groups) {
    const more = group.recipients.length - (best?.recipients.length ?? 0);
    const milder =
      best === undefined || restrictiveness(group.disposition) > restrictiveness(best.disposition);
    if (more > 0 || (more === 0 && milder)) best = group;
  }
  return best?.disposition ?? { type: 'DEFAULT' };
}

function layOut(groups: readonly Group[], everyone: Disposition | undefined, added: Group): RuleResponse {
  const actions = new Map<string, RuleResponseAction>();
  if (everyone !== undefined) {
    actions.set(keyOf(everyone), { action: actionOf(everyone), allRecipients: true });
  }
  for (const { disposition, recipients } of groups) {
    const key = keyOf(disposition);
    if (!actions.has(key)) actions.set(key, { action: actionOf(disposition), recipients });
  }
  if (added.recipients.length > 0) {
    const key = keyOf(added.disposition);
    const before = actions.get(key) ?? { action: actionOf(added.disposition) };
    actions.set(key, { ...before, recipients: [...(before.recipients ?? []), ...added.recipients] });
  }
  return { actions: [...actions.values()] };
}

function actionOf(disposition: Disposition): RuleResponseAction['action'] {
  if (disposition.type === 'BOUNCE') {
    return { type: 'BOUNCE', parameters: { bounceMessage: disposition.bounceMessage } };
  }
  // `fallback` never comes here: it is the absence of an action.
  return { type: disposition.type === 'fallback' ? 'DEFAULT' : disposition.type };
}

function fits(response: RuleResponse): boolean {
  const listed = response.actions.reduce((sum, action) => sum + (action.recipients?.length ?? 0), 0);
  return (
    listed <= MAX_RESPONSE_RECIPIENTS && Buffer.byteLength(JSON.stringify(response)) <= MAX_RESPONSE_BYTES
  );
}

/** The added ones come first: where a message is redirected, nobody else gets it. */
function listAsManyAsFit(groups: readonly Group[], everyone: Disposition | undefined, added: Group): Group[] {
  const strictestFirst = groups
    .filter((group) => everyone === undefined || keyOf(group.disposition) !== keyOf(everyone))
    .sort((first, second) => restrictiveness(first.disposition) - restrictiveness(second.disposition));
  const empty = strictestFirst.map(({ disposition }) => ({ disposition, recipients: [] }));
  let bytes = Buffer.byteLength(JSON.stringify(layOut(empty, everyone, added)));
  let count = added.recipients.length;
  const kept: Group[] = [];
  for (const { disposition, recipients } of strictestFirst) {
    const fitting: string[] = [];
    for (const recipient of recipients) {
      bytes += Buffer.byteLength(JSON.stringify(recipient)) + 1;
      if (count >= MAX_RESPONSE_RECIPIENTS || bytes > MAX_RESPONSE_BYTES) break;
      fitting.push(recipient);
      count += 1;
    }
    if (fitting.length > 0) kept.push({ disposition, recipients: fitting });
    if (fitting.length < recipients.length) break;
  }
  return kept;
}

/**
 * Why nobody at this address can be given the message; undefined when it can. The guide: inbound messages can only be
 * given to recipients of the organization.
 */
function refusalOfAdded(
  event: Pick<RuleEvent, 'flowDirection'>,
  address: string,
  organizationDomains: readonly string[],
): string | undefined {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  if (!/^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u.test(address) || address.length > MAX_ADDED_ADDRESS_LENGTH)
    return 'not an address';
  return event.flowDirection !== 'OUTBOUND' && !organizationDomains.includes(domain)
    ? 'not of the organization'
    : undefined;
}

/**
 * Those of `added` that WorkMail lets us add, and that are no recipients already; why another one is left out goes to
 * `adjustments`. `organizationDomains` are lower case.
 */
export function admitAdded(
  event: Pick<RuleEvent, 'recipients' | 'flowDirection'>,
  added: readonly string[],
  organizationDomains: readonly string[],
  adjustments: string[] = [],
): readonly string[] {
  const admitted = new Set<string>();
  const present = new Set(event.recipients.map((address) => address.toLowerCase()));
  const shown = new Set(event.recipients).size;
  for (const [index, address] of added.entries()) {
    let why = refusalOfAdded(event, address, organizationDomains);
    if (why === undefined && present.has(address.toLowerCase())) why = 'a recipient already';
    else if (why === undefined && shown + admitted.size >= MAX_RESPONSE_RECIPIENTS)
      why = 'too many recipients';
    if (why === undefined) {
      admitted.add(address);
      present.add(address.toLowerCase());
    } else adjustments.push(`added recipient ${index}: ${why}, left out`);
  }
  return [...admitted];
}
