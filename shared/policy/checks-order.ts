/** Rules that are never asked: an earlier one always ends the rules before them, or their time is over. */
import { asksRecipients, conditionsOf } from './checked-rule.ts';
import { inOrder } from './order.ts';
import { placeOf } from './place-of.ts';
import { quote, type Report } from './report.ts';
import type { Located } from './source.ts';
import type { Policy, Rule } from './types.ts';

/** A rule in the order in which rules are asked, and where it stands in the file. */
interface Placed {
  readonly rule: Rule;
  readonly index: number;
  /** The conditions of `when`, each by its key, in one form. */
  readonly asks: ReadonlyMap<string, string>;
}

function placed(rule: Rule, index: number): Placed {
  const conditions = Object.entries(conditionsOf(rule.when));
  const mode: [string, string][] = asksRecipients(rule.when)
    ? [['recipientMatch', rule.when.recipientMatch]]
    : [];
  const asks = conditions.map(([key, value]): [string, string] => [key, JSON.stringify(value)]);
  return { rule, index, asks: new Map([...asks, ...mode]) };
}

/** Whether the rule, where its `when` holds, ends the rules at any time. */
function alwaysStops({ mode, stopProcessing, unless, activateOn, expireOn }: Rule): boolean {
  return (
    mode === 'enforce' &&
    stopProcessing &&
    unless === undefined &&
    activateOn === undefined &&
    expireOn === undefined
  );
}

/** Whether `earlier` acts on every message on which `later` would: all that it asks, the other asks too. */
function covers(earlier: Placed, later: Placed): boolean {
  return [...earlier.asks].every(([key, value]) => later.asks.get(key) === value);
}

/** Reports rules that are never asked. With `now`, those that have expired too. */
export function checkOrder(policy: Policy, root: Located, report: Report, now: number | undefined): void {
  const inFile = new Map(policy.rules.map((rule, index) => [rule, index]));
  const ordered = inOrder(policy.rules).map((rule) => placed(rule, inFile.get(rule) ?? 0));
  const stops: Placed[] = [];
  for (const one of ordered) {
    const { rule, index } = one;
    const by = stops.find((earlier) => covers(earlier, one));
    if (by !== undefined) {
      const why = `never asked: the rule ${quote(by.rule.name)} comes before, acts on the same mail and ends the rules`;
      report.warn(placeOf(root, 'rules', index, 'name'), why);
    }
    if (alwaysStops(rule)) stops.push(one);
    if (rule.activateOn !== undefined && rule.expireOn !== undefined && rule.activateOn >= rule.expireOn)
      report.error(placeOf(root, 'rules', index, 'expireOn'), 'the rule expires before it begins');
    else if (now !== undefined && rule.expireOn !== undefined && rule.expireOn <= now)
      report.warn(placeOf(root, 'rules', index, 'expireOn'), 'the rule has expired');
  }
}
