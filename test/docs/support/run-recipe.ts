/** What comes of a recipe, by `explain`. */
import { type Explanation, explainMessage } from '../../../local/cli/explanation.ts';
import { effectLines, recipientLine, ruleState } from '../../../local/cli/outcome-text.ts';
import { formatProblem, readPolicy } from '../../../shared/policy/index.ts';
import type { Policy } from '../../../shared/policy/types.ts';
import type { Recipe } from './recipes.ts';

/** Throws for a policy with errors. */
export async function policyOf({ name, policy }: Pick<Recipe, 'name' | 'policy'>): Promise<Policy> {
  const parsed = await readPolicy(policy, `${name}.yaml`);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.policy;
}

export interface Ran {
  readonly explanation: Explanation;
  /** The content as it goes on. */
  readonly after: Buffer;
  /** What the page says under "What happens". */
  readonly happens: string;
}

export async function runRecipe(recipe: Recipe): Promise<Ran> {
  const { message, direction, sender, recipients, at, groups, firstContact } = recipe;
  const { explanation, changed } = await explainMessage({
    policy: await policyOf(recipe),
    bytes: message,
    direction,
    sender,
    recipients,
    at,
    groups,
    ...(firstContact === undefined ? {} : { firstContact }),
    lookupDns: undefined,
    withKey: true,
    diff: true,
  });
  const { rules } = explanation;
  const lines = [
    ...rules.map((rule) => `rule ${JSON.stringify(rule.name)}: ${ruleState(rule)}`),
    ...explanation.recipients.map(recipientLine),
    ...effectLines(explanation),
  ];
  return { explanation, after: Buffer.concat(changed), happens: `${lines.join('\n')}\n` };
}
