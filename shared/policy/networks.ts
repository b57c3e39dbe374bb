/** Networks in a policy, in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
import { parseIpAddress } from '../auth/spf/address.ts';
import { type Checked, text } from './shape.ts';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const V4_BITS = 32;
const V6_BITS = 128;
/** Wider than this, a network holds half the world. */
const WIDEST_V4 = 8;
const WIDEST_V6 = 16;

/** The address in its normal form (RFC 5952 §4) and its length in bits; undefined when it is none. */
function addressOf(value: string): { readonly address: string; readonly bits: number } | undefined {
  if (IPV4.test(value)) return { address: value, bits: V4_BITS };
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(value) || !value.includes(':')) return undefined;
  const url = `http://[${value}]/`;
  // The URL Standard's parser reads and writes IPv6 addresses as RFC 5952 asks.
  return URL.canParse(url) ? { address: new URL(url).hostname.slice(1, -1), bits: V6_BITS } : undefined;
}

/** Brings a network to its normal form, or says what is wrong with it. */
export function checkNetwork(value: string): Checked {
  const [host = '', length, ...rest] = value.split('/');
  const found = addressOf(host);
  if (found === undefined || rest.length > 0) return { why: 'not an IP address or network' };
  const { address, bits } = found;
  if (length === undefined) return { value: `${address}/${bits}` };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits)
    return { why: `what follows the "/" is a number from 0 to ${bits}` };
  const widest = bits === V4_BITS ? WIDEST_V4 : WIDEST_V6;
  if (Number(length) < widest) return { why: `too wide: at least "/${widest}"` };
  const normal = { value: `${address}/${length}` };
  return isWithHostBits(address, Number(length))
    ? { ...normal, warning: `is a whole network; write "${address}" alone if you mean one machine` }
    : normal;
}

/** Whether something stands behind the prefix: probably the address of one machine (RFC 4632 §3.1 asks for zeros). */
function isWithHostBits(address: string, length: number): boolean {
  const octets = parseIpAddress(address)?.octets ?? [];
  return octets.some((octet, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return (octet & (0xff >> kept)) !== 0;
  });
}

/** A network or one address, with its length of prefix: `192.0.2.0/24`, `192.0.2.7/32`. */
export const network = text('a network such as 192.0.2.0/24', { maxLength: 50 }, checkNetwork);
