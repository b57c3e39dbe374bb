/**
 * Makes every disposition one that WorkMail takes for the direction of the message, before the answer is laid out.
 *
 * | asked for | answered |
 * |---|---|
 * | MOVE_TO_JUNK or BYPASS_SPAM_CHECK on outbound mail, or when the direction is unknown | DEFAULT |
 * | BOUNCE with an empty text, control characters or a very long text | BOUNCE with a plain text of one size |
 * | more different BOUNCE texts than there is room for | the rarest share one general text |
 * | two dispositions for one address that the event names twice | the more restrictive one |
 * | nothing for a recipient | DEFAULT |
 */
import type { Disposition, RuleEvent } from './types.ts';

/** A bounce text is read by people; one copied from a hostile message could fill the whole answer. In UTF-16 units. */
export const MAX_BOUNCE_TEXT_LENGTH = 1_000;
/** What a bounce says when its own text cannot be used. */
export const GENERAL_BOUNCE_TEXT = "This message was refused by the recipient organization's mail policy.";

/** From the most to the least restrictive; the guide's order for inbound rules, then "left to the fallback". */
const RESTRICTIVENESS: readonly Disposition['type'][] = [
  'DROP',
  'BOUNCE',
  'MOVE_TO_JUNK',
  'DEFAULT',
  'BYPASS_SPAM_CHECK',
  'fallback',
];

/** 0 for the most restrictive. */
export function restrictiveness(disposition: Disposition): number {
  return RESTRICTIVENESS.indexOf(disposition.type);
}

/** The more restrictive of two; the first on a tie. */
export function stricterOf(first: Disposition, second: Disposition): Disposition {
  return restrictiveness(second) < restrictiveness(first) ? second : first;
}

/** What two jobs want for one recipient: DEFAULT says nothing, so the other holds; else the more restrictive. */
export function combined(first: Disposition, second: Disposition): Disposition {
  if (first.type === 'DEFAULT') return second;
  return second.type === 'DEFAULT' ? first : stricterOf(first, second);
}

/** One line of printable text, cut to size; the general text when nothing is left. */
export function cleanBounceText(text: string): string {
  const line = text
    .slice(0, MAX_BOUNCE_TEXT_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return line === '' ? GENERAL_BOUNCE_TEXT : line;
}

/**
 * The disposition of each address of the event, in the event's own spelling, fit for its direction.
 * `maxBounceTexts` is how many different BOUNCE actions there is room for; what was changed goes to `adjustments`.
 */
export function settleDispositions(
  event: Pick<RuleEvent, 'recipients' | 'flowDirection'>,
  dispositions: ReadonlyMap<number, Disposition>,
  maxBounceTexts: number,
  adjustments: string[],
): Map<string, Disposition> {
  const settled = new Map<string, Disposition>();
  for (const [index, address] of event.recipients.entries()) {
    const asked = dispositions.get(index);
    if (asked === undefined) adjustments.push(`recipient ${index}: no disposition was given, DEFAULT`);
    const fit = fitDirection(asked ?? { type: 'DEFAULT' }, index, event.flowDirection, adjustments);
    const before = settled.get(address);
    if (before !== undefined) adjustments.push(`recipient ${index}: named twice, the more restrictive holds`);
    settled.set(address, before === undefined ? fit : stricterOf(before, fit));
  }
  for (const index of dispositions.keys()) {
    if (index >= event.recipients.length || index < 0) {
      adjustments.push(`recipient ${index}: not in the event, left out`);
    }
  }
  return mergeBounceTexts(settled, maxBounceTexts, adjustments);
}

function fitDirection(
  asked: Disposition,
  index: number,
  direction: RuleEvent['flowDirection'],
  adjustments: string[],
): Disposition {
  if (asked.type === 'BOUNCE') {
    const bounceMessage = cleanBounceText(asked.bounceMessage);
    if (bounceMessage !== asked.bounceMessage) {
      adjustments.push(`recipient ${index}: the bounce text was cleaned`);
    }
    return { type: 'BOUNCE', bounceMessage };
  }
  // Outbound rules know BOUNCE, DROP and DEFAULT only; an event without a direction gets the narrower set.
  const inboundOnly = asked.type === 'MOVE_TO_JUNK' || asked.type === 'BYPASS_SPAM_CHECK';
  if (inboundOnly && direction !== 'INBOUND') {
    const why = direction === undefined ? 'an event without a direction' : 'outbound mail';
    adjustments.push(`recipient ${index}: ${asked.type} is not for ${why}, DEFAULT`);
    return { type: 'DEFAULT' };
  }
  return asked;
}

function mergeBounceTexts(
  settled: Map<string, Disposition>,
  maxBounceTexts: number,
  adjustments: string[],
): Map<string, Disposition> {
  const uses = new Map<string, number>();
  for (const disposition of settled.values()) {
    if (disposition.type !== 'BOUNCE') continue;
    uses.set(disposition.bounceMessage, (uses.get(disposition.bounceMessage) ?? 0) + 1);
  }
  if (uses.size <= maxBounceTexts) return settled;
  const byUse = [...uses].sort(([, first], [, second]) => second - first).map(([text]) => text);
  // The general text needs a place of its own, unless it is among the kept ones anyway.
  const kept = new Set(byUse.slice(0, maxBounceTexts - 1));
  adjustments.push(`${uses.size - kept.size} different bounce texts were merged into the general one`);
  const merged = new Map<string, Disposition>();
  for (const [address, disposition] of settled) {
    const general = disposition.type === 'BOUNCE' && !kept.has(disposition.bounceMessage);
    merged.set(address, general ? { type: 'BOUNCE', bounceMessage: GENERAL_BOUNCE_TEXT } : disposition);
  }
  return merged;
}
