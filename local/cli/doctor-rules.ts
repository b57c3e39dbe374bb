/** Where `mailroom doctor` has the flow rules from: a file, or whoever sits at the terminal. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { stringify } from 'yaml';
import { formatProblem } from '../../shared/policy/index.ts';
import { parseRuleFile, type RuleSet } from '../flow/rule-file.ts';
import type { Direction } from '../flow/types.ts';
import { fileTrouble, WrongUse } from './usage.ts';

/** Puts a question and gives what was typed. */
export type Question = (text: string) => Promise<string>;

/** Nobody types more rules than this; against an answer that never ends. */
const MAX_TYPED_RULES = 50;

interface Options {
  readonly region: string;
  /** Whether a person may be asked. */
  readonly ask: boolean;
}

async function readFileRules(file: string, region: string): Promise<RuleSet> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileTrouble('read', file, error);
  });
  const parsed = parseRuleFile(text, file, { region });
  if (parsed.ok) return parsed.ruleSet;
  throw new WrongUse(`the rules cannot be used:\n${parsed.problems.map(formatProblem).join('\n')}`);
}

const patternsIn = (text: string): readonly string[] =>
  text.split(/[\s,]+/).filter((pattern) => pattern !== '');

type TypedRule = Readonly<Record<string, unknown>>;

async function typedRule(name: string, question: Question): Promise<TypedRule> {
  const action = (
    await question('  action (runLambda, default, drop, bounce, junk, neverJunk, smtpGateway): ')
  ).trim();
  const senders = patternsIn(await question('  sender patterns (*): '));
  const recipients = patternsIn(await question('  destination patterns (*): '));
  const common = {
    name,
    action,
    senders: senders.length === 0 ? ['*'] : senders,
    recipients: recipients.length === 0 ? ['*'] : recipients,
  };
  if (action !== 'runLambda') return common;
  const called = (await question('  function (name or ARN): ')).trim();
  if (/^n/i.test((await question('  synchronous? (Y/n): ')).trim()))
    return { ...common, function: called, mode: 'asynchronous' };
  const fallback = (await question('  fallback action (default, junk, drop, bounce, …): ')).trim();
  const minutes = Number((await question('  rule timeout in minutes: ')).trim());
  return { ...common, function: called, mode: 'synchronous', fallback, ruleTimeoutMinutes: minutes };
}

async function typedRules(direction: Direction, question: Question): Promise<readonly TypedRule[]> {
  const rules: TypedRule[] = [];
  while (rules.length < MAX_TYPED_RULES) {
    const name = (await question(`${direction} rule, its name (Enter when there is no more): `)).trim();
    if (name === '') break;
    rules.push(await typedRule(name, question));
  }
  return rules;
}

/** The rules as somebody types them; undefined when nobody wants to. Throws WrongUse for rules that WorkMail would not take. */
export async function askRules(question: Question): Promise<RuleSet | undefined> {
  const start = await question(
    'WorkMail has no API for flow rules. Will you type them from its console? (y/N): ',
  );
  if (!/^y/i.test(start.trim())) return undefined;
  const inbound = await typedRules('inbound', question);
  const outbound = await typedRules('outbound', question);
  const parsed = parseRuleFile(stringify({ inbound, outbound }), 'what you typed');
  if (parsed.ok) return parsed.ruleSet;
  throw new WrongUse(`these rules cannot be:\n${parsed.problems.map(formatProblem).join('\n')}`);
}

/** The rules of the file; without one, those that a person at the terminal types; else undefined. */
export async function readRules(
  file: string | undefined,
  { region, ask }: Options,
): Promise<RuleSet | undefined> {
  if (file !== undefined) return readFileRules(file, region);
  if (!ask || process.stdin.isTTY !== true) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await askRules((text) => terminal.question(text));
  } finally {
    terminal.close();
  }
}
