/** A thousand rules against one message, from its octets on. */
import { parseMessage } from '../shared/mime/index.ts';
import { askingPolicy, judge } from './mime-step.ts';

/** As many as a policy file may hold (`shared/policy/schema-rules.ts`). */
export const RULES = 1_000;

const POLICY = askingPolicy(RULES);

/** How many conditions were answered. */
export function work(bytes: Uint8Array): number {
  return judge(parseMessage(bytes), POLICY).reduce((sum, match) => sum + match.conditions.length, 0);
}
