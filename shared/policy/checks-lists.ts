/** Lists that rules name and that are not there, or the other way round; and who sends notices. */
import { type AddressItem, listOf, OWN_LIST } from './address-items.ts';
import { clausesOf } from './checked-rule.ts';
import { domainOf } from './pattern.ts';
import { placeOf } from './place-of.ts';
import { quote, type Report } from './report.ts';
import type { Located } from './source.ts';
import { closest } from './suggest.ts';
import type { Policy, Rule } from './types.ts';

/** The conditions that take `list:NAME`. */
const ITEM_KEYS = ['from', 'sentTo', 'toOrCc'] as const;

interface Items {
  readonly items: readonly AddressItem[];
  readonly path: readonly (string | number)[];
}

/** What may name a list, and where it stands in the rule. */
function itemsOf(rule: Rule): readonly Items[] {
  const conditions = clausesOf(rule).flatMap(({ condition, path }) =>
    ITEM_KEYS.map((key) => ({ items: condition[key] ?? [], path: [...path, key] })),
  );
  const removed = rule.do.flatMap((action, index) =>
    action.kind === 'removeRecipients'
      ? [{ items: action.patterns, path: ['do', index, 'removeRecipients'] }]
      : [],
  );
  return [...conditions, ...removed];
}

/** What the section `dmarc` names; `checks-dmarc-exceptions.ts` tells the lists that are not there. */
function dmarcItems({ dmarc }: Policy): readonly AddressItem[] {
  if (dmarc === undefined) return [];
  return [...dmarc.exceptions.flatMap(({ to = [] }) => to), ...dmarc.recipients.flatMap(({ to }) => to)];
}

/** Reports what is wrong between rules and lists. */
export function checkLists(policy: Policy, root: Located, report: Report): void {
  const used = new Set<string>();
  const names = [OWN_LIST, ...policy.lists.keys()];
  for (const [index, rule] of policy.rules.entries()) {
    for (const { items, path } of itemsOf(rule)) {
      for (const [at, item] of items.entries()) {
        const list = listOf(item);
        if (list === undefined) continue;
        used.add(list);
        if (names.includes(list)) continue;
        const meant = closest(list, names);
        const hint =
          meant === undefined ? '; add it to the section "lists"' : `; did you mean ${quote(meant)}?`;
        report.error(placeOf(root, 'rules', index, ...path, at), `there is no list ${quote(list)}${hint}`);
      }
    }
  }
  for (const item of dmarcItems(policy)) {
    const list = listOf(item);
    if (list !== undefined) used.add(list);
  }
  for (const name of policy.lists.keys())
    if (!used.has(name)) report.warn(placeOf(root, 'lists', name), 'no rule names this list');
  const { notices, organization } = policy;
  if (notices !== undefined && !organization.domains.includes(domainOf(notices.from)))
    report.error(
      placeOf(root, 'notices', 'from'),
      `${quote(notices.from)} is not an address of one of your own domains (${quote(organization.domains.join(', '))})`,
    );
}
