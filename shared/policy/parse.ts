/** The text of a policy file to a Policy, or to everything that is wrong with it. */
import { type CheckOptions, checkPolicy } from './checks.ts';
import { inOrder } from './order.ts';
import { createReport } from './report.ts';
import { policyShape } from './schema.ts';
import { readSource } from './source.ts';
import { loadPatternEngine, type PatternEngine } from './text-pattern.ts';
import type { Policy, Problem } from './types.ts';

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const TOP_KEYS = Object.keys(Object(policyShape.json['properties']));
/** What the names of all keys have in common that take patterns (`subjectMatches`, `nameMatches`). */
const PATTERN_KEYS = 'Matches';

export interface ParseOptions extends CheckOptions {
  /** Compiles patterns; without it a pattern is a problem. */
  readonly patternEngine?: PatternEngine | undefined;
}

/**
 * Reads and validates a policy file of at most 256 K characters. Never throws on what the text holds; at most 100
 * problems are told. `fileName` is repeated in the problems and opens nothing. The engine for patterns is loaded where the
 * text has some.
 */
export async function readPolicy(
  text: string,
  fileName: string,
  options: CheckOptions = {},
): Promise<ParsedPolicy> {
  const patternEngine = text.includes(PATTERN_KEYS) ? await loadPatternEngine() : undefined;
  return parsePolicy(text, fileName, { ...options, patternEngine });
}

/** `readPolicy` at once, for whoever has the engine, or a text without patterns. */
export function parsePolicy(text: string, fileName: string, options: ParseOptions = {}): ParsedPolicy {
  const report = createReport(fileName, options.patternEngine);
  const root = readSource(text, report, TOP_KEYS);
  const policy: Policy | undefined = root === undefined ? undefined : policyShape.read(root, report);
  if (root !== undefined && policy !== undefined) checkPolicy(policy, root, report, options);
  const problems = report.problems();
  if (policy === undefined || problems.some((problem) => problem.severity === 'error'))
    return { ok: false, problems };
  return { ok: true, policy: { ...policy, rules: inOrder(policy.rules) }, warnings: problems };
}
