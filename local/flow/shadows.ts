/**
 * Which rule takes mail away from another. One rule acts per recipient, so a rule for `*` that runs a function does not
 * see the mail that a more specific or a more restrictive rule matches.
 *
 * Patterns nest or have nothing in common; they never overlap by halves. So the patterns of two rules cut all addresses
 * into cells: what falls under a pattern and under none that is narrower. Within a cell of senders and one of recipients
 * it is always the same rule that acts, and looking at each pair of cells is looking at every message.
 */
import { matchesNormal, patternSpecificity } from '../../shared/policy/pattern.ts';
import type { AddressPattern } from '../../shared/policy/types.ts';
import { actBoth, compareClaims, type RuleAssumptions, whyWeaker } from './rules.ts';
import type { Direction, FlowRule } from './types.ts';

/** Two rules of 250 patterns on each side have 250,000 pairs of cells; nobody reads more of them than this. */
const MAX_REGIONS = 100;

/** Mail from these to those. Parts of it may be excepted again by narrower patterns of the shadowed rule. */
export interface Region {
  readonly senders: AddressPattern;
  readonly recipients: AddressPattern;
}

export interface Shadow {
  /** The rule that acts. */
  readonly rule: FlowRule;
  /** For which mail; at most 100 regions, none inside another. Empty when only `bySenderHeader` is true. */
  readonly regions: readonly Region[];
  /** Why, for the first region, as half a sentence. */
  readonly why: string;
  /**
   * Whether it takes mail that the other rule matches by From alone: where a Sender header matches any rule, the From
   * header is not looked at.
   */
  readonly bySenderHeader: boolean;
}

/** The rules that take mail from `target`, in the order of `rules`, which holds `target` as well. */
export function shadowsOf(
  target: FlowRule,
  rules: readonly FlowRule[],
  direction: Direction,
  assumptions: RuleAssumptions,
): readonly Shadow[] {
  const order: Order = { direction, assumptions, rules };
  return rules.flatMap((rule) => {
    const found = rule === target ? undefined : shadowOf(target, rule, order);
    return found === undefined ? [] : [found];
  });
}

interface Order {
  readonly direction: Direction;
  readonly assumptions: RuleAssumptions;
  readonly rules: readonly FlowRule[];
}

/** A cell that both rules match: its pattern, and the most specific pattern of each that covers it. */
interface Cell {
  readonly pattern: AddressPattern;
  readonly mine: AddressPattern;
  readonly theirs: AddressPattern;
}

function shadowOf(target: FlowRule, rule: FlowRule, order: Order): Shadow | undefined {
  const recipients = commonCells(target.recipients, rule.recipients);
  if (recipients.length === 0) return undefined;
  const taken = commonCells(target.senders, rule.senders)
    .flatMap((senders) => recipients.map((to) => ({ senders, recipients: to })))
    .filter((pair) => takes(target, rule, pair, order));
  const bySenderHeader = rule.senders.some((pattern) => coverOf(target.senders, pattern) === undefined);
  const widest = outermost(taken);
  const [first] = widest;
  if (first === undefined) {
    const why = `where the Sender header matches "${rule.name}", the From header is not looked at`;
    return bySenderHeader ? { rule, regions: [], why, bySenderHeader } : undefined;
  }
  const regions = widest.map(regionOf);
  const [winner, loser] = claimsOf(target, rule, first);
  return { rule, regions, why: whyWeaker(winner, loser, order.direction, order.assumptions), bySenderHeader };
}

type Pair = { readonly senders: Cell; readonly recipients: Cell };

function claimsOf(target: FlowRule, rule: FlowRule, { senders, recipients }: Pair) {
  return [
    { rule, sender: senders.theirs, recipient: recipients.theirs },
    { rule: target, sender: senders.mine, recipient: recipients.mine },
  ] as const;
}

function takes(target: FlowRule, rule: FlowRule, pair: Pair, order: Order): boolean {
  const [theirs, mine] = claimsOf(target, rule, pair);
  if (actBoth(theirs, mine, order.direction, order.assumptions)) return false;
  const compared = compareClaims(theirs, mine, order.direction, order.assumptions);
  return compared < 0 || (compared === 0 && order.rules.indexOf(rule) < order.rules.indexOf(target));
}

function commonCells(mine: readonly AddressPattern[], theirs: readonly AddressPattern[]): Cell[] {
  const cells: Cell[] = [];
  for (const pattern of new Set([...mine, ...theirs])) {
    const ofMine = coverOf(mine, pattern);
    const ofTheirs = coverOf(theirs, pattern);
    if (ofMine !== undefined && ofTheirs !== undefined)
      cells.push({ pattern, mine: ofMine, theirs: ofTheirs });
  }
  return cells;
}

/** The most specific of `patterns` that matches everything under `inner`. */
function coverOf(patterns: readonly AddressPattern[], inner: AddressPattern): AddressPattern | undefined {
  let best: AddressPattern | undefined;
  for (const pattern of patterns) {
    if (!contains(pattern, inner)) continue;
    if (best === undefined || patternSpecificity(pattern) > patternSpecificity(best)) best = pattern;
  }
  return best;
}

/** Whether every address under `inner` falls under `outer`. */
function contains(outer: AddressPattern, inner: AddressPattern): boolean {
  if (outer === '*' || outer === inner) return true;
  if (inner.includes('@')) return matchesNormal(outer, inner);
  if (!outer.startsWith('*.')) return false;
  const domain = inner.startsWith('*.') ? inner.slice(2) : inner;
  return domain === outer.slice(2) || domain.endsWith(outer.slice(1));
}

/** Without those that lie inside another, the widest first. */
function outermost(pairs: readonly Pair[]): readonly Pair[] {
  const width = ({ senders, recipients }: Region): number =>
    patternSpecificity(senders) + patternSpecificity(recipients);
  const kept: Pair[] = [];
  // What contains another is at most as specific on both sides, so it comes first.
  for (const pair of pairs.toSorted((a, b) => width(regionOf(a)) - width(regionOf(b)))) {
    const region = regionOf(pair);
    const inside = kept
      .map(regionOf)
      .some(
        (other) => contains(other.senders, region.senders) && contains(other.recipients, region.recipients),
      );
    if (!inside) kept.push(pair);
    if (kept.length === MAX_REGIONS) break;
  }
  return kept;
}

function regionOf({ senders, recipients }: Pair): Region {
  return { senders: senders.pattern, recipients: recipients.pattern };
}
