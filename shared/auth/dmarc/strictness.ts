/** Actions from mild to strict, and what they are in a report's words. */
import type { DmarcAction, FailAction } from '../../policy/types.ts';

const ORDER: readonly DmarcAction[] = ['neverJunk', 'default', 'junk', 'bounce', 'drop'];

/** Whether `a` does more to a message than `b`. */
export function isStricter(a: DmarcAction, b: DmarcAction): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b);
}

/** The stricter of the two. */
export function stricter<A extends DmarcAction>(a: A, b: A): A {
  return isStricter(b, a) ? b : a;
}

/** The milder of the two. */
export function milder<A extends DmarcAction>(a: A, b: A): A {
  return isStricter(b, a) ? a : b;
}

/** What is one step below: junk for what is not delivered at all, delivered for junk. */
export function oneStepMilder(action: FailAction): FailAction {
  return action === 'drop' || action === 'bounce' ? 'junk' : 'default';
}

/** What a report calls it (aggregate-reporting-32, `disposition`). */
export function dispositionOf(action: DmarcAction): 'none' | 'quarantine' | 'reject' {
  if (action === 'drop' || action === 'bounce') return 'reject';
  return action === 'junk' ? 'quarantine' : 'none';
}
