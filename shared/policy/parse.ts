/** The text of a policy file to a Policy, or to everything that is wrong with it. */
import { checkPolicy } from './checks.ts';
import { createReport } from './report.ts';
import { policyShape } from './schema.ts';
import { readSource } from './source.ts';
import type { Policy, Problem } from './types.ts';

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const TOP_KEYS = Object.keys(Object(policyShape.json['properties']));

/**
 * Reads and validates a policy file of at most 256 K characters. Never throws on what the text holds; at most 100
 * problems are told. `fileName` is repeated in the problems and opens nothing.
 */
export function parsePolicy(text: string, fileName: string): ParsedPolicy {
  const report = createReport(fileName);
  const root = readSource(text, report, TOP_KEYS);
  const policy: Policy | undefined = root === undefined ? undefined : policyShape.read(root, report);
  if (root !== undefined && policy !== undefined) checkPolicy(policy, root, report);
  const problems = report.problems();
  const failed = policy === undefined || problems.some((problem) => problem.severity === 'error');
  return failed ? { ok: false, problems } : { ok: true, policy, warnings: problems };
}
