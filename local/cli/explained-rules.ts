/** Which rules act on a message, and what each of them changes. */
import type { ContentPlan } from '../../handlers/edge/steps/content-plan.ts';
import type { RuleMatch } from '../../shared/policy/decision.ts';
import type { ExplainedRule } from './explanation-types.ts';

export function explainRules(matches: readonly RuleMatch[], plan: ContentPlan): readonly ExplainedRule[] {
  return matches.map(({ rule, state, why, matched, conditions, recipients }) => {
    const changes = plan.outcomes
      .filter(({ planned }) => planned.rule === rule.name)
      .map(({ planned, outcome }) => ({ change: planned.change.kind, outcome }));
    const different = recipients.filter((one) => one.matched !== matched).map((one) => one.index);
    return {
      name: rule.name,
      state,
      ...(why === undefined ? {} : { why }),
      ...(rule.reason === undefined ? {} : { reason: rule.reason }),
      acts: state === 'acts',
      conditions,
      changes,
      alsoFor: matched ? different : [],
      notFor: matched ? [] : different,
    };
  });
}
