/**
 * The flow rules. WorkMail has no API for them, so they come from whoever set them: typed, or in a file. What the event
 * log tells is whether a rule acted.
 */

import { parseEvent } from '../../event-log/read.ts';
import type { RuleSet } from '../../flow/rule-file.ts';
import type { Direction, FlowRule, LambdaRule, PlainAction } from '../../flow/types.ts';
import { type Asked, answerOf, mapAnswer } from '../ask.ts';
import type { Clients } from '../clients.ts';
import type { Deployed } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';
import { findLines, LOOK_BACK_DAYS } from './event-log.ts';
import { shadowFindings } from './shadows.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Less than this and a short trouble of AWS already makes the fallback act. */
const GOOD_TIMEOUT_MS = 30 * 60 * 1000;
/** Lines of the event log that are looked through for a rule. */
const MAX_LINES = 100;
/** Names of other rules that a finding repeats. */
const MAX_NAMES = 5;

interface Log {
  readonly group: string | undefined;
  readonly nowMs: number;
}

/** `inbound rule "mailflow"` */
function ruleSubject(direction: Direction, rule: FlowRule): string {
  return `${direction} rule "${rule.name}"`;
}

/** The name of a function that a rule gives by name or by ARN, with or without a version. */
function functionName(reference: string): string {
  return (reference.split(':function:').at(-1) ?? reference).split(':')[0] ?? reference;
}

/** The directions that the stack's functions have rights for. */
export function wantedDirections({ stack }: Deployed): readonly Direction[] {
  const parameters = answerOf(stack)?.Parameters ?? [];
  const set = parameters.find(({ ParameterKey }) => ParameterKey === 'Direction')?.ParameterValue;
  return set === 'inbound' || set === 'outbound' ? [set] : ['inbound', 'outbound'];
}

/** Rules that call a function of Mailroom. */
function ownRules(deployed: Deployed, rules: readonly FlowRule[]): readonly LambdaRule[] {
  const names = new Set(
    deployed.functions.filter(({ role }) => role !== 'availability').map(({ name }) => name),
  );
  return rules.filter(
    (rule): rule is LambdaRule => rule.action === 'runLambda' && names.has(functionName(rule.function)),
  );
}

function present(direction: Direction, own: readonly LambdaRule[]): Finding {
  const whole = own.find(({ senders, recipients }) => senders.includes('*') && recipients.includes('*'));
  if (whole !== undefined)
    return ok(
      'rule-present',
      direction,
      `The rule "${whole.name}" calls ${functionName(whole.function)} for all ${direction} mail.`,
    );
  if (own.length > 0)
    return warn(
      'rule-present',
      direction,
      `Only some ${direction} mail is for Mailroom: no rule calls it for the senders and recipients "*".`,
      'If that is not meant, set both patterns to "*".',
    );
  return fail(
    'rule-present',
    direction,
    `No ${direction} rule calls Mailroom: it never sees that mail.`,
    'Make the rule as the steps below say.',
  );
}

const FALLBACKS: Readonly<Record<Direction, Readonly<Partial<Record<PlainAction, 'ok' | 'warn'>>>>> = {
  inbound: { junk: 'ok', default: 'warn', bounce: 'warn', neverJunk: 'warn' },
  outbound: { default: 'ok', smtpGateway: 'ok', bounce: 'warn' },
};

const FALLBACK_MEANINGS: Readonly<Record<PlainAction, string>> = {
  default: 'mail that was not checked reaches the inbox',
  neverJunk: 'mail that was not checked reaches the inbox, whatever the spam check says',
  bounce: 'senders are told that their mail was refused',
  drop: 'mail is lost and nobody is told',
  junk: 'mail that was not checked waits in the junk folder',
  smtpGateway: 'mail goes to the gateway',
};

function fallback(direction: Direction, rule: LambdaRule): Finding {
  const level = FALLBACKS[direction][rule.fallback];
  const subject = ruleSubject(direction, rule);
  const meaning = `When the function cannot answer, ${FALLBACK_MEANINGS[rule.fallback]} (fallback: ${rule.fallback}).`;
  if (level === 'ok') return ok('rule-fallback', subject, meaning);
  const mend = `Set the fallback to ${direction === 'inbound' ? '"Deliver to junk folder"' : '"Default"'} in the rule.`;
  return level === 'warn'
    ? warn('rule-fallback', subject, meaning, mend)
    : fail('rule-fallback', subject, meaning, mend);
}

