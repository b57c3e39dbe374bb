/**
 * Which rule acts for one sender and one recipient (WorkMail Administrator Guide, "Managing email flows"). In plain
 * words: a rule applies when a sender pattern and a recipient pattern match. The Sender header is matched first, the
 * From header when there is no Sender header or no rule matches it. Of several rules the most specific acts; of
 * equally specific ones the most restrictive. So one rule acts per recipient.
 *
 * The guide does not say how sender and recipient pattern weigh against each other: here the sender's comes first.
 */
import { matchesPattern, patternSpecificity } from '../../shared/policy/pattern.ts';
import type { AddressPattern } from '../../shared/policy/types.ts';
import type { Direction, FlowRule, LambdaPairing, LambdaRule } from './types.ts';

/** Most restrictive first, in the order in which the guide prints the actions. */
const RESTRICTIVE: Readonly<Record<Direction, readonly FlowRule['action'][]>> = {
  inbound: ['drop', 'bounce', 'junk', 'default', 'neverJunk', 'runLambda'],
  outbound: ['default', 'drop', 'bounce', 'smtpGateway', 'runLambda'],
};

export interface RuleQuestion {
  readonly direction: Direction;
  readonly rules: readonly FlowRule[];
  /** Address in the Sender header, if there is one. */
  readonly sender: string | undefined;
  /** Address in the From header; empty when there is none. */
  readonly from: string;
  readonly recipient: string;
  readonly pairing: LambdaPairing;
}

export interface RuleChoice {
  /** The rule that acts; none: the message takes the default way. With pairing `both`, sometimes a second function. */
  readonly acting: readonly FlowRule[];
  /** The header by which it matched. */
  readonly matchedBy: 'Sender' | 'From' | undefined;
  /** Every other rule, and why it does not act. */
  readonly losers: readonly { readonly rule: string; readonly why: string }[];
}

interface Match {
  readonly rule: FlowRule;
  readonly sender: number;
  readonly recipient: number;
  readonly rank: number;
}

/** Chooses the acting rule. Total: any input gets an answer. */
export function chooseRule(question: RuleQuestion): RuleChoice {
  const bySender = question.sender === undefined ? [] : matches(question, question.sender);
  const matchedBy = bySender.length > 0 ? 'Sender' : 'From';
  const found = bySender.length > 0 ? bySender : matches(question, question.from);
  // Array.sort is stable: rules that tie in everything keep the order of the file.
  const ranked = found.toSorted(
    (a, b) => b.sender - a.sender || b.recipient - a.recipient || a.rank - b.rank,
  );
  const winner = ranked[0];
  if (winner === undefined) {
    return {
      acting: [],
      matchedBy: undefined,
      losers: question.rules.map((rule) => notMatching(question, rule)),
    };
  }
  const second = question.pairing === 'both' ? partnerOf(winner, ranked) : undefined;
  const acting = second === undefined ? [winner.rule] : [winner.rule, second.rule];
  const losers = question.rules
    .filter((rule) => !acting.includes(rule))
    .map((rule) => {
      const match = found.find((candidate) => candidate.rule === rule);
      return match === undefined ? notMatching(question, rule) : lostTo(winner, match);
    });
  return { acting, matchedBy, losers };
}

export function isLambda(rule: FlowRule): rule is LambdaRule {
  return rule.action === 'runLambda';
}

function matches(question: RuleQuestion, sender: string): Match[] {
  const order = RESTRICTIVE[question.direction];
  const found: Match[] = [];
  for (const rule of question.rules) {
    const bySender = bestPattern(rule.senders, sender);
    const byRecipient = bestPattern(rule.recipients, question.recipient);
    if (bySender === undefined || byRecipient === undefined) continue;
    found.push({ rule, sender: bySender, recipient: byRecipient, rank: order.indexOf(rule.action) });
  }
  return found;
}

function bestPattern(patterns: readonly AddressPattern[], address: string): number | undefined {
  let best: number | undefined;
  for (const pattern of patterns) {
    if (!matchesPattern(pattern, address)) continue;
    best = Math.max(best ?? 0, patternSpecificity(pattern));
  }
  return best;
}

/** The other kind of function on patterns just as specific, which the guide neither allows nor rules out. */
function partnerOf(winner: Match, ranked: readonly Match[]): Match | undefined {
  const { rule } = winner;
  if (!isLambda(rule)) return undefined;
  return ranked.find(
    (other) =>
      isLambda(other.rule) &&
      other.rule.mode !== rule.mode &&
      other.sender === winner.sender &&
      other.recipient === winner.recipient,
  );
}

function lostTo(winner: Match, match: Match): { rule: string; why: string } {
  const name = winner.rule.name;
  const why =
    match.sender < winner.sender || match.recipient < winner.recipient
      ? `less specific than "${name}"`
      : match.rank > winner.rank
        ? `as specific as "${name}", but ${match.rule.action} is less restrictive than ${winner.rule.action}`
        : `ties with "${name}" in everything; the first in the file acts`;
  return { rule: match.rule.name, why };
}

function notMatching(question: RuleQuestion, rule: FlowRule): { rule: string; why: string } {
  if (bestPattern(rule.recipients, question.recipient) === undefined) {
    return { rule: rule.name, why: 'no recipient pattern matches' };
  }
  const bySender = question.sender !== undefined && bestPattern(rule.senders, question.sender) !== undefined;
  if (!bySender && bestPattern(rule.senders, question.from) !== undefined) {
    return {
      rule: rule.name,
      why: 'matches the From header only, and another rule matches the Sender header',
    };
  }
  return { rule: rule.name, why: 'no sender pattern matches' };
}
