/** One rule that is being checked, and where its members stand in the file. */
import type { Place, Report } from './report.ts';
import type { Condition, Policy, Rule } from './types.ts';

export interface CheckedRule {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly report: Report;
  /** The place of a member of the rule, or of the nearest thing around it. */
  place(...path: (string | number)[]): Place;
}

export interface Clause {
  readonly condition: Condition;
  /** Where it stands in the rule. */
  readonly path: readonly (string | number)[];
}

/** `when`, then each exception. */
export function clausesOf({ when, unless = [] }: Rule): readonly Clause[] {
  return [
    { condition: when, path: ['when'] },
    ...unless.map((condition, index) => ({ condition, path: ['unless', index] })),
  ];
}

/** The conditions that are asked for each recipient. */
export const RECIPIENT_KEYS = ['recipientScope', 'sentTo', 'sentToMatches', 'firstContact'] as const;

/** Whether the conditions ask about single recipients. */
export function asksRecipients(condition: Condition): boolean {
  return RECIPIENT_KEYS.some((key) => condition[key] !== undefined);
}

/** The conditions that are given, without the word on how many recipients must satisfy them. */
export function conditionsOf({ recipientMatch: _, ...conditions }: Condition): Partial<Condition> {
  return conditions;
}
