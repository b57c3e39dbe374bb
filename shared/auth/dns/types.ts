/** DNS as authentication asks it: absence is an answer, a temporary failure is none. */

export type DnsType = 'TXT' | 'A' | 'AAAA' | 'MX' | 'PTR';

/**
 * `nodata`: the name exists without such a record. `nxdomain`: neither it nor anything below it exists (RFC 8020).
 * A TXT record is what its character-strings give when joined without blanks (RFC 7208 §3.3, RFC 6376 §3.6.2.2), an MX
 * record `PREFERENCE NAME`, A and AAAA are addresses in text form, a PTR record a name. Names without a trailing dot.
 */
export type DnsAnswer =
  | { readonly kind: 'records'; readonly records: readonly string[] }
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' };

/** Looks up `name` (no trailing dot). Throws TemporaryError on time-out, SERVFAIL or abort. */
export type LookupDns = (name: string, type: DnsType, signal: AbortSignal) => Promise<DnsAnswer>;
