/**
 * The policy file: one `policy.yaml` that says what happens to the mail and the calendars of an organization.
 *
 * It is YAML 1.2 (https://yaml.org/spec/1.2.2/), of which only the plain core is let through. `schema.ts` says what may
 * stand in it; from there come the validation, whose errors name line and column, and the JSON Schema for editors
 * (draft 7, `policy.schema.json`). Conditions and actions carry the names of Exchange mail-flow rules where there is
 * one, address patterns work as in WorkMail's flow rules. A rule acts when all of `when` holds and all of no exception
 * of `unless` does; `matchRules` also says why not. `decide` settles what all rules together want.
 *
 * `facts.ts` draws from a message what the rules ask; it is imported by its own path, because it needs the mail parser and
 * whoever only reads a policy does not.
 *
 * @example
 * const parsed = await readPolicy('version: 1\norganization: { domains: example.com }\n', 'policy.yaml');
 * if (!parsed.ok) for (const problem of parsed.problems) console.error(formatProblem(problem));
 */

export { CONFLICT_ORDER, decide } from './decide.ts';
export type {
  AddedRecipient,
  ConditionResult,
  Decision,
  Effect,
  PlannedChange,
  RecipientOutcome,
  RuleMatch,
  RuleState,
} from './decision.ts';
export {
  createPolicyLoader,
  type LastGoodCopy,
  type LoadedPolicy,
  type PolicyLoader,
  type PolicyLoaderOptions,
} from './load.ts';
export { type NeededLookups, neededLookups, opensContent } from './lookups.ts';
export { type MatchOptions, matchRules } from './match.ts';
export type { FoundText, Lookups, MessageFacts, SesVerdict } from './message-facts.ts';
export { policyNeeds } from './needs.ts';
export { type ParsedPolicy, parsePolicy, readPolicy } from './parse.ts';
export { domainOf, matchesPattern, normalAddress, patternSpecificity } from './pattern.ts';
export { formatProblem } from './report.ts';
export { policyJsonSchema } from './schema.ts';
export type * from './types.ts';
