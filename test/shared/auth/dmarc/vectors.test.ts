/** The language-neutral suite (dmarc-vectors.md), clause by clause. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluateDmarc, type Identifier } from '../../../../shared/auth/dmarc/evaluate.ts';
import { walkNames } from '../../../../shared/auth/dmarc/tree-walk.ts';
import { createDnsSession } from '../../../../shared/auth/dns/session.ts';
import {
  asciiDomain,
  type DmarcDiscovery,
  discoverDmarc,
  effectivePolicy,
  parseDmarcRecord,
} from '../../../../shared/auth/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { type Zone, zoneDns, zoneLookup } from '../support.ts';

interface Vector<Expect> {
  readonly name: string;
  readonly clause: string;
  readonly source?: string;
  readonly expect: Expect;
}

interface Result {
  readonly result: string;
  readonly domain: string;
}

interface MessageExpect {
  readonly result: string;
  readonly policy?: string | null;
  readonly disposition?: string;
  readonly aligned?: readonly string[];
  readonly at?: string;
  readonly orgDomain?: string;
}

interface Vectors {
  readonly records: readonly (Vector<{ readonly ok: boolean }> & { readonly record: string })[];
  readonly discovery: readonly (Vector<{
    readonly temporary?: true;
    readonly needed?: readonly string[];
    readonly effective?: string;
  }> & { readonly zone: Zone; readonly domain: string })[];
  readonly messages: readonly (Vector<MessageExpect> & {
    readonly zone: Zone;
    readonly from: string;
    readonly spf: Result | null;
    readonly dkim: readonly Result[];
  })[];
}

const file = new URL('../../../conformance/dmarc-vectors.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const { signal } = new AbortController();

/** JSON has no undefined. */
function plain(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, each ?? null]));
}

describe('the suite', () => {
  it('has no two vectors for the same thing, and a clause for each', () => {
    const all = [...vectors.records, ...vectors.discovery, ...vectors.messages];
    const inputs = all.map(({ name: _, clause: __, source: ___, expect: ____, ...input }) =>
      JSON.stringify(input),
    );
    expect(inputs.filter((input, index) => inputs.indexOf(input) !== index)).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(150);
    expect(all.filter(({ clause }) => !/^(?:dmarcbis-41 (?:§\d|[AB]\.\d)|RFC \d+ §)/.test(clause))).toEqual(
      [],
    );
  });
});

describe('DMARC Policy Records', () => {
  it('dmarcbis-41 §9.3: hold every registered tag, and are not read when they hold hundreds', () => {
    const tags =
      'adkim=s; aspf=s; fo=1; np=none; p=reject; psd=n; rua=mailto:a@b.example; ruf=mailto:c@b.example; sp=none; t=y';
    expect(parseDmarcRecord(`v=DMARC1; ${tags}`)).toMatchObject({
      ok: true,
      record: { p: 'reject', testing: true },
    });
    const many = Array.from({ length: 300 }, (_, index) => `x${index}=y`).join('; ');
    expect(parseDmarcRecord(`v=DMARC1; p=reject; ${many}`).ok).toBe(false);
    expect(parseDmarcRecord(`v=DMARC1; p=reject; x=${'y'.repeat(5_000)}`).ok).toBe(false);
  });

  it.each(vectors.records)('$clause: $name', (vector) => {
    const parsed = parseDmarcRecord(vector.record);
    const { ok, ...tags } = vector.expect;
    expect(parsed.ok).toBe(ok);
    expect(parsed.ok ? plain(parsed.record) : {}).toMatchObject(tags);
  });
});

