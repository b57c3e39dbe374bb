/** The SPF record (RFC 7208 §4.5, §4.6, §12): read whole before anything of it counts, since one syntax error spoils all. */
import { type IpAddress, parseIpAddress } from './address.ts';
import { MAX_RECORD_CHARS, MAX_TERMS } from './limits.ts';
import { type MacroPiece, parseDomainSpec, parseMacroString } from './macro.ts';

/** What a mechanism says when it matches (§4.6.2). */
export type Qualified = 'pass' | 'fail' | 'softfail' | 'neutral';

/** §5. `domain` undefined: the domain that is checked. */
export type Mechanism =
  | { readonly name: 'all' }
  | { readonly name: 'include' | 'exists'; readonly domain: readonly MacroPiece[] }
  | {
      readonly name: 'a' | 'mx';
      readonly domain: readonly MacroPiece[] | undefined;
      readonly prefix4: number;
      readonly prefix6: number;
    }
  | { readonly name: 'ptr'; readonly domain: readonly MacroPiece[] | undefined }
  | { readonly name: 'ip'; readonly network: IpAddress; readonly prefix: number };

export interface Directive {
  readonly qualified: Qualified;
  readonly mechanism: Mechanism;
}

export interface SpfRecord {
  readonly directives: readonly Directive[];
  readonly redirect: readonly MacroPiece[] | undefined;
}

/** The name and what follows it are ABNF strings, which have no case (RFC 5234 §2.3). */
const VERSION = /^v=spf1(?: |$)/i;
const MODIFIER = /^([A-Za-z][A-Za-z0-9\-_.]*)=(.*)$/;
const DIRECTIVE = /^([+\-?~]?)([A-Za-z0-9]+)((?:[:/].*)?)$/;
/** §5.6, §12: no leading zero. */
const LENGTHS = /^(.*?)(?:\/(0|[1-9][0-9]{0,2}))?(?:\/\/(0|[1-9][0-9]{0,2}))?$/;
const V4_BITS = 32;
const V6_BITS = 128;
const QUALIFIERS: Readonly<Record<string, Qualified>> = {
  '': 'pass',
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** §4.5: whether a TXT record is an SPF record. */
export function isSpfRecord(text: string): boolean {
  return VERSION.test(text.slice(0, 'v=spf1 '.length));
}

/** Undefined: a syntax error anywhere (§4.6). */
export function parseSpfRecord(text: string): SpfRecord | undefined {
  if (text.length > MAX_RECORD_CHARS) return undefined;
  const terms = text
    .slice('v=spf1'.length)
    .split(' ')
    .filter((term) => term !== '');
  if (terms.length > MAX_TERMS) return undefined;
  const directives: Directive[] = [];
  const targets = new Map<string, readonly MacroPiece[]>();
  for (const term of terms) {
    const directive = parseDirective(term);
    if (directive !== undefined) directives.push(directive);
    else if (!readModifier(term, targets)) return undefined;
  }
  return { directives, redirect: targets.get('redirect') };
}

/** §6: `redirect` and `exp` once each, with a domain-spec; others are ignored when their syntax is right. */
function readModifier(term: string, targets: Map<string, readonly MacroPiece[]>): boolean {
  const [, name = '', value = ''] = MODIFIER.exec(term) ?? [];
  if (name === '') return false;
  const known = name.toLowerCase();
  if (known !== 'redirect' && known !== 'exp') return parseMacroString(value) !== undefined;
  const target = parseDomainSpec(value);
  if (target === undefined || targets.has(known)) return false;
  targets.set(known, target);
  return true;
}

function parseDirective(term: string): Directive | undefined {
  const [, qualifier = '', name = '', rest = ''] = DIRECTIVE.exec(term) ?? [];
  const mechanism = parseMechanism(name.toLowerCase(), rest);
  const qualified = QUALIFIERS[qualifier];
  return mechanism === undefined || qualified === undefined ? undefined : { qualified, mechanism };
}

function parseMechanism(name: string, rest: string): Mechanism | undefined {
  switch (name) {
    case 'all':
      return rest === '' ? { name } : undefined;
    case 'include':
    case 'exists': {
      const domain = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : undefined;
      return domain === undefined ? undefined : { name, domain };
    }
    case 'ptr': {
      if (rest === '') return { name, domain: undefined };
      const domain = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : undefined;
      return domain === undefined ? undefined : { name, domain };
    }
    case 'a':
    case 'mx':
      return parseHosts(name, rest);
    case 'ip4':
    case 'ip6':
      return rest.startsWith(':') ? parseNetwork(name, rest.slice(1)) : undefined;
    default:
      return undefined;
  }
}

/** §5.3, §5.4: `[":" domain-spec] ["/" length] ["//" length]`. */
function parseHosts(name: 'a' | 'mx', rest: string): Mechanism | undefined {
  const [, target = '', four, six] = LENGTHS.exec(rest) ?? [];
  const prefix4 = four === undefined ? V4_BITS : Number(four);
  const prefix6 = six === undefined ? V6_BITS : Number(six);
  if (prefix4 > V4_BITS || prefix6 > V6_BITS) return undefined;
  if (target === '') return { name, domain: undefined, prefix4, prefix6 };
  const domain = target.startsWith(':') ? parseDomainSpec(target.slice(1)) : undefined;
  return domain === undefined ? undefined : { name, domain, prefix4, prefix6 };
}

/** §5.6. */
function parseNetwork(name: 'ip4' | 'ip6', text: string): Mechanism | undefined {
  const [, address = '', length, second] = LENGTHS.exec(text) ?? [];
  const bits = name === 'ip4' ? V4_BITS : V6_BITS;
  const network = parseIpAddress(address);
  if (network?.family !== (name === 'ip4' ? 4 : 6) || second !== undefined) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  return prefix > bits ? undefined : { name: 'ip', network, prefix };
}
