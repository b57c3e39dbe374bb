import { isIPv4, isIPv6 } from 'node:net';

/** What one resource record says, by type (RFC 1035 §3.3; AAAA RFC 3596, SRV RFC 2782, CAA RFC 8659). */
export type RecordData =
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR'; readonly data: string }
  | { readonly type: 'MX'; readonly data: { readonly preference: number; readonly exchange: string } }
  /** Character strings of at most 255 bytes each (RFC 1035 §3.3.14). */
  | { readonly type: 'TXT'; readonly data: readonly Uint8Array[] }
  | {
      readonly type: 'SRV';
      readonly data: {
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      };
    }
  | { readonly type: 'SOA'; readonly data: SoaData }
  | {
      readonly type: 'CAA';
      readonly data: { readonly flags: number; readonly tag: CaaTag; readonly value: string };
    };

export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export type CaaTag = 'issue' | 'issuewild' | 'iodef';

/** `name` is lower case and absolute without the last dot; the root is ''. `ttl` is in seconds. */
export type ZoneRecord = { readonly name: string; readonly ttl: number } & RecordData;

/** RFC 1035 §2.3.4: octets in a label, and characters of a name written without its last dot. */
const MAX_LABEL_BYTES = 63;
const MAX_NAME_CHARS = 253;
/** RFC 1035 §3.3: a character string has one length octet. */
export const MAX_STRING_BYTES = 255;

/** Lower case, no last dot. What a name is compared by (RFC 4343: ASCII letters only). */
export function canonicalName(name: string): string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Why this cannot be a name here, or undefined. Printable ASCII without `\`; an escaped dot is not supported. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return undefined;
  if (!/^[!-[\]-~]+$/.test(name)) return 'a name may hold printable ASCII only, and no backslash';
  if (name.length > MAX_NAME_CHARS) return `a name may have ${MAX_NAME_CHARS} characters (RFC 1035 §2.3.4)`;
  for (const label of name.split('.')) {
    if (label === '') return 'a name has an empty label';
    if (label.length > MAX_LABEL_BYTES) return `a label may have ${MAX_LABEL_BYTES} octets (RFC 1035 §2.3.4)`;
  }
  return undefined;
}

/** The name one label up: `a.b.c` -> `b.c` -> `c` -> ``. The root has none. */
export function parentName(name: string): string | undefined {
  if (name === '') return undefined;
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

export function isAddress(type: 'A' | 'AAAA', text: string): boolean {
  return type === 'A' ? isIPv4(text) : isIPv6(text) && !text.includes('%');
}

/** A TXT record of any length: cut into strings of 255 bytes, which readers join (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
export function txtRecord(name: string, text: string, ttl: number): ZoneRecord {
  const bytes = Buffer.from(text, 'utf8');
  const strings: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += MAX_STRING_BYTES)
    strings.push(bytes.subarray(at, at + MAX_STRING_BYTES));
  return { name: canonicalName(name), ttl, type: 'TXT', data: strings };
}
