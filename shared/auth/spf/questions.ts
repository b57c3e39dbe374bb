/** What one check asks the DNS, and the counts of RFC 7208 §4.6.4. Temporary failures are thrown on (§2.6.6). */
import { TemporaryError } from '../../errors.ts';
import type { DnsType, LookupDns } from '../dns/types.ts';
import { type IpAddress, parseIpAddress, reverseName, samePrefix } from './address.ts';
import { MAX_LOOKUP_TERMS, MAX_MX_NAMES, MAX_PTR_NAMES, MAX_VOID_LOOKUPS } from './limits.ts';

export interface Questions {
  /** Counts a mechanism or modifier that asks the DNS; false when it is one too many. */
  term(): boolean;
  /** Whether more terms than allowed asked for what is not there (§4.6.4). */
  tooManyVoid(): boolean;
  /** Questions asked so far. */
  count(): number;
  txt(name: string): Promise<readonly string[]>;
  /** The addresses of `name` in the client's family. */
  addresses(name: string): Promise<readonly string[]>;
  /** §5.7: IPv4, whatever the client's family. */
  exists(name: string): Promise<boolean>;
  /** The same for a host of an mx: its term has been counted. */
  hostAddresses(name: string): Promise<readonly string[]>;
  /** Hosts in order of preference; undefined when they are more than allowed. */
  mailHosts(name: string): Promise<readonly string[] | undefined>;
  /**
   * The client's names that lead back to its address (§5.5), those that `wanted` lets through; none when the DNS fails.
   * That there are none counts for a term of its own; of a macro, the term counts that it stands in.
   */
  validatedNames(use: 'term' | 'macro', wanted: (name: string) => boolean): Promise<readonly string[]>;
}

/** As many bits as any address has. */
const WHOLE = 128;
/** One label of 63 octets at most (RFC 1035 §2.3.4), none empty; blanks may be in it (`%_`, §7.1). */
const LABEL = /^[\x20-\x7e]{1,63}$/;
const MAX_NAME_CHARS = 253;

/** Whether a name can be asked for at all (§4.8). */
export function isAskable(name: string): boolean {
  return name.length <= MAX_NAME_CHARS && name.split('.').every((label) => LABEL.test(label));
}

/** Whether `client` and the address in `text` begin with the same `bits` bits. */
export function isWithinPrefix(client: IpAddress, text: string, bits: number): boolean {
  const address = parseIpAddress(text);
  return address !== undefined && samePrefix(client, address, bits);
}

/** The questions of one check about `client`. */
export function createQuestions(client: IpAddress, lookupDns: LookupDns, signal: AbortSignal): Questions {
  const addressType = client.family === 4 ? 'A' : 'AAAA';
  let terms = 0;
  let voids = 0;
  let count = 0;

  const ask = async (name: string, type: DnsType): Promise<readonly string[]> => {
    if (!isAskable(name)) return [];
    count += 1;
    const answer = await lookupDns(name, type, signal);
    return answer.kind === 'records' ? answer.records : [];
  };
  const askCounted = async (name: string, type: DnsType): Promise<readonly string[]> => {
    const records = await ask(name, type);
    if (records.length === 0) voids += 1;
    return records;
  };
  const leadsBack = async (name: string): Promise<boolean> => {
    const addresses = await orNone(ask(name, addressType));
    return addresses.some((text) => isWithinPrefix(client, text, WHOLE));
  };

  return {
    term: () => {
      terms += 1;
      return terms <= MAX_LOOKUP_TERMS;
    },
    tooManyVoid: () => voids > MAX_VOID_LOOKUPS,
    count: () => count,
    txt: (name) => ask(name, 'TXT'),
    addresses: (name) => askCounted(name, addressType),
    hostAddresses: (name) => ask(name, addressType),
    exists: async (name) => (await askCounted(name, 'A')).length > 0,
    async mailHosts(name) {
      const records = await askCounted(name, 'MX');
      return records.length > MAX_MX_NAMES ? undefined : hostsOf(records);
    },
    async validatedNames(use, wanted) {
      const askNames = use === 'term' ? askCounted : ask;
      // §4.6.4: names beyond the tenth are ignored. §5.5: an error here is no error of the check.
      const names = await orNone(askNames(reverseName(client), 'PTR'));
      const candidates = names.slice(0, MAX_PTR_NAMES).map(lowerName).filter(wanted);
      const valid = await Promise.all(candidates.map(leadsBack));
      return candidates.filter((_, at) => valid[at]);
    },
  };
}

function hostsOf(records: readonly string[]): readonly string[] {
  return records
    .map((record) => {
      const [preference = '', host = ''] = record.split(' ');
      return { preference: Number(preference), host: lowerName(host) };
    })
    .sort((one, other) => one.preference - other.preference)
    .map(({ host }) => host);
}

function lowerName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

async function orNone(asked: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof TemporaryError) return [];
    throw error;
  }
}
