/**
 * The value of a link with a prefix, and the way back. What the value was, octet by octet, follows from the address in the
 * prefix; where it does not (entities spelt otherwise, a relative address), it is kept in an attribute of its own.
 */
import {
  escapeAddress,
  escapeOctets,
  hostOf,
  parseAddress,
  unescapeAddress,
  unescapeOctets,
  withoutBlanks,
} from './addresses.ts';
import { attributeText, htmlString } from './entities.ts';

/** Keeps the value as it was. A browser shows nothing of it. */
export const ORIGINAL = 'data-mailroom-link';
/** How a link begins that is put around an address in text. */
export const WRAPPER = '<a class="mailroom-link" href="';

export interface ValueContext {
  readonly prefix: string;
  readonly charset: string;
  /** Of the document, for relative addresses. */
  readonly base: string | undefined;
}

export interface PrefixedValue {
  readonly text: string;
  /** For `ORIGINAL`; undefined where it is not needed. */
  readonly kept: string | undefined;
}

/** HTML Standard §4.2.5.3: seconds, and the address behind them. */
const REFRESH = /^[\s\d.]{0,40}[;,]?\s{0,20}(?:url\s{0,20}=\s{0,20})?["']?/i;

interface LinkTarget {
  readonly host: string;
  readonly address: string;
  /** What of a refresh stands before its address. */
  readonly lead: string;
}

/** Where a value leads; undefined where that is to no other host. */
export function linkTarget(raw: string, { charset, base }: ValueContext): LinkTarget | undefined {
  const value = htmlString(raw, charset, 'attribute');
  const lead = leadOf(value);
  const address = withoutBlanks(value.slice(lead.length)).replace(lead === '' ? /$^/ : /["']$/, '');
  const host = hostOf(address, base);
  return host === undefined ? undefined : { host, address, lead };
}

/** Only a refresh begins with a number. */
function leadOf(value: string): string {
  return /^[\s\d.]{1,40}[;,]/.test(value) ? (REFRESH.exec(value)?.[0] ?? '') : '';
}

/** The value with the prefix; as it is where it has that already. */
export function prefixedValue(
  raw: string,
  { address, lead }: LinkTarget,
  context: ValueContext,
): PrefixedValue {
  if (address.startsWith(context.prefix) && context.prefix !== '') return { text: raw, kept: undefined };
  const written = /^(?:https?|ftp):\/\//i.test(address);
  const target = written ? address : (parseAddress(address, context.base)?.href ?? address);
  const octets = Buffer.from(target, 'utf8').toString('latin1');
  const text = attributeText(lead + context.prefix) + escapeAddress(octets, 'utf-8');
  const kept = lead === '' && attributeText(target) === raw ? undefined : escapeOctets(raw);
  return { text, kept };
}

/** The value of a link that is put around an address in text. */
export function prefixedText(address: string, { prefix, charset }: ValueContext): string {
  return attributeText(prefix) + escapeAddress(address, charset);
}

/** What the value was; undefined when it does not begin with the prefix. `quote` is what stands before it. */
export function restoredValue(
  raw: string,
  quote: string,
  kept: string | undefined,
  context: ValueContext,
): { readonly text: string } | undefined {
  const value = htmlString(raw, context.charset, 'attribute');
  const lead = leadOf(value);
  if (!value.startsWith(context.prefix, lead.length)) return undefined;
  const original = kept === undefined ? undefined : unescapeOctets(kept);
  if (original !== undefined && fits(original, quote)) {
    const target = linkTarget(original, context);
    if (target !== undefined && prefixedValue(original, target, context).text === raw)
      return { text: original };
  }
  const address = unescapeAddress(value.slice(lead.length + context.prefix.length), 'utf-8');
  if (address === undefined) return undefined;
  const scheme = /^www\./i.test(address) ? 'http://' : '';
  return { text: attributeText(lead + scheme + Buffer.from(address, 'latin1').toString('utf8')) };
}

/** Whether the value can stand where it stood, and ends where it ended: the sender may have written it. */
function fits(original: string, quote: string): boolean {
  if (quote === '"' || quote === "'") return !original.includes(quote);
  return /^[^\t\n\f\r >"'][^\t\n\f\r >]*$/.test(original);
}
