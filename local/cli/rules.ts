/** `mailroom rules`: what the console's "Test configuration" answers, and more: which rule lost to which, and why. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { parseArgs } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';
import { formatProblem } from '../../shared/policy/index.ts';
import { checkAddress } from '../../shared/policy/names.ts';
import { domainOf } from '../../shared/policy/pattern.ts';
import type { Problem } from '../../shared/policy/types.ts';
import { parseRuleFile, type RuleSet } from '../flow/rule-file.ts';
import { isLambda } from '../flow/rules.ts';
import { shadowsOf } from '../flow/shadows.ts';
import type { Direction } from '../flow/types.ts';
import { ROOT } from '../options.ts';
import { parseOrganization } from '../organization.ts';
import { type ShadowReport, shadowsText, testResult, testText } from './rules-text.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const SAMPLE = join(ROOT, 'local/sample/organization.yaml');

const HELP = `Usage: mailroom rules test FROM TO [options]
       mailroom rules shadows [NAME] [options]

test      Says which email flow rule acts on mail from FROM to TO, as "Test configuration" in WorkMail's
          console does, and why the other rules do not.
shadows   Names every rule that takes mail away from a rule that runs a function, or from the rule NAME.

  --organization FILE    rules and domains of this organization file (default: the sample's)
  --rules FILE           rules alone, as docs/flow-rules.md shows
  --direction DIRECTION  inbound or outbound; without it the domains say
  --sender ADDRESS       test: the address in the Sender header, when it is not FROM
  --json                 print JSON

Exit code: 0 done, 1 shadows: there are some, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  organization: { type: 'string' },
  rules: { type: 'string' },
  direction: { type: 'string' },
  sender: { type: 'string' },
} as const satisfies NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

type Values = ReturnType<typeof readValues>['values'];

function readValues(args: string[]) {
  return readArguments({ args, allowPositionals: true, options: OPTIONS });
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readValues(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  const [job, ...rest] = positionals;
  if (job === 'test') return await test(values, rest);
  if (job === 'shadows') return await shadows(values, rest);
  throw new WrongUse(job === undefined ? 'say test or shadows' : `there is no "rules ${job}"`);
}

async function test(values: Values, positionals: readonly string[]): Promise<number> {
  const [from, to] = positionals;
  if (from === undefined || to === undefined || positionals.length !== 2) {
    throw new WrongUse('give the address of the sender and that of the recipient');
  }
  const addresses = { from: full(from), to: full(to) };
  const sender = values.sender === undefined ? {} : { sender: full(values.sender) };
  const ruleSet = await readRules(values);
  const directions = directionsOf(values, ruleSet, addresses);
  const results = directions.map((direction) =>
    testResult({ direction, ...addresses, ...sender }, ruleSet.rules[direction], ruleSet.assumptions),
  );
  print(values, { results }, () => results.map(testText).join('\n'));
  return EXIT.fine;
}

async function shadows(values: Values, positionals: readonly string[]): Promise<number> {
  const [name] = positionals;
  if (positionals.length > 1) throw new WrongUse('give the name of one rule, or none');
  if (values.sender !== undefined) throw new WrongUse('--sender goes with test');
  const { rules, assumptions } = await readRules(values);
  const targets = (givenDirections(values) ?? BOTH).flatMap((direction) =>
    rules[direction]
      .filter((rule) => (name === undefined ? isLambda(rule) : rule.name === name))
      .map((rule) => ({ direction, rule })),
  );
  if (targets.length === 0) {
    throw new WrongUse(name === undefined ? 'no rule runs a function' : `there is no rule "${name}"`);
  }
  const found: ShadowReport[] = targets.map(({ direction, rule }) => ({
    direction,
    rule: rule.name,
    shadows: shadowsOf(rule, rules[direction], direction, assumptions),
  }));
  const plain = found.map((report) => ({
    ...report,
    shadows: report.shadows.map((shadow) => ({
      ...shadow,
      rule: shadow.rule.name,
      action: shadow.rule.action,
    })),
  }));
  print(values, { rules: plain }, () => found.map(shadowsText).join('\n'));
  return found.some((report) => report.shadows.length > 0) ? EXIT.findings : EXIT.fine;
}

const BOTH: readonly Direction[] = ['inbound', 'outbound'];

function print(values: Values, json: unknown, text: () => string): void {
  process.stdout.write(values.json === true ? `${JSON.stringify(json, null, 2)}\n` : text());
}

function full(address: string): string {
  const checked = checkAddress(address);
  if ('why' in checked) throw new WrongUse(`"${address}" is no full address: ${checked.why}`);
  return checked.value;
}

async function readRules(values: Values): Promise<RuleSet> {
  if (values.rules !== undefined && values.organization !== undefined) {
    throw new WrongUse('give --rules or --organization, not both');
  }
  const file = values.rules ?? values.organization ?? SAMPLE;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileTrouble('read', file, error);
  });
  if (values.rules !== undefined) {
    const parsed = parseRuleFile(text, file);
    return parsed.ok ? parsed.ruleSet : refuse(parsed.problems);
  }
  const parsed = parseOrganization(text, file);
  return parsed.ok ? parsed.organization : refuse(parsed.problems);
}

function refuse(problems: readonly Problem[]): never {
  throw new PermanentError(problems.map(formatProblem).join('\n'));
}

function givenDirections({ direction }: Values): readonly Direction[] | undefined {
  if (direction === undefined) return undefined;
  if (direction === 'inbound' || direction === 'outbound') return [direction];
  throw new WrongUse(`--direction is inbound or outbound, not "${direction}"`);
}

/** Mail between users passes the outbound rules, and then comes in through the inbound ones. */
function directionsOf(
  values: Values,
  { domains }: RuleSet,
  { from, to }: { readonly from: string; readonly to: string },
): readonly Direction[] {
  const given = givenDirections(values);
  if (given !== undefined) return given;
  if (domains.length === 0) return BOTH;
  const outbound = domains.includes(domainOf(from));
  const inbound = domains.includes(domainOf(to));
  const found: Direction[] = [
    ...(outbound ? (['outbound'] as const) : []),
    ...(inbound ? (['inbound'] as const) : []),
  ];
  if (found.length > 0) return found;
  throw new WrongUse(
    `neither address is in ${domains.join(', ')}: say --direction inbound or --direction outbound`,
  );
}
