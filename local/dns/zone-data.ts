import { PermanentError } from '../../shared/errors.ts';
import { parentName, type ZoneRecord } from './record.ts';

/** What the zone says to one question. Records carry the names asked for: a wildcard's are already put in. */
export type Lookup =
  | {
      /** `nodata`: the name exists, without this type. `nxdomain`: no such name (RFC 2308 §2). */
      readonly kind: 'answer' | 'nodata' | 'nxdomain';
      /** The CNAMEs that led there, then the records. */
      readonly records: readonly ZoneRecord[];
      /** Of the zone that the last name is in, for negative answers. */
      readonly soa: ZoneRecord | undefined;
    }
  | { readonly kind: 'servfail' }
  | { readonly kind: 'timeout' };

export interface Zone {
  /** Adds a record, now or while the server runs. A record that is there already changes nothing. Throws PermanentError when `conflict` has something to say. */
  add(record: ZoneRecord): void;
  /** Why this record cannot stand beside the others, or undefined. */
  conflict(record: ZoneRecord): string | undefined;
  /** Makes every question at or below `name` fail. */
  trouble(name: string, kind: 'servfail' | 'timeout'): void;
  /** `name` lower case without last dot, `type` upper case; `ANY` is every type. */
  lookup(name: string, type: string): Lookup;
}

/** A chain of aliases that is longer is a loop or a trap; resolvers give up at about as many. */
const MAX_CNAME_HOPS = 8;

/** An empty zone. */
export function createZone(): Zone {
  /** Owner -> records. A name above an owner has an entry too, without records: an empty non-terminal (RFC 4592 §2.2.2). */
  const nodes = new Map<string, ZoneRecord[]>();
  const troubles = new Map<string, 'servfail' | 'timeout'>();

  const nodeOf = (name: string): ZoneRecord[] => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const created: ZoneRecord[] = [];
    nodes.set(name, created);
    for (let up = parentName(name); up !== undefined && !nodes.has(up); up = parentName(up))
      nodes.set(up, []);
    return created;
  };

  const conflict = (record: ZoneRecord): string | undefined => {
    const others = nodes.get(record.name) ?? [];
    if (record.type === 'CNAME' && others.some((other) => !sameRecord(other, record)))
      return `${record.name} has other records: a CNAME stands alone (RFC 1034 §3.6.2)`;
    if (record.type !== 'CNAME' && others.some((other) => other.type === 'CNAME'))
      return `${record.name} is a CNAME, which stands alone (RFC 1034 §3.6.2)`;
    if (record.type === 'SOA' && others.some((other) => other.type === 'SOA' && !sameRecord(other, record)))
      return `${record.name} has an SOA already`;
    return undefined;
  };

  const troubleAt = (name: string): 'servfail' | 'timeout' | undefined => {
    if (troubles.size === 0) return undefined;
    for (let at: string | undefined = name; at !== undefined; at = parentName(at)) {
      const found = troubles.get(at);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const soaOf = (name: string): ZoneRecord | undefined => {
    for (let at: string | undefined = name; at !== undefined; at = parentName(at)) {
      const found = nodes.get(at)?.find((record) => record.type === 'SOA');
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const lookup = (name: string, type: string): Lookup => {
    const records: ZoneRecord[] = [];
    let at = name;
    for (let hops = 0; hops <= MAX_CNAME_HOPS; hops += 1) {
      const trouble = troubleAt(at);
      if (trouble !== undefined) return { kind: trouble };
      const owned = recordsAt(nodes, at);
      if (owned === undefined) return { kind: 'nxdomain', records, soa: soaOf(at) };
      const alias = owned.find((record) => record.type === 'CNAME');
      if (alias === undefined || type === 'CNAME' || type === 'ANY') {
        const wanted = owned.filter((record) => type === 'ANY' || record.type === type);
        records.push(...wanted);
        return { kind: wanted.length > 0 ? 'answer' : 'nodata', records, soa: soaOf(at) };
      }
      records.push(alias);
      at = alias.type === 'CNAME' ? alias.data : '';
    }
    return { kind: 'servfail' };
  };

  return {
    add(record) {
      const problem = conflict(record);
      if (problem !== undefined) throw new PermanentError(problem);
      const node = nodeOf(record.name);
      if (!node.some((other) => sameRecord(other, record))) node.push(record);
    },
    conflict,
    trouble: (name, kind) => {
      troubles.set(name, kind);
    },
    lookup,
  };
}

/**
 * The records at a name, those of a wildcard under the closest name that exists (RFC 4592 §3.3.1), or undefined when
 * there is no such name. A wildcard does not cover a name that exists without records.
 */
function recordsAt(
  nodes: ReadonlyMap<string, readonly ZoneRecord[]>,
  name: string,
): readonly ZoneRecord[] | undefined {
  const exact = nodes.get(name);
  if (exact !== undefined) return exact;
  for (let up = parentName(name); up !== undefined; up = parentName(up)) {
    if (!nodes.has(up)) continue;
    return nodes.get(up === '' ? '*' : `*.${up}`)?.map((record) => ({ ...record, name }));
  }
  return undefined;
}

/** RFC 2181 §5: the same data twice is one record; the time to live does not make it another. */
function sameRecord(a: ZoneRecord, b: ZoneRecord): boolean {
  if (a.name !== b.name || a.type !== b.type) return false;
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

function comparable(record: ZoneRecord): unknown {
  return record.type === 'TXT'
    ? record.data.map((part) => Buffer.from(part).toString('latin1'))
    : record.data;
}
