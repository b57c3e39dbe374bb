/**
 * Which rule acts for one sender and one recipient (WorkMail Administrator Guide, "Managing email flows"). In plain
 * words: a rule applies when a sender pattern and a recipient pattern match. The Sender header is matched first, the
 * From header when there is no Sender header or no rule matches it. Of several rules the most specific acts; of
 * equally specific ones the most restrictive. So one rule acts per recipient.
 *
 * Where the guide says too little, `local/assumptions.ts` has a switch: `weigh`, `outboundDefault`, `lambdaPair`.
 */
import { matchesNormal, normalAddress, patternSpecificity } from '../../shared/policy/pattern.ts';
import type { AddressPattern } from '../../shared/policy/types.ts';
import type { Assumptions } from '../assumptions.ts';
import type { Direction, FlowRule, LambdaRule } from './types.ts';

/** The switches that bear on the choice. */
export type RuleAssumptions = Pick<Assumptions, 'lambdaPair' | 'outboundDefault' | 'weigh'>;

export interface RuleQuestion {
  readonly direction: Direction;
  readonly rules: readonly FlowRule[];
  /** Address in the Sender header, if there is one. */
  readonly sender: string | undefined;
  /** Address in the From header; empty when there is none. */
  readonly from: string;
  readonly recipient: string;
  readonly assumptions: RuleAssumptions;
}

export interface Loser {
  readonly rule: string;
  /** Half a sentence for a person. */
  readonly why: string;
  /** The rule that took the mail; absent when this one does not match at all. */
  readonly to?: string;
}

export interface RuleChoice {
  /** The rule that acts; none: the message takes the default way. With lambdaPair `both`, sometimes a second function. */
  readonly acting: readonly FlowRule[];
  /** The header by which it matched. */
  readonly matchedBy: 'Sender' | 'From' | undefined;
  /** Every other rule, and why it does not act. */
  readonly losers: readonly Loser[];
}

/** How strong a rule's claim on one sender and recipient is. */
export interface Claim {
  readonly rule: FlowRule;
  /** The most specific of its sender patterns that match. */
  readonly sender: AddressPattern;
  readonly recipient: AddressPattern;
}

/** Most restrictive first, in the order in which the guide prints the actions. */
const PRINTED: Readonly<Record<Direction, readonly FlowRule['action'][]>> = {
  inbound: ['drop', 'bounce', 'junk', 'default', 'neverJunk', 'runLambda'],
  outbound: ['default', 'drop', 'bounce', 'smtpGateway', 'runLambda'],
};
/** As the text would have it, which calls drop more restrictive than bounce: default where inbound rules have it. */
const OUTBOUND_DEFAULT_LAST: readonly FlowRule['action'][] = [
  'drop',
  'bounce',
  'smtpGateway',
  'default',
  'runLambda',
];

/** The actions of a direction, the most restrictive first. */
export function actionsByRestriction(
  direction: Direction,
  assumptions: RuleAssumptions,
): readonly FlowRule['action'][] {
  const last = direction === 'outbound' && assumptions.outboundDefault === 'last';
  return last ? OUTBOUND_DEFAULT_LAST : PRINTED[direction];
}

/** Chooses the acting rule. Total: any input gets an answer. */
export function chooseRule(asked: RuleQuestion): RuleChoice {
  // Once, and not for each of a thousand rules.
  const question: RuleQuestion = {
    ...asked,
    sender: asked.sender === undefined ? undefined : normalAddress(asked.sender),
    from: normalAddress(asked.from),
    recipient: normalAddress(asked.recipient),
  };
  const bySender = question.sender === undefined ? [] : claims(question, question.sender);
  const matchedBy = bySender.length > 0 ? 'Sender' : 'From';
  const found = bySender.length > 0 ? bySender : claims(question, question.from);
  // Array.sort is stable: rules that tie in everything keep the order of the file.
  const ranked = found.toSorted((a, b) => compareClaims(a, b, question.direction, question.assumptions));
  const winner = ranked[0];
  if (winner === undefined) {
    return {
      acting: [],
      matchedBy: undefined,
      losers: question.rules.map((rule) => notMatching(question, rule)),
    };
  }
  const second =
    question.assumptions.lambdaPair === 'both'
      ? ranked.find((other) => actBoth(winner, other, question.direction, question.assumptions))
      : undefined;
  const acting = second === undefined ? [winner.rule] : [winner.rule, second.rule];
  const losers = question.rules
    .filter((rule) => !acting.includes(rule))
    .map((rule) => {
      const claim = found.find((candidate) => candidate.rule === rule);
      if (claim === undefined) return notMatching(question, rule);
      const why = whyWeaker(winner, claim, question.direction, question.assumptions);
      return { rule: rule.name, why, to: winner.rule.name };
    });
  return { acting, matchedBy, losers };
}

