/** What must be there, outside the policy, for its rules to do what they say. */
import { neededLookups } from './lookups.ts';
import type { Action, Policy } from './types.ts';

export interface PolicyNeeds {
  /** The bucket that keeps what rules keep. */
  readonly keepBucket: boolean;
  /** The right to send as `notices.from`. */
  readonly sender: boolean;
  /** The right to read groups of the directory. */
  readonly directory: boolean;
}

/** Whether an action tells somebody something. */
export function tells(action: Action): boolean {
  return action.kind === 'notify' || (action.kind === 'quarantine' && action.notify !== 'none');
}

/** Whether an action keeps something in the bucket; a notice does, since notices are counted there. */
function keeps(action: Action): boolean {
  if (action.kind === 'replaceAttachments') return action.link !== undefined;
  return action.kind === 'quarantine' || action.kind === 'saveCopy' || tells(action);
}

/** Rules in test mode need nothing to be kept; what they ask must be looked up all the same. */
export function policyNeeds(policy: Policy): PolicyNeeds {
  const actions = policy.rules.filter(({ mode }) => mode === 'enforce').flatMap((rule) => rule.do);
  const { groups, firstContact } = neededLookups(policy);
  return {
    keepBucket: firstContact || policy.dmarc?.firstContact === true || actions.some(keeps),
    sender: actions.some(tells),
    directory: groups.length > 0,
  };
}
