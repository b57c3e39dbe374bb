/** What the edge must look up, and load, before the rules can be asked. */
import { type AddressItem, groupOf } from './address-items.ts';
import { CONDITIONS, type Condition } from './conditions/index.ts';
import type { DmarcPolicy, Policy, Rule } from './types.ts';
import type { VariableName } from './variables.ts';

export interface NeededLookups {
  /** Names of groups, as `Lookups.groups` has them. */
  readonly groups: readonly string[];
  readonly firstContact: boolean;
  /** What DMARC decides, which asks the DNS. */
  readonly dmarcReason: boolean;
}

/** For which messages; without it, whatever any rule may ask. */
export interface LookupScope {
  readonly direction?: 'inbound' | 'outbound' | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly now?: number;
}

/** Whether the rule may be asked: it is in force, and of this direction. */
function mayAsk({ when, activateOn, expireOn }: Rule, { direction, now }: LookupScope): boolean {
  if (
    now !== undefined &&
    ((activateOn !== undefined && now < activateOn) || (expireOn !== undefined && now >= expireOn))
  )
    return false;
  return direction === undefined || when.direction === undefined || when.direction === direction;
}

function groupsOf(items: readonly AddressItem[]): readonly string[] {
  return items.map(groupOf).filter((group) => group !== undefined);
}

/** The groups and the store of contacts that the rules ask about. */
export function neededLookups(policy: Policy, scope: LookupScope = {}): NeededLookups {
  const groups = new Set<string>();
  let firstContact = false;
  let dmarcReason = false;
  for (const rule of policy.rules.filter((one) => mayAsk(one, scope))) {
    for (const clause of [rule.when, ...(rule.unless ?? [])]) {
      const items: readonly AddressItem[] = [
        ...(clause.from ?? []),
        ...(clause.sentTo ?? []),
        ...(clause.toOrCc ?? []),
      ];
      for (const group of groupsOf(items)) groups.add(group);
      firstContact ||= clause.firstContact !== undefined;
      dmarcReason ||= clause.dmarcReason !== undefined;
    }
    const removed = rule.do.flatMap((action) => (action.kind === 'removeRecipients' ? action.patterns : []));
    for (const group of groupsOf(removed)) groups.add(group);
  }
  return { groups: [...groups], firstContact, dmarcReason };
}

/** The groups that the section `dmarc` asks about, as `NeededLookups.groups`. */
export function dmarcGroups({ exceptions, recipients }: DmarcPolicy): readonly string[] {
  const items = [...exceptions.flatMap(({ to = [] }) => to), ...recipients.flatMap(({ to }) => to)];
  return [...new Set(groupsOf(items))];
}

/** Whether a condition asks what is proved about the sender. */
export function asksEvidence(policy: Policy, scope: LookupScope = {}): boolean {
  return policy.rules.some(
    (rule) =>
      mayAsk(rule, scope) &&
      [rule.when, ...(rule.unless ?? [])].some(
        ({ senderScope, dmarc }) => senderScope !== undefined || dmarc !== undefined,
      ),
  );
}

/**
 * Whether bodies or attachments may be asked for their content: a condition asks, an action chooses attachments by it, or a
 * text names them. Never false where `decide`, `toContentChanges` or `noticeText` would ask.
 */
export function opensContent(policy: Policy, scope: LookupScope = {}): boolean {
  return policy.rules.some((rule) => mayAsk(rule, scope) && ruleOpens(rule));
}

/** Each rule is looked through once: its texts may be long. */
const opening = new WeakMap<Rule, boolean>();

function ruleOpens(rule: Rule): boolean {
  const known = opening.get(rule);
  if (known !== undefined) return known;
  const opens =
    [rule.when, ...(rule.unless ?? [])].some(asksContent) ||
    rule.do.some((action) => 'where' in action) ||
    JSON.stringify(rule.do).includes(ATTACHMENT_NAMES);
  opening.set(rule, opens);
  return opens;
}

const ATTACHMENT_NAMES = `%%${'Attachments' satisfies VariableName}%%`;

function asksContent(clause: Condition): boolean {
  return Object.entries(CONDITIONS).some(
    ([key, entry]) =>
      entry.about === 'message' && entry.reads === 'content' && clause[key as keyof Condition] !== undefined,
  );
}