function timeout(direction: Direction, rule: LambdaRule): Finding {
  const subject = ruleSubject(direction, rule);
  const minutes = rule.ruleTimeoutMs / 60_000;
  const mend = 'Set the rule timeout to 60 minutes.';
  if (minutes === 0)
    return fail(
      'rule-timeout',
      subject,
      'A call that fails is not tried again: the fallback acts at once.',
      mend,
    );
  const meaning = `A call that fails is tried again for ${minutes} min.`;
  return rule.ruleTimeoutMs < GOOD_TIMEOUT_MS
    ? warn('rule-timeout', subject, `${meaning} A trouble of AWS easily takes longer.`, mend)
    : ok('rule-timeout', subject, meaning);
}

async function fired(clients: Clients, direction: Direction, rule: LambdaRule, log: Log): Promise<Finding> {
  const subject = ruleSubject(direction, rule);
  if (log.group === undefined)
    return unknown(
      'rule-fired',
      subject,
      'Without the event log nobody knows.',
      'Mend "event-log-group" first.',
    );
  const named = await actingRules(clients, direction, log.group, rule.name, log.nowMs);
  if (named.kind !== 'answer') return unasked('rule-fired', subject, named);
  if (named.value.includes(rule.name))
    return ok('rule-fired', subject, `It acted in the last ${LOOK_BACK_DAYS} days.`);
  const others = await actingRules(clients, direction, log.group, undefined, log.nowMs);
  const names = others.kind === 'answer' ? [...new Set(others.value)].slice(0, MAX_NAMES) : [];
  const told = names.length === 0 ? '' : ` Rules that acted: ${names.map((name) => `"${name}"`).join(', ')}.`;
  return warn(
    'rule-fired',
    subject,
    `It has not acted for ${LOOK_BACK_DAYS} days: no such mail came, or the rule is not there.${told}`,
    names.length === 0
      ? 'Send a message; then run this again.'
      : 'If one of those is meant, write its name into the rules that you give; else send a message. Then run this again.',
  );
}

/** The names of rules in the event log, one for each time that one acted; only of one rule where a name is given. */
async function actingRules(
  clients: Clients,
  direction: Direction,
  group: string,
  name: string | undefined,
  nowMs: number,
): Promise<Asked<readonly string[]>> {
  const words = ['RULE_APPLIED', ...(name === undefined ? [] : [name])];
  const type = direction === 'inbound' ? 'INBOUND_RULE' : 'OUTBOUND_RULE';
  const lines = await findLines(clients, group, words, nowMs - LOOK_BACK_DAYS * DAY_MS, MAX_LINES);
  return mapAnswer(lines, (found) =>
    found.flatMap((line) => {
      const event = parseEvent(line, 0)?.event;
      const rule = event?.['ruleName'];
      return event?.['ruleType'] === type && typeof rule === 'string' ? [rule] : [];
    }),
  );
}

async function checkDirection(
  clients: Clients,
  deployed: Deployed,
  direction: Direction,
  given: RuleSet,
  log: Log,
): Promise<readonly Finding[]> {
  const own = ownRules(deployed, given.rules[direction]);
  const synchronous = own.filter(({ mode }) => mode === 'synchronous');
  const hasFired = await Promise.all(own.map((rule) => fired(clients, direction, rule, log)));
  return [
    present(direction, own),
    ...own.flatMap((rule) => shadowFindings(direction, rule, given)),
    ...synchronous.flatMap((rule) => [fallback(direction, rule), timeout(direction, rule)]),
    ...hasFired,
  ];
}

export async function checkFlowRules(
  clients: Clients,
  deployed: Deployed,
  given: RuleSet | undefined,
  log: Log,
): Promise<readonly Finding[]> {
  if (!deployed.functions.some(({ role }) => role !== 'availability')) return [];
  if (given === undefined)
    return [
      unknown(
        'rules-known',
        'the console',
        'The flow rules are not known: WorkMail has no API that tells them.',
        'Write them down as docs/flow-rules.md says and give the file with --rules.',
      ),
    ];
  const { rules } = given;
  const known = ok(
    'rules-known',
    'as you gave them',
    `${rules.inbound.length} inbound, ${rules.outbound.length} outbound.`,
  );
  const checked = wantedDirections(deployed).map((direction) =>
    checkDirection(clients, deployed, direction, given, log),
  );
  return [known, ...(await Promise.all(checked)).flat()];
}