describe('DMARC policy discovery', () => {
  it.each(vectors.discovery)('$clause: $name', async ({ zone, domain, expect: wanted }) => {
    const { lookupTxt, asked } = zoneLookup(zone);
    const { needed, effective, temporary, ...members } = wanted;
    if (temporary === true) {
      await expect(discoverDmarc(domain, lookupTxt, signal)).rejects.toThrow(TemporaryError);
      return;
    }
    const found = await discoverDmarc(domain, lookupTxt, signal);
    expect(plain(found)).toMatchObject(members);
    expect(found.queries).toBe(asked.length);
    // Eight names of a walk, and the domain itself where it must exist.
    const possible = [...walkNames(domain).map((name) => `_dmarc.${name}`), domain];
    expect(possible).toEqual(expect.arrayContaining(asked));
    expect(possible.length).toBeLessThanOrEqual(9);
    // What is above the end of the walk may be asked as well, at the same time, but never instead.
    if (needed !== undefined) expect(asked.slice(0, needed.length)).toEqual(needed);
    if (effective !== undefined && found.published !== 'no-record')
      expect(effectivePolicy(found.published, found.testing)).toBe(effective);
  });

  it('stops at the domain’s own record when only the policy is asked for', async () => {
    const { lookupTxt, asked } = zoneLookup({ '_dmarc.a.example.com': ['v=DMARC1; p=reject'] });
    const found = await discoverDmarc('a.example.com', lookupTxt, signal, { policyOnly: true });
    expect(found).toMatchObject({ published: 'reject', orgDomain: undefined, queries: 1 });
    expect(asked).toEqual(['_dmarc.a.example.com']);
  });

  it('gives the same policy whether or not the organization is asked for', async () => {
    for (const { zone, domain, expect: wanted } of vectors.discovery) {
      if (wanted.temporary === true) continue;
      const whole = await discoverDmarc(domain, zoneLookup(zone).lookupTxt, signal);
      const short = await discoverDmarc(domain, zoneLookup(zone).lookupTxt, signal, { policyOnly: true });
      expect([short.published, short.from, short.at]).toEqual([whole.published, whole.from, whole.at]);
    }
  });

  it('does not ask for a name that cannot be in the DNS', async () => {
    const domain = Array.from({ length: 4 }, () => 'a'.repeat(61)).join('.');
    const { lookupTxt, asked } = zoneLookup({});
    await discoverDmarc(domain, lookupTxt, signal);
    expect(asked.every((name) => name.length <= 253)).toBe(true);
    expect(asked).toHaveLength(3);
  });

  it('does not fail for a name above the end of the walk', async () => {
    const zone: Zone = { '_dmarc.mail.example.com': ['v=DMARC1; p=reject; psd=n'], '_dmarc.com': 'servfail' };
    const { lookupTxt } = zoneLookup(zone);
    const found = await discoverDmarc('a.mail.example.com', lookupTxt, signal);
    expect(found).toMatchObject({ at: 'mail.example.com', orgDomain: 'mail.example.com' });
  });

  it('says what is missing where only the policy must be known', async () => {
    const zone: Zone = { '_dmarc.example.com': ['v=DMARC1; p=reject'], '_dmarc.com': 'servfail' };
    const { lookupTxt } = zoneLookup(zone);
    await expect(discoverDmarc('example.com', lookupTxt, signal)).rejects.toThrow(TemporaryError);
    expect(await discoverDmarc('example.com', lookupTxt, signal, { partial: true })).toMatchObject({
      published: 'reject',
      orgDomain: undefined,
      missing: 'organization',
    });
    await expect(discoverDmarc('a.example.com', lookupTxt, signal, { partial: true })).rejects.toThrow(
      TemporaryError,
    );
  });
});

function identifiers({ spf, dkim }: { spf: Result | null; dkim: readonly Result[] }): Identifier[] {
  const of = (by: Identifier['by'], { result, domain }: Result): Identifier => ({
    by,
    domain,
    result: result === 'pass' || result === 'temperror' ? result : 'other',
  });
  return [...dkim.map((each) => of('dkim', each)), ...(spf === null ? [] : [of('spf', spf)])];
}

interface Judged extends Evaluation {
  readonly discovery: DmarcDiscovery | 'temporary';
}

async function judge(vector: Vectors['messages'][number]): Promise<Judged> {
  const { lookupTxt } = createDnsSession(zoneDns(vector.zone).lookupDns);
  const authorDomain = asciiDomain(vector.from.slice(vector.from.indexOf('@') + 1)) ?? '';
  const found = discoverDmarc(authorDomain, lookupTxt, signal, { partial: true });
  const discovery = await found.catch(() => 'temporary' as const);
  const list = identifiers(vector);
  return {
    discovery,
    ...(await evaluateDmarc({ authorDomain, discovery, identifiers: list, lookupTxt, signal })),
  };
}

describe('DMARC results', () => {
  it.each(vectors.messages)('$clause: $name', async (vector) => {
    const { result, policy, disposition, aligned, at, orgDomain } = vector.expect;
    const found = await judge(vector);
    expect(found.result).toBe(result);
    const told = found.aligned.map(({ by, domain, how }) => `${by} ${domain} ${how}`).sort();
    if (aligned !== undefined) expect(told).toEqual([...aligned].sort());
    if (result === 'pass') expect(told).not.toEqual([]);
    const { discovery } = found;
    if (discovery === 'temporary') return expect([result, policy]).toEqual(['temperror', undefined]);
    const { published, testing } = discovery;
    if (policy !== undefined) expect(published).toBe(policy ?? 'no-record');
    if (at !== undefined) expect(discovery.at).toBe(at);
    if (orgDomain !== undefined) expect(discovery.orgDomain).toBe(orgDomain);
    if (disposition !== undefined)
      expect(published === 'no-record' ? published : effectivePolicy(published, testing)).toBe(disposition);
  });
});
