/**
 * Address patterns as WorkMail's flow rules have them: `a@example.com` is one address; `example.com` is every address
 * of that domain and of no other; `*.example.com` is the domain and all its subdomains; `*` is everyone.
 */
import { checkAddress, checkDomain } from './names.ts';
import type { Checked } from './shape.ts';
import type { AddressPattern } from './types.ts';

/** Brings a pattern to its normal form (lower case, A-labels), or says what is wrong with it. */
export function checkPattern(pattern: string): Checked {
  if (pattern === '*') return { value: pattern };
  if (pattern.includes('+')) return { why: 'WorkMail does not allow "+" in a pattern' };
  if (pattern.startsWith('@') || pattern.startsWith('*@')) {
    const domain = pattern.slice(pattern.indexOf('@') + 1);
    return { why: `for every address of a domain write the domain alone: "${domain}"` };
  }
  if (pattern.includes('@')) return checkAddress(pattern);
  const wild = pattern.startsWith('*.');
  const domain = checkDomain(wild ? pattern.slice(2) : pattern);
  if (domain !== undefined) return { value: wild ? `*.${domain}` : domain };
  if (pattern.includes('*'))
    return { why: '"*" stands alone or before a whole domain, as in "*.example.com"' };
  return { why: 'neither an address nor a domain' };
}

/** Whether `address` (bare, any case) falls under `pattern` (normal form). Text without a domain matches `*` only. */
export function matchesPattern(pattern: AddressPattern, address: string): boolean {
  return matchesNormal(pattern, normalAddress(address));
}

/** `matchesPattern` for an address that `normalAddress` made: for many patterns over many addresses. */
export function matchesNormal(pattern: AddressPattern, address: string): boolean {
  if (pattern === '*') return true;
  const at = address.lastIndexOf('@');
  if (at < 0 || pattern.includes('@')) return at >= 0 && pattern === address;
  if (!pattern.startsWith('*.'))
    return address.length === at + 1 + pattern.length && address.endsWith(pattern);
  // `*.example.com`: what comes before must be the `@` or a dot, so that `badexample.com` does not match.
  const domain = address.slice(at + 1);
  return domain === pattern.slice(2) || domain.endsWith(pattern.slice(1));
}

/** Whether a domain (A-labels, lower case) falls under a pattern without an address: `example.com`, `*.example.com`. */
export function domainWithin(pattern: AddressPattern, domain: string): boolean {
  return matchesNormal(pattern, `@${domain}`);
}

/** Lower case, the domain in A-labels where it is a domain. */
export function normalAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? address.toLowerCase() : `${address.slice(0, at).toLowerCase()}@${domainOf(address)}`;
}

/** The domain of an address (what follows the last `@`), lower case and in A-labels; empty when there is none. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = at < 0 ? '' : address.slice(at + 1);
  return checkDomain(domain) ?? domain.toLowerCase();
}

/**
 * A number that is larger for the more specific pattern: an address over a domain, a domain over one with its
 * subdomains, among those the longer, and `*` (0) last.
 */
export function patternSpecificity(pattern: AddressPattern): number {
  if (pattern === '*') return 0;
  if (pattern.includes('@')) return MOST_LABELS + 2;
  if (!pattern.startsWith('*.')) return MOST_LABELS + 1;
  return Math.min(pattern.split('.').length, MOST_LABELS);
}

/** A domain name has at most 127 labels (RFC 1035 §3.1: 255 octets, two for each label at least); and the `*`. */
const MOST_LABELS = 128;
