/** Web addresses: their hosts, those that a rule exempts, and how one goes into a given prefix and comes out of it again. */
import { decodeStrictly, encodeInCharset, isAsciiText } from '../charset.ts';

/** Where the address leads, as browsers read it (URL Standard); undefined for what is no link to another host. */
export function hostOf(address: string, base?: string): string | undefined {
  const plain = upToHost(withoutBlanks(address));
  const parsed = URL.parse(plain) ?? parseAddress(plain, base);
  if (parsed === undefined) {
    // Not an address to a browser, but perhaps to another reader.
    return /^(?:https?|ftp):/i.test(plain)
      ? /[^:/\\?#]+/.exec(plain.slice(plain.indexOf(':') + 1))?.[0]
      : undefined;
  }
  const isLink = parsed.protocol === 'http:' || parsed.protocol === 'https:' || parsed.protocol === 'ftp:';
  return isLink ? parsed.hostname : undefined;
}

/**
 * An address without blanks as browsers read it. One that begins with two slashes has the scheme of the page on which the
 * message is shown, and that of webmail is https; Outlook for Windows opens a file of that host.
 */
export function parseAddress(address: string, base?: string): URL | undefined {
  const schemeless = base === undefined && /^[/\\]{2}/.test(address);
  return URL.parse(schemeless ? `https:${address}` : address, base) ?? undefined;
}

/** What of an address is looked at for its host. Stops addresses that are as long as a body; a real host has 255 octets (RFC 1035 §2.3.4). */
const MAX_AUTHORITY = 4096;

/** Without the path, and of a long authority its end: what is left out says nothing of the host. */
function upToHost(address: string): string {
  const lead = /^(?:[a-z][a-z0-9+.-]{0,30}:)?[/\\]{0,99}/i.exec(address)?.[0] ?? '';
  const length = address.slice(lead.length).search(/[/\\?#]/);
  const authority = address.slice(lead.length, length === -1 ? undefined : lead.length + length);
  return lead + authority.slice(-MAX_AUTHORITY);
}

/** URL Standard §4.4: blanks around an address, and tabs and line ends within it, do not count. */
export function withoutBlanks(address: string): string {
  return address
    .replace(/^[\0-\x20]+/, '')
    .replace(/[\t\r\n]/g, '')
    .trimEnd();
}

/** Says of a host whether it is one of the patterns: `example.com`, or `*.example.com` for all below it. */
export function hostMatcher(patterns: readonly string[]): (host: string) => boolean {
  const exact = new Set<string>();
  const below: string[] = [];
  for (const pattern of patterns) {
    const name = pattern.trim();
    if (name.startsWith('*.')) below.push(`.${canonicalHost(name.slice(2))}`);
    else exact.add(canonicalHost(name));
  }
  return (host) => {
    const name = host.toLowerCase().replace(/\.$/, '');
    return exact.has(name) || below.some((suffix) => name.endsWith(suffix));
  };
}

function canonicalHost(name: string): string {
  return (URL.parse(`http://${name}`)?.hostname ?? name).toLowerCase();
}

/** An address whose scheme is not written begins like this in the prefix, where a written one is `http%3A%2F%2F`. */
const UNWRITTEN = 'http:%2F%2F';

/**
 * An address as it stands after a prefix: all but unreserved characters (RFC 3986 §2.3) as percent escapes of its UTF-8. Where the charset
 * has no way back from there, of its octets; small letters in the first escapes say so.
 */
export function escapeAddress(octets: string, charset: string): string {
  const scheme = /^www\./i.test(octets) ? UNWRITTEN : '';
  if (isAsciiText(octets)) return scheme + escapeOctets(octets);
  const text = decodeStrictly(Buffer.from(octets, 'latin1'), charset);
  const utf8 = text === undefined ? octets : Buffer.from(text, 'utf8').toString('latin1');
  const inUtf8 = scheme + escapeOctets(utf8);
  if (unescapeAddress(inUtf8, charset) === octets) return inUtf8;
  return (scheme + escapeOctets(octets)).replace(/%3A|%2F%2F/, (escaped) => escaped.toLowerCase());
}

const HEX = Buffer.from('0123456789ABCDEF', 'latin1');
const UNRESERVED = new Uint8Array(256);
for (const octet of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~',
  'latin1',
)) {
  UNRESERVED[octet] = 1;
}

/** Percent escapes for all but unreserved characters. By octets: an address may be as long as a body. */
export function escapeOctets(octets: string): string {
  const out = Buffer.allocUnsafe(octets.length * 3);
  let length = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets.charCodeAt(at) & 0xff;
    if (UNRESERVED[octet] === 1) {
      out[length++] = octet;
      continue;
    }
    out[length++] = 0x25;
    out[length++] = HEX[octet >> 4] ?? 0;
    out[length++] = HEX[octet & 15] ?? 0;
  }
  return out.toString('latin1', 0, length);
}

/** An escaped address, as far as it goes. */
export const ESCAPED = /(?:http:(?=%2F%2F))?(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})+/iy;

/** The octets of an escaped address; undefined when it is none. */
export function unescapeAddress(escaped: string, charset: string): string | undefined {
  const unwritten = /^http:%2f%2f/i.test(escaped);
  const octets = unescapeOctets(escaped.slice(unwritten ? UNWRITTEN.length : 0));
  if (!(unwritten ? /^www\./i : /^(?:https?|ftp):/i).test(octets)) return undefined;
  if (isAsciiText(octets) || /^(?:[A-Za-z]+%3a|http:%2f)/.test(escaped)) return octets;
  const text = decodeStrictly(Buffer.from(octets, 'latin1'), 'utf-8');
  const encoded = text === undefined ? undefined : encodeInCharset(text, charset);
  return encoded === undefined ? octets : Buffer.from(encoded).toString('latin1');
}

/** The octets of percent escapes. What is none stays. */
export function unescapeOctets(escaped: string): string {
  if (!escaped.includes('%')) return escaped;
  const from = Buffer.from(escaped, 'latin1');
  let length = 0;
  for (let at = 0; at < from.length; at++) {
    const high = from[at] === 0x25 ? hexDigit(from[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(from[at + 2]);
    from[length++] = low === -1 ? (from[at] ?? 0) : high * 16 + low;
    if (low !== -1) at += 2;
  }
  return from.toString('latin1', 0, length);
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
