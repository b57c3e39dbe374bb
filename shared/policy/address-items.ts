/**
 * What a condition on addresses may name: a pattern, `list:NAME` (a list of the policy; `list:own`: the organization's own
 * domains), or `group:NAME` (a group of the directory, which the edge looks up).
 */
import { checkAddress } from './names.ts';
import { checkPattern, matchesNormal, normalAddress } from './pattern.ts';
import type { Checked } from './shape.ts';
import type { AddressPattern } from './types.ts';

/** A normal pattern, or `list:…`, or `group:…`. */
export type AddressItem = string;

const LIST = 'list:';
const GROUP = 'group:';
/** The list that needs no writing down. */
export const OWN_LIST = 'own';
/** Characters of a group's name in the directory. */
const MAX_GROUP_NAME = 256;

/** The name of the list that the item means. */
export function listOf(item: AddressItem): string | undefined {
  return item.startsWith(LIST) ? item.slice(LIST.length) : undefined;
}

/** The name of the group that the item means: an address in lower case, or another name as it is written. */
export function groupOf(item: AddressItem): string | undefined {
  return item.startsWith(GROUP) ? item.slice(GROUP.length) : undefined;
}

/** The name of a list: a word. */
export function listName(name: string): Checked {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
    return { why: 'a name has up to 64 letters, digits, "-", "_" and "."' };
  return name === OWN_LIST ? { why: 'this list is there already: your own domains' } : { value: name };
}

/** Brings an item to its normal form. Whether the list is there only the whole policy can tell. */
export function checkItem(item: string): Checked {
  const list = listOf(item)?.trim();
  if (list !== undefined) {
    if (list === OWN_LIST) return { value: LIST + list };
    const checked = listName(list);
    return 'why' in checked ? checked : { value: LIST + checked.value };
  }
  const group = groupOf(item)?.trim();
  if (group === undefined) return checkPattern(item);
  if (group === '' || group.length > MAX_GROUP_NAME || /\p{Cc}/u.test(group))
    return { why: 'write "group:" and the name or the address of a group' };
  if (!group.includes('@')) return { value: GROUP + group };
  const address = checkAddress(group);
  return 'why' in address ? address : { value: GROUP + address.value };
}

/** What the items of a policy stand for. */
export interface AddressBook {
  readonly ownDomains: readonly string[];
  readonly lists: ReadonlyMap<string, readonly AddressPattern[]>;
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Whether an address falls under an item; `unknown` where the group could not be looked up. */
type Answer = 'yes' | 'no' | 'unknown';

/** Asks items about normal addresses. */
export interface AddressMatcher {
  matches(item: AddressItem, address: string): Answer;
}

/** Many patterns as sets, so that a list of thousands costs no more than a list of three. */
interface PatternSet {
  readonly exact: ReadonlySet<string>;
  readonly everyone: boolean;
}

function patternSet(patterns: readonly AddressPattern[]): PatternSet {
  return { exact: new Set(patterns), everyone: patterns.includes('*') };
}

/** Longest domain that a pattern can have (`names.ts`), and the `@`: a longer one with thousands of dots would cost their square. */
const MAX_DOMAIN = 254;

/** `matchesNormal` for each pattern of the set: by address, by domain, by each domain above. */
function inSet({ exact, everyone }: PatternSet, address: string): boolean {
  const at = address.lastIndexOf('@');
  if (everyone || at < 0) return everyone;
  if (exact.has(address) || exact.has(address.slice(at + 1))) return true;
  let domain = address.slice(at + 1);
  // Of a longer domain only the end can be a pattern's.
  if (domain.length > MAX_DOMAIN)
    domain = domain
      .slice(-MAX_DOMAIN)
      .replace(/^[^.]*/, '')
      .slice(1);
  else if (exact.has(`*.${domain}`)) return true;
  else domain = above(domain);
  for (; domain !== ''; domain = above(domain)) if (exact.has(`*.${domain}`)) return true;
  return false;
}

/** The domain above; empty for the last. */
function above(domain: string): string {
  const dot = domain.indexOf('.');
  return dot < 0 ? '' : domain.slice(dot + 1);
}

/** The sets of a policy's lists are made once, not for every message. */
const setsOfLists = new WeakMap<readonly AddressPattern[], PatternSet>();

function setOf(patterns: readonly AddressPattern[]): PatternSet {
  const found = setsOfLists.get(patterns) ?? patternSet(patterns);
  setsOfLists.set(patterns, found);
  return found;
}

/** Makes a matcher over one address book. */
export function addressMatcher({ ownDomains, lists, groups }: AddressBook): AddressMatcher {
  const members = new Map<string, ReadonlySet<string> | undefined>();
  const membersOf = (group: string): ReadonlySet<string> | undefined => {
    if (!members.has(group)) {
      const found = groups.get(group);
      members.set(group, found === undefined ? undefined : new Set([...found].map(normalAddress)));
    }
    return members.get(group);
  };
  return {
    matches(item, address) {
      const list = listOf(item);
      if (list !== undefined) {
        const patterns = list === OWN_LIST ? ownDomains : lists.get(list);
        return patterns !== undefined && inSet(setOf(patterns), address) ? 'yes' : 'no';
      }
      const group = groupOf(item);
      if (group === undefined) return matchesNormal(item, address) ? 'yes' : 'no';
      const known = membersOf(group);
      if (known === undefined) return 'unknown';
      return known.has(address) ? 'yes' : 'no';
    },
  };
}
