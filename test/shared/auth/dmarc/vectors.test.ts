import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { discoverDmarc, effectivePolicy, parseDmarcRecord } from '../../../../shared/auth/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { type Zone, zoneLookup } from '../support.ts';

interface Vector<Expect> {
  readonly name: string;
  readonly clause: string;
  readonly expect: Expect;
}

interface Vectors {
  readonly records: readonly (Vector<{ readonly ok: boolean }> & { readonly record: string })[];
  readonly discovery: readonly (Vector<{
    readonly temporary?: true;
    readonly asked?: readonly string[];
    readonly queries?: number;
    readonly effective?: string;
  }> & { readonly zone: Zone; readonly domain: string })[];
}

const file = new URL('../../../conformance/dmarc-vectors.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const { signal } = new AbortController();

/** JSON has no undefined. */
function plain(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, each ?? null]));
}

describe('DMARC Policy Records', () => {
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
    const { asked: names, effective, temporary, ...members } = wanted;
    if (temporary === true) {
      await expect(discoverDmarc(domain, lookupTxt, signal)).rejects.toThrow(TemporaryError);
      return;
    }
    const found = await discoverDmarc(domain, lookupTxt, signal);
    expect(plain(found)).toMatchObject(members);
    expect(found.queries).toBe(asked.length);
    expect(found.queries).toBeLessThanOrEqual(9);
    if (names !== undefined) expect(asked).toEqual(names);
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
});
