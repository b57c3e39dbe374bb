/**
 * Signs that a message wants to be taken for another's: a domain that looks like a guarded one, the name of a protected
 * person, an address in the name. DMARC says nothing about them: it passes for the look-alike's own domain.
 */

import { domainWithin } from '../../policy/pattern.ts';
import type { DmarcPolicy } from '../../policy/types.ts';
import type { DmarcContext } from '../dmarc/decision-types.ts';
import { isWithin } from '../domain.ts';
import type { Evidence } from '../evidence-types.ts';
import { looksLike } from './domain-likeness.ts';
import { addressesIn, hasHiddenCharacters, personMatcher } from './names.ts';

/** What is told about a message; the codes of the log. */
export interface Hint {
  readonly code:
    | 'look-alike'
    | 'mixed-script'
    | 'unreadable-domain'
    | 'protected-person'
    | 'address-in-name'
    | 'hidden-characters'
    | 'reply-to-elsewhere'
    | 'first-contact';
  /** In which way, a fixed code. */
  readonly how?: string;
  /** Whether the policy's action for it may be taken; otherwise it is only told. */
  readonly certain: boolean;
}

/** Authors with an own domain that is proved are who they say; of anybody else the names are looked at. */
export function hintsOn(evidence: Evidence, policy: DmarcPolicy, context: DmarcContext): readonly Hint[] {
  const { author } = evidence;
  if (author.kind !== 'one') return [];
  const own = context.organization.domains.some((domain) => isWithin(author.domain, domain));
  const genuine = own && evidence.dmarc.result === 'pass' && evidence.dmarc.proved;
  const hints: Hint[] = [];
  if (!own) hints.push(...domainHints(author.domain, policy, context));
  if (!genuine) hints.push(...nameHints(evidence, author, context));
  const { replyTo = [], firstContact } = context;
  if (replyTo.some((address) => !sameHouse(domainOf(address), author.domain)))
    hints.push({ code: 'reply-to-elsewhere', certain: false });
  if (firstContact !== undefined && !genuine)
    hints.push(...contactHint(context.recipients.map(firstContact)));
  return hints;
}

function domainHints(domain: string, policy: DmarcPolicy, { organization }: DmarcContext): readonly Hint[] {
  const { domains = [], allowed = [], maxDistance = 1 } = policy.lookAlikes ?? {};
  if (allowed.some((pattern) => domainWithin(pattern, domain))) return [];
  return looksLike(domain, { guarded: [organization.domains, domains], maxDistance });
}

function nameHints(
  { displayName }: Evidence,
  author: { readonly domain: string; readonly address: string },
  { organization }: DmarcContext,
): readonly Hint[] {
  const hints: Hint[] = [];
  const address = author.address.toLowerCase();
  const people = organization.protectedPeople ?? [];
  const namesOneOf = personMatcher(displayName);
  const posing = people.some(({ names, addresses }) => !addresses.includes(address) && namesOneOf(names));
  if (posing) hints.push({ code: 'protected-person', how: 'name', certain: true });
  const others = addressesIn(displayName).filter((named) => named !== address);
  const protectedToo = others.some((named) => people.some(({ addresses }) => addresses.includes(named)));
  if (!posing && protectedToo) hints.push({ code: 'protected-person', how: 'address', certain: true });
  if (others.length > 0) {
    const own = others.some((named) => organization.domains.includes(domainOf(named)));
    hints.push({ code: 'address-in-name', how: own ? 'own' : 'other', certain: false });
  }
  if (hasHiddenCharacters(displayName))
    hints.push({ code: 'hidden-characters', how: 'name', certain: false });
  return hints;
}

/** Of those about whom it is known. */
function contactHint(first: readonly (boolean | undefined)[]): readonly Hint[] {
  const known = first.filter((one) => one !== undefined);
  if (!known.includes(true)) return [];
  return [{ code: 'first-contact', how: known.includes(false) ? 'some' : 'all', certain: false }];
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function sameHouse(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}
