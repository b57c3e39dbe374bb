/** The test suites of RFC 7208 in the corpora, read: cases beside the zone that each asks. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { DnsAnswer, DnsType, LookupDns } from '../../../shared/auth/dns/types.ts';
import { TemporaryError } from '../../../shared/errors.ts';

export interface SpfCase {
  readonly scenario: string;
  readonly name: string;
  readonly helo: string;
  readonly host: string;
  readonly mailfrom: string;
  /** Any of these is right. */
  readonly results: readonly string[];
  readonly zone: Zone;
}

type Entry = 'TIMEOUT' | Readonly<Record<string, string | readonly (string | number)[]>>;
export type Zone = Readonly<Record<string, readonly Entry[]>>;

interface Scenario {
  readonly description: string;
  readonly tests: Readonly<
    Record<string, { helo: string; host: string; mailfrom?: string; result: string | string[] }>
  >;
  readonly zonedata: Zone;
}

/** Every case of a suite's file. */
export function readSpfSuite(path: string): readonly SpfCase[] {
  const scenarios = parseAllDocuments(readFileSync(path, 'utf8'), { uniqueKeys: false }).map(
    (document) => document.toJS() as Scenario | null,
  );
  return scenarios.flatMap((scenario) =>
    scenario === null
      ? []
      : Object.entries(scenario.tests).map(([name, test]) => ({
          scenario: scenario.description,
          name,
          helo: test.helo,
          host: test.host,
          mailfrom: test.mailfrom ?? '',
          results: [test.result].flat(),
          zone: scenario.zonedata,
        })),
  );
}

/** A look-up over a suite's zone. A name without a TXT entry has its SPF entries as TXT, as the suite's readme says. */
export function suiteLookup(zone: Zone): LookupDns {
  const names = new Map(Object.entries(zone).map(([name, entries]) => [name.toLowerCase(), entries]));
  const find = (name: string, type: DnsType, hops = 0): DnsAnswer => {
    const entries = names.get(name.toLowerCase().replace(/\.$/, ''));
    if (entries === undefined) return { kind: 'nxdomain' };
    const records = recordsOf(entries, type);
    if (records.length > 0) return { kind: 'records', records };
    const alias = valuesOf(entries, 'CNAME')[0];
    if (alias !== undefined && hops > 8) throw new TemporaryError('a loop of CNAME');
    if (alias !== undefined) return find(String(alias), type, hops + 1);
    if (entries.includes('TIMEOUT')) throw new TemporaryError('TIMEOUT');
    return { kind: 'nodata' };
  };
  return async (name, type) => find(name, type);
}

function recordsOf(entries: readonly Entry[], type: DnsType): readonly string[] {
  const own = valuesOf(entries, type);
  const values = type === 'TXT' && own.length === 0 ? valuesOf(entries, 'SPF') : own;
  return values
    .filter((value) => value !== 'NONE')
    .map((value) => (Array.isArray(value) ? value.join(type === 'MX' ? ' ' : '') : String(value)));
}

function valuesOf(
  entries: readonly Entry[],
  type: string,
): readonly (string | readonly (string | number)[])[] {
  return entries.flatMap((entry) => {
    const value = entry === 'TIMEOUT' ? undefined : entry[type];
    return value === undefined ? [] : [value];
  });
}
