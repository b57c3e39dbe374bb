/** The order in which rules are asked. */
import type { Rule } from './types.ts';

/** By priority, the lower first; equals in the order of the file. */
export function inOrder(rules: readonly Rule[]): readonly Rule[] {
  return rules.toSorted((one, other) => one.priority - other.priority);
}
