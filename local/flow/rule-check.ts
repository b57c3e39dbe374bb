/**
 * What must hold between the keys of flow rules: functions that are known, actions that fit, quotas of WorkMail. The
 * rules are those of `organization.yaml`, or of a file with nothing but rules, where less is known.
 */
import { type Place, quote, type Report } from '../../shared/policy/report.ts';
import type { FunctionConfig } from '../types.ts';
import type { ShapedRule } from './rule-shape.ts';
import type { Placed } from './shapes.ts';
import type { Direction, FlowRule, PlainAction } from './types.ts';

/** Hard quota of WorkMail: sender patterns over all rules. */
const MAX_PATTERNS_IN_ALL = 1000;
/** WorkMail waits this long for a synchronous function. */
const MAX_SYNCHRONOUS_MS = 15_000;
/** The longest that the console offers is 240; an hour covers a deployment that went wrong. */
const DEFAULT_RULE_TIMEOUT_MINUTES = 60;

const ACTIONS: Readonly<Record<Direction, readonly FlowRule['action'][]>> = {
  inbound: ['default', 'drop', 'bounce', 'junk', 'neverJunk', 'runLambda'],
  outbound: ['default', 'drop', 'bounce', 'smtpGateway', 'runLambda'],
};

/** What is known of the organization around the rules; what is left out is not checked. */
export interface RuleSurroundings {
  readonly functions?: readonly FunctionConfig[];
  readonly region?: string;
  readonly account?: string;
  /** Whether the organization has an SMTP gateway. */
  readonly hasGateway?: boolean;
}

/** Checks the rules of both directions and gives their final form. */
export function checkFlowRules(
  shaped: { readonly [D in Direction]?: readonly Placed<ShapedRule>[] },
  surroundings: RuleSurroundings,
  report: Report,
): Readonly<Record<Direction, readonly FlowRule[]>> {
  const { inbound = [], outbound = [] } = shaped;
  checkPatternQuota([...inbound, ...outbound], report);
  return {
    inbound: checkRules('inbound', inbound, surroundings, report),
    outbound: checkRules('outbound', outbound, surroundings, report),
  };
}

/** The rules of one direction in their final form; what is wrong is reported. */
function checkRules(
  direction: Direction,
  shaped: readonly Placed<ShapedRule>[],
  surroundings: RuleSurroundings,
  report: Report,
): readonly FlowRule[] {
  const rules = new Map<string, FlowRule>();
  for (const { value, at } of shaped) {
    if (rules.has(value.name)) report.error(at, `a second ${direction} rule ${quote(value.name)}`);
    checkAction(direction, value, surroundings, report);
    rules.set(
      value.name,
      value.action.value === 'runLambda'
        ? lambdaRule(value, surroundings, at, report)
        : plainRule(value, value.action.value, report),
    );
  }
  return [...rules.values()];
}

/** Reports the rule with which the sender patterns exceed what WorkMail takes. */
function checkPatternQuota(rules: readonly Placed<ShapedRule>[], report: Report): void {
  let patterns = 0;
  for (const { value, at } of rules) {
    patterns += value.senders.length;
    if (patterns <= MAX_PATTERNS_IN_ALL) continue;
    report.error(
      at,
      `with this rule there are ${patterns} sender patterns; WorkMail takes ${MAX_PATTERNS_IN_ALL} in all`,
    );
    return;
  }
}

function checkAction(
  direction: Direction,
  rule: ShapedRule,
  { hasGateway = true }: RuleSurroundings,
  report: Report,
): void {
  const allowed = ACTIONS[direction];
  for (const chosen of [rule.action, rule.fallback]) {
    if (chosen === undefined) continue;
    if (!allowed.includes(chosen.value)) {
      report.error(chosen.at, `${chosen.value} is no ${direction} action; there are ${allowed.join(', ')}`);
    } else if (chosen.value === 'smtpGateway' && !hasGateway) {
      report.error(chosen.at, 'the organization has no SMTP gateway: add the key "smtpGateway"');
    }
  }
}

function plainRule(rule: ShapedRule, action: PlainAction, report: Report): FlowRule {
  for (const key of ['function', 'mode', 'fallback', 'ruleTimeoutMinutes'] as const) {
    const given = rule[key];
    if (given !== undefined) report.error(given.at, `${quote(key)} goes with action runLambda only`);
  }
  return { name: rule.name, senders: rule.senders, recipients: rule.recipients.value, action };
}

function lambdaRule(rule: ShapedRule, surroundings: RuleSurroundings, at: Place, report: Report): FlowRule {
  const { functions } = surroundings;
  const named = rule.function?.value;
  const target = functions?.find(({ name, arn }) => name === named || (arn !== undefined && arn === named));
  if (rule.function === undefined) report.error(at, '"function" is missing: which function the rule runs');
  else if (target === undefined && functions !== undefined)
    report.error(rule.function.at, `no function ${quote(rule.function.value)} under "functions"`);
  else checkPlace(rule.function, target?.arn ?? rule.function.value, surroundings, report);
  if (rule.mode === undefined) report.error(at, '"mode" is missing: synchronous or asynchronous');
  const mode = rule.mode?.value ?? 'synchronous';
  if (mode === 'synchronous') checkSynchronous(rule, target, at, report);
  else {
    for (const key of ['fallback', 'ruleTimeoutMinutes'] as const) {
      const given = rule[key];
      if (given !== undefined) report.error(given.at, `${quote(key)} goes with mode synchronous only`);
    }
  }
  return {
    name: rule.name,
    senders: rule.senders,
    recipients: rule.recipients.value,
    action: 'runLambda',
    function: target?.name ?? named ?? '',
    mode,
    fallback: rule.fallback?.value ?? 'default',
    ruleTimeoutMs: (rule.ruleTimeoutMinutes?.value ?? DEFAULT_RULE_TIMEOUT_MINUTES) * 60_000,
  };
}

/** The guide: a flow rule runs functions of the organization's own region and account; others it cannot call. */
function checkPlace(
  named: Placed<string>,
  arn: string,
  { region, account }: RuleSurroundings,
  report: Report,
): void {
  const [, , , itsRegion, itsAccount] = arn.split(':');
  if (itsRegion === undefined || itsAccount === undefined) return;
  if (region !== undefined && itsRegion !== region) {
    report.error(named.at, `the function is in ${itsRegion}; a flow rule runs those in ${region} only`);
  }
  if (account !== undefined && itsAccount !== account) {
    report.error(
      named.at,
      `the function is in account ${itsAccount}; a flow rule runs those of ${account} only`,
    );
  }
}

function checkSynchronous(
  rule: ShapedRule,
  target: FunctionConfig | undefined,
  at: Place,
  report: Report,
): void {
  if (rule.recipients.value.some((pattern) => pattern !== '*')) {
    report.error(rule.recipients.at, 'a synchronous function takes the recipients "*" only');
  }
  if (rule.fallback === undefined) {
    report.error(at, '"fallback" is missing: what happens to mail when the function fails');
  }
  if (rule.function !== undefined && (target?.timeoutMs ?? 0) > MAX_SYNCHRONOUS_MS) {
    report.error(
      rule.function.at,
      `${quote(rule.function.value)} may run longer than the 15 s that WorkMail waits`,
    );
  }
}