export function isLambda(rule: FlowRule): rule is LambdaRule {
  return rule.action === 'runLambda';
}

/** Below 0 when `a` acts and not `b`, 0 when nothing tells them apart. */
export function compareClaims(
  a: Claim,
  b: Claim,
  direction: Direction,
  assumptions: RuleAssumptions,
): number {
  const sender = patternSpecificity(b.sender) - patternSpecificity(a.sender);
  const recipient = patternSpecificity(b.recipient) - patternSpecificity(a.recipient);
  const specific = assumptions.weigh === 'sender-first' ? sender || recipient : recipient || sender;
  const order = actionsByRestriction(direction, assumptions);
  return specific || order.indexOf(a.rule.action) - order.indexOf(b.rule.action);
}

/** Whether the second is the other kind of function on patterns just as specific, and lambdaPair lets both act. */
export function actBoth(a: Claim, b: Claim, direction: Direction, assumptions: RuleAssumptions): boolean {
  if (assumptions.lambdaPair !== 'both' || !isLambda(a.rule) || !isLambda(b.rule)) return false;
  return a.rule.mode !== b.rule.mode && compareClaims(a, b, direction, assumptions) === 0;
}

/** Why `loser` does not act, as half a sentence. */
export function whyWeaker(
  winner: Claim,
  loser: Claim,
  direction: Direction,
  assumptions: RuleAssumptions,
): string {
  const name = `"${winner.rule.name}"`;
  for (const side of assumptions.weigh === 'sender-first' ? SENDER_FIRST : RECIPIENT_FIRST) {
    if (patternSpecificity(winner[side]) <= patternSpecificity(loser[side])) continue;
    return `its ${side} pattern ${loser[side]} is less specific than ${winner[side]} of ${name}`;
  }
  return compareClaims(winner, loser, direction, assumptions) < 0
    ? `as specific as ${name}, but ${loser.rule.action} is less restrictive than ${winner.rule.action}`
    : `ties with ${name} in everything; the first in the file acts`;
}

const SENDER_FIRST = ['sender', 'recipient'] as const;
const RECIPIENT_FIRST = ['recipient', 'sender'] as const;

function claims(question: RuleQuestion, from: string): Claim[] {
  const found: Claim[] = [];
  for (const rule of question.rules) {
    const sender = mostSpecific(rule.senders, from);
    const recipient = mostSpecific(rule.recipients, question.recipient);
    if (sender !== undefined && recipient !== undefined) found.push({ rule, sender, recipient });
  }
  return found;
}

function mostSpecific(patterns: readonly AddressPattern[], address: string): AddressPattern | undefined {
  let best: AddressPattern | undefined;
  for (const pattern of patterns) {
    if (!matchesNormal(pattern, address)) continue;
    if (best === undefined || patternSpecificity(pattern) > patternSpecificity(best)) best = pattern;
  }
  return best;
}

function notMatching(question: RuleQuestion, rule: FlowRule): Loser {
  if (mostSpecific(rule.recipients, question.recipient) === undefined) {
    return { rule: rule.name, why: 'no recipient pattern matches' };
  }
  const bySender = question.sender !== undefined && mostSpecific(rule.senders, question.sender) !== undefined;
  if (!bySender && mostSpecific(rule.senders, question.from) !== undefined) {
    return {
      rule: rule.name,
      why: 'matches the From header only, and another rule matches the Sender header',
    };
  }
  return { rule: rule.name, why: 'no sender pattern matches' };
}
