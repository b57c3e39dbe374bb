/** What `mailroom rules` says, in words. */
import { chooseRule, isLambda, type Loser, type RuleAssumptions } from '../flow/rules.ts';
import type { Shadow } from '../flow/shadows.ts';
import type { Direction, FlowRule, PlainAction } from '../flow/types.ts';

export interface TestQuestion {
  readonly direction: Direction;
  readonly from: string;
  readonly sender?: string;
  readonly to: string;
}

/** The answer to `rules test`, as `--json` prints it. */
export interface TestResult extends TestQuestion {
  /** `default` when no rule acts. */
  readonly action: FlowRule['action'];
  /** What the action does, in a few words. */
  readonly meaning: string;
  /** The rules that act: none, one, or with `lambdaPair: both` two. */
  readonly rules: readonly string[];
  readonly matchedBy?: 'Sender' | 'From';
  readonly losers: readonly Loser[];
  /** Rules with a function that match and do not see this mail. */
  readonly shadowed: readonly string[];
}

/** Asks which rule acts. */
export function testResult(
  question: TestQuestion,
  rules: readonly FlowRule[],
  assumptions: RuleAssumptions,
): TestResult {
  const { direction, from, sender, to } = question;
  const choice = chooseRule({ direction, rules, sender, from, recipient: to, assumptions });
  const [acting] = choice.acting;
  const functions = new Set(rules.filter(isLambda).map((rule) => rule.name));
  return {
    ...question,
    action: acting?.action ?? 'default',
    meaning:
      acting === undefined ? PLAIN[direction].default : choice.acting.map(meaningOf(direction)).join('; '),
    rules: choice.acting.map((rule) => rule.name),
    ...(choice.matchedBy === undefined ? {} : { matchedBy: choice.matchedBy }),
    losers: choice.losers,
    shadowed: choice.losers
      .filter((loser) => loser.to !== undefined && functions.has(loser.rule))
      .map((loser) => loser.rule),
  };
}

export function testText(result: TestResult): string {
  const { direction, action, meaning, rules, matchedBy, losers, shadowed } = result;
  const who = rules.map((name) => `"${name}"`).join(' and ');
  const lines = [`${direction}: ${action} (${meaning})`];
  if (rules.length === 0) lines.push('  No rule matches.');
  else
    lines.push(`  Rule ${who} ${rules.length === 1 ? 'acts' : 'act'}, matched by the ${matchedBy} header.`);
  for (const { rule, why } of losers) lines.push(`  "${rule}" does not: ${why}.`);
  for (const name of shadowed)
    lines.push(`  So the function of "${name}" does not see this mail: ${who} shadows it.`);
  return `${lines.join('\n')}\n`;
}

export interface ShadowReport {
  readonly direction: Direction;
  readonly rule: string;
  readonly shadows: readonly Shadow[];
}

export function shadowsText({ direction, rule, shadows }: ShadowReport): string {
  if (shadows.length === 0) return `${direction} "${rule}": no rule takes mail from it.\n`;
  const lines = [
    `${direction} "${rule}": ${shadows.length === 1 ? 'one rule takes' : `${shadows.length} rules take`} mail from it.`,
  ];
  for (const shadow of shadows) {
    const { regions, why, bySenderHeader } = shadow;
    lines.push(`  "${shadow.rule.name}" (${shadow.rule.action}): ${why}.`);
    for (const { senders, recipients } of regions)
      lines.push(`    from ${inWords(senders)} to ${inWords(recipients)}`);
    if (bySenderHeader) lines.push('    where the Sender header matches it, whatever From says');
  }
  return `${lines.join('\n')}\n`;
}

function inWords(pattern: string): string {
  if (pattern === '*') return 'everyone';
  return pattern.includes('@') || pattern.startsWith('*') ? pattern : `anyone at ${pattern}`;
}

/** The guide's words, shortened. */
const PLAIN: Readonly<Record<Direction, Readonly<Record<PlainAction, string>>>> = {
  inbound: {
    default: 'delivered after the spam check, to the inbox or to junk',
    drop: 'ignored; the sender is not told',
    bounce: 'refused; the sender is told',
    junk: 'delivered to the junk folder',
    neverJunk: 'delivered to the inbox, whatever the spam check says',
    smtpGateway: 'no inbound action',
  },
  outbound: {
    default: 'sent',
    drop: 'not sent; nobody is told',
    bounce: 'not sent; the sender is told that the administrator blocked it',
    junk: 'no outbound action',
    neverJunk: 'no outbound action',
    smtpGateway: 'handed to the SMTP gateway',
  },
};

function meaningOf(direction: Direction): (rule: FlowRule) => string {
  return (rule) => {
    if (!isLambda(rule)) return PLAIN[direction][rule.action];
    if (rule.mode === 'asynchronous') return `runs ${rule.function} beside the delivery`;
    const minutes = rule.ruleTimeoutMs / 60_000;
    const failing = minutes === 0 ? 'once' : `for ${minutes} min`;
    return `asks ${rule.function}; if it fails ${failing}: ${rule.fallback}`;
  };
}
