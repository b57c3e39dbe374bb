/** What must hold between the keys of `organization.yaml`: names that are known, actions that fit, quotas of WorkMail. */
import { domainOf } from '../../shared/policy/pattern.ts';
import { type Place, quote, type Report } from '../../shared/policy/report.ts';
import type { FunctionConfig } from '../types.ts';
import type { Placed, ShapedOrganization, ShapedRule } from './organization-shape.ts';
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

/** Reports addresses outside the organization's domains, addresses given twice, and members that nobody knows. */
export function checkAddresses(shaped: ShapedOrganization, report: Report): void {
  const owners = new Map<string, number>();
  const claim = (address: string, at: Place): void => {
    const first = owners.get(address);
    if (first !== undefined) report.error(at, `${quote(address)} is taken already on line ${first}`);
    else owners.set(address, at.line);
    if (!shaped.domains.includes(domainOf(address))) {
      report.error(at, `${quote(address)} is in none of the organization's domains`);
    }
  };
  for (const { value, at } of shaped.users) {
    for (const address of [value.address, ...(value.aliases ?? [])]) claim(address, at);
  }
  for (const { value, at } of shaped.groups ?? []) claim(value.address, at);
  for (const { value, at } of shaped.groups ?? []) {
    for (const member of value.members) {
      if (!owners.has(member)) report.error(at, `member ${quote(member)} is no user, alias or group`);
    }
  }
}

export function checkFunctions(shaped: ShapedOrganization, report: Report): readonly FunctionConfig[] {
  const found = new Map<string, FunctionConfig>();
  for (const { value, at } of shaped.functions ?? []) {
    const { name, handler, timeoutSeconds, memoryMb } = value;
    if (found.has(name)) report.error(at, `a second function ${quote(name)}`);
    found.set(name, { name, handler, timeoutMs: timeoutSeconds * 1000, memoryMb });
  }
  return [...found.values()];
}

/** The rules of one direction in their final form; what is wrong is reported. */
export function checkRules(
  direction: Direction,
  shaped: readonly Placed<ShapedRule>[],
  functions: readonly FunctionConfig[],
  report: Report,
): readonly FlowRule[] {
  const rules = new Map<string, FlowRule>();
  for (const { value, at } of shaped) {
    if (rules.has(value.name)) report.error(at, `a second ${direction} rule ${quote(value.name)}`);
    checkAction(direction, value, report);
    rules.set(
      value.name,
      value.action.value === 'runLambda'
        ? lambdaRule(value, functions, at, report)
        : plainRule(value, value.action.value, report),
    );
  }
  return [...rules.values()];
}

/** Reports the rule with which the sender patterns exceed what WorkMail takes. */
export function checkPatternQuota(rules: readonly Placed<ShapedRule>[], report: Report): void {
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

function checkAction(direction: Direction, rule: ShapedRule, report: Report): void {
  const allowed = ACTIONS[direction];
  for (const chosen of [rule.action, rule.fallback]) {
    if (chosen === undefined || allowed.includes(chosen.value)) continue;
    report.error(chosen.at, `${chosen.value} is no ${direction} action; there are ${allowed.join(', ')}`);
  }
}

function plainRule(rule: ShapedRule, action: PlainAction, report: Report): FlowRule {
  for (const key of ['function', 'mode', 'fallback', 'ruleTimeoutMinutes'] as const) {
    const given = rule[key];
    if (given !== undefined) report.error(given.at, `${quote(key)} goes with action runLambda only`);
  }
  return { name: rule.name, senders: rule.senders, recipients: rule.recipients.value, action };
}

function lambdaRule(
  rule: ShapedRule,
  functions: readonly FunctionConfig[],
  at: Place,
  report: Report,
): FlowRule {
  const target = functions.find((candidate) => candidate.name === rule.function?.value);
  if (rule.function === undefined) report.error(at, '"function" is missing: which function the rule runs');
  else if (target === undefined)
    report.error(rule.function.at, `no function ${quote(rule.function.value)} under "functions"`);
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
    function: rule.function?.value ?? '',
    mode,
    fallback: rule.fallback?.value ?? 'default',
    ruleTimeoutMs: (rule.ruleTimeoutMinutes?.value ?? DEFAULT_RULE_TIMEOUT_MINUTES) * 60_000,
  };
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
