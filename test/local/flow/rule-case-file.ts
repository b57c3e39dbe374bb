/** A case of the table as the text of a rule file. */
import { parseRuleFile, type RuleSet } from '../../../local/flow/rule-file.ts';
import type { RuleCase } from '../../fixtures/flow/rule-cases.ts';

const LAMBDA = {
  ask: 'runLambda, function: f, mode: synchronous, fallback: default',
  watch: 'runLambda, function: f, mode: asynchronous',
};

export function ruleFileOf(each: RuleCase): string {
  const { rules, assumptions = {} } = each;
  const lines = rules.map(([name, action, senders, recipients = '*']) => {
    const does = action === 'ask' || action === 'watch' ? LAMBDA[action] : action;
    return `  - {name: ${name}, action: ${does}, senders: ${listOf(senders)}, recipients: ${listOf(recipients)}}\n`;
  });
  const switches = Object.entries(assumptions).map(([key, value]) => `${key}: ${value}`);
  const body = lines.length === 0 ? '' : `${each.direction ?? 'inbound'}:\n${lines.join('')}`;
  return `${body}assumptions: {${switches.join(', ')}}\n`;
}

function listOf(patterns: string): string {
  return JSON.stringify(patterns.split(' '));
}

export function ruleSetOf(each: RuleCase): RuleSet {
  const parsed = parseRuleFile(ruleFileOf(each), 'rules.yaml');
  if (parsed.ok) return parsed.ruleSet;
  throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
}
