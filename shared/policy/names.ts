/** Names that stand in a policy: domains, addresses, header fields, time zones. Each is brought to one normal form. */
import { domainToASCII } from 'node:url';
import type { Checked } from './shape.ts';
import { closest } from './suggest.ts';

/** RFC 1035 §2.3.4, less the root label and its length octet. */
const MAX_DOMAIN = 253;
/** RFC 1035 §2.3.4 and §2.3.1 with RFC 1123 §2.1 (a digit may come first). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 5322 §3.2.3 dot-atom-text; a quoted local part has no place in a pattern. */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/;

/** The domain in lower case and A-labels; undefined when it is none. One label alone is not a mail domain. */
export function checkDomain(domain: string): string | undefined {
  if (domain.length > MAX_DOMAIN) return undefined;
  const lower = domain.toLowerCase();
  // RFC 5891 §4.4: U-labels become A-labels. Its answer is empty for what is not a domain.
  const ascii = /^[\u0021-\u007e]*$/.test(lower) ? lower : domainToASCII(lower);
  const labels = ascii.split('.');
  const sound =
    labels.length >= 2 && ascii.length <= MAX_DOMAIN && labels.every((label) => LABEL.test(label));
  // RFC 3696 §2: a top-level domain is not all digits, so `192.0.2.1` is not a domain.
  return sound && !/^\d+$/.test(labels.at(-1) ?? '') ? ascii : undefined;
}

/** `checkDomain`, for a shape. */
export function domain(value: string): Checked {
  const found = checkDomain(value);
  if (found !== undefined) return { value: found };
  if (value.includes('@')) return { why: 'leave out what is before the "@", and the "@"' };
  if (value.includes('*')) return { why: 'a pattern has no place here' };
  return { why: 'not a domain name' };
}

/** One bare address: no display name, no angle brackets. */
export function checkAddress(value: string): Checked {
  const at = value.lastIndexOf('@');
  if (/[<>\s"]/.test(value))
    return { why: 'write the bare address, without name, brackets, quotes or spaces' };
  const local = value.slice(0, Math.max(at, 0)).toLowerCase();
  const host = checkDomain(value.slice(at + 1));
  if (local.includes('*')) return { why: '"*" cannot stand before the "@"' };
  if (at < 1 || !DOT_ATOM.test(local) || /^\.|\.\.|\.$/.test(local)) return { why: 'not an address' };
  return host === undefined
    ? { why: 'what follows the "@" is not a domain name' }
    : { value: `${local}@${host}` };
}

/** RFC 5322 §3.6.8 field name. */
export function headerName(value: string): Checked {
  if (/^[!-9;-~]{1,77}$/.test(value)) return { value };
  return { why: value.endsWith(':') ? 'leave out the colon' : 'not the name of a header field' };
}

/** An IANA zone that this runtime knows. Offsets are refused: they know no daylight-saving time. */
export function timeZone(value: string): Checked {
  const zones = Intl.supportedValuesOf('timeZone');
  // The list costs a fraction of the first DateTimeFormat of a process, and lacks only other names of the same zones.
  if (zones.includes(value)) return { value };
  if (/^[A-Za-z]/.test(value)) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: value });
      return { value };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const place = value.replaceAll(' ', '_');
  const city = zones.find((zone) => zone.toLowerCase().endsWith(`/${place.toLowerCase()}`));
  const meant = city ?? closest(place, zones);
  return { why: meant === undefined ? 'not an IANA time zone' : `did you mean "${meant}"?` };
}
