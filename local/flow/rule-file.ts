/**
 * Flow rules written down alone: what an administrator copies out of WorkMail's console, because no API tells the rules.
 * The keys of a rule are those of `organization.yaml`; functions may be named by ARN and need not be listed.
 */
import { list, optional, record, withDefault } from '../../shared/policy/collections.ts';
import { domain } from '../../shared/policy/names.ts';
import { createReport } from '../../shared/policy/report.ts';
import { text } from '../../shared/policy/shape.ts';
import { readSource } from '../../shared/policy/source.ts';
import type { Problem } from '../../shared/policy/types.ts';
import { assumptionsShape, DEFAULT_ASSUMPTIONS } from '../assumptions.ts';
import { checkFlowRules } from './rule-check.ts';
import { ruleList } from './rule-shape.ts';
import type { RuleAssumptions } from './rules.ts';
import type { Direction, FlowRule } from './types.ts';

/** Quota of WorkMail: domains of an organization. */
const MAX_DOMAINS = 1000;

/** Rules, and what decides between them. */
export interface RuleSet {
  readonly rules: Readonly<Record<Direction, readonly FlowRule[]>>;
  readonly assumptions: RuleAssumptions;
  /** The organization's; empty when they are not known. */
  readonly domains: readonly string[];
}

export type ParsedRuleFile =
  | { readonly ok: true; readonly ruleSet: RuleSet; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const shape = record(
  'the keys of a rule file',
  {
    inbound: optional(ruleList, { description: 'rules for mail to the organization' }),
    outbound: optional(ruleList, { description: 'rules for mail of its users' }),
    domains: optional(
      list(text('a mail domain', { maxLength: 253 }, domain), { what: 'domains', max: MAX_DOMAINS }),
      {
        description: 'the mail domains of the organization, to tell inbound from outbound',
      },
    ),
    assumptions: withDefault(assumptionsShape, DEFAULT_ASSUMPTIONS, {
      description: 'what to assume where the guide is silent',
    }),
  },
  { minKeys: 1 },
);

/**
 * Reads the text of a rule file. Never throws: everything that is wrong comes back with its line.
 * @param home the organization's region and account, where they are known: functions elsewhere are refused.
 */
export function parseRuleFile(
  text: string,
  fileName: string,
  home: { readonly region?: string; readonly account?: string } = {},
): ParsedRuleFile {
  const report = createReport(fileName);
  const source = readSource(text, report);
  const shaped = source === undefined ? undefined : shape.read(source, report);
  if (shaped === undefined) return { ok: false, problems: report.problems() };
  const rules = checkFlowRules(shaped, home, report);
  const problems = report.problems();
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  const { assumptions, domains = [] } = shaped;
  return { ok: true, ruleSet: { rules, assumptions, domains }, warnings: problems };
}
