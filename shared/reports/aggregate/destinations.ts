/**
 * Where a report goes (aggregate-reporting-32 §3.5, §4): the `mailto:` addresses of the record, each only once its owner is known to
 * want it. An address outside the organization of the domain is asked for in the DNS:
 *
 *     DOMAIN._report._dmarc.HOST TXT "v=DMARC1"
 *
 * Without that anybody could have the world's reports sent to a victim.
 */
import { discoverDmarc } from '../../auth/dmarc/discover.ts';
import { isDmarcRecord, parseDmarcRecord } from '../../auth/dmarc/record.ts';
import { asciiDomain } from '../../auth/domain.ts';
import type { LookupTxt } from '../../auth/types.ts';
import { TemporaryError } from '../../errors.ts';
import { isPlainAddress } from '../../notice/addresses.ts';

/** Destinations of one record; a list of hundreds is a way to have mail sent to hundreds (§3.5: "the Receiver's limits"). */
export const MAX_DESTINATIONS = 5;
/** RFC 1035 §2.3.4: a longer name cannot be asked for (§4 step 4). */
const MAX_NAME_CHARS = 253;

export type Refusal =
  /** No address that mail can be sent to: another scheme, several addresses, odd characters. */
  | 'malformed'
  | 'too-many'
  /** The destination does not say that it wants reports about the domain. */
  | 'not-authorized'
  /** The destination names another host than its own (§4 step 9). */
  | 'override-elsewhere'
  /** The name to ask is longer than the DNS takes. */
  | 'name-too-long'
  /** The DNS did not answer; later it may. */
  | 'temporary';

export interface Destinations {
  /** Bare addresses, in the order of the record, each once. */
  readonly addresses: readonly string[];
  readonly refused: readonly Refusal[];
}

export interface DestinationQuestion {
  /** The domain that the record was found at, in lower-case A-labels. */
  readonly domain: string;
  /** Its Organizational Domain. */
  readonly orgDomain: string;
  /** `rua` for aggregate reports, `ruf` for failure reports (failure-reporting-24 §5). */
  readonly tag: 'rua' | 'ruf';
  /** The values of the tag. */
  readonly uris: readonly string[];
}

/** Never throws a TemporaryError: what could not be looked up is `temporary`. */
export async function reportDestinations(
  { domain, orgDomain, tag, uris }: DestinationQuestion,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<Destinations> {
  const refused: Refusal[] = uris.length > MAX_DESTINATIONS ? ['too-many'] : [];
  const addresses = new Set<string>();
  for (const uri of uris.slice(0, MAX_DESTINATIONS)) {
    const answer = await authorized({ domain, orgDomain, tag }, uri, lookupTxt, signal);
    if (typeof answer === 'string') refused.push(answer);
    else for (const address of answer) addresses.add(address);
  }
  return { addresses: [...addresses].slice(0, MAX_DESTINATIONS), refused };
}

async function authorized(
  about: Omit<DestinationQuestion, 'uris'>,
  uri: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<readonly string[] | Refusal> {
  const address = mailtoAddress(uri);
  if (address === undefined) return 'malformed';
  const host = hostOf(address);
  try {
    if (await isInternal(about, host, lookupTxt, signal)) return [address];
    return await externalAnswer(about, address, host, lookupTxt, signal);
  } catch (error) {
    if (error instanceof TemporaryError) return 'temporary';
    throw error;
  }
}

/** §4: external is what has another Organizational Domain than the record. */
async function isInternal(
  { domain, orgDomain }: Pick<DestinationQuestion, 'domain' | 'orgDomain'>,
  host: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<boolean> {
  if (host === domain) return true;
  // Two names with one Organizational Domain both end in it: what does not need not be asked for.
  if (host !== orgDomain && !host.endsWith(`.${orgDomain}`)) return false;
  const discovery = await discoverDmarc(host, lookupTxt, signal);
  return discovery.orgDomain === orgDomain;
}

/** §4 steps 2 to 9. */
async function externalAnswer(
  { domain, tag }: Pick<DestinationQuestion, 'domain' | 'tag'>,
  address: string,
  host: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<readonly string[] | Refusal> {
  const name = `${domain}._report._dmarc.${host}`;
  if (name.length > MAX_NAME_CHARS) return 'name-too-long';
  const answer = await lookupTxt(name, signal);
  const records = answer.kind === 'records' ? answer.records.filter(isDmarcRecord) : [];
  // Step 6: those that are no list of tags are discarded; one that is left is enough (step 8).
  const parsed = records.map(parseDmarcRecord).flatMap((each) => (each.ok ? [each.record] : []));
  if (parsed.length === 0) return 'not-authorized';
  const overriding = parsed.flatMap((record) => record[tag]);
  if (overriding.length === 0) return [address];
  const others = overriding.slice(0, MAX_DESTINATIONS).map(mailtoAddress);
  const wanted = others.flatMap((other) => (other === undefined ? [] : [other]));
  // Step 9, and the paragraph after it: neither the one nor the other gets a report.
  if (wanted.some((other) => hostOf(other) !== host)) return 'override-elsewhere';
  return wanted.length === 0 ? 'malformed' : wanted;
}

/** The bare address of a `mailto:` URI (RFC 6068); its header fields are not ours to write. */
export function mailtoAddress(uri: string): string | undefined {
  const match = /^mailto:([^?]{1,400})(?:\?.*)?$/i.exec(uri);
  const address = match?.[1] === undefined ? undefined : percentDecoded(match[1]);
  if (address === undefined || !isPlainAddress(address)) return undefined;
  const at = address.lastIndexOf('@');
  const host = asciiDomain(address.slice(at + 1));
  return host === undefined ? undefined : `${address.slice(0, at)}@${host}`;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function hostOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
