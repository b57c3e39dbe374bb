/** Our policy discovery against mailauth's over random zones: two readings of dmarcbis-41 §4.7 and §4.10. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverDmarc } from '../../../../shared/auth/index.ts';
import { zoneLookup } from '../support.ts';

interface PeerTags {
  readonly p: string;
  readonly sp?: string;
  readonly np?: string;
}

interface Peer {
  createRecordLookup(resolver: Resolver, options: { strict: boolean }): unknown;
  discoverPolicy(
    domain: string,
    lookup: unknown,
  ): Promise<{ record: Record<string, string> | false; recordDomain: string | null; orgDomain: string }>;
  getPolicyTags(record: Record<string, string>): PeerTags | null;
}

type Resolver = (name: string, type: string) => Promise<string[][]>;

const peer: Peer = createRequire(import.meta.url)('mailauth/lib/dmarc/get-dmarc-record.js');
const { signal } = new AbortController();

const policy = fc.constantFrom('none', 'quarantine', 'reject', 'Reject', 'block', '');
const tag = fc.oneof(
  fc.tuple(fc.constantFrom('p', 'sp', 'np'), policy).map(([name, value]) => `${name}=${value}`),
  fc.constantFrom(
    'p=reject',
    'psd=y',
    'psd=n',
    'psd=u',
    't=y',
    'rua=mailto:a@example.com',
    'pct=10',
    'junk',
    'x=y',
  ),
);
const record = fc
  .tuple(
    fc.constantFrom('v=DMARC1', 'v=DMARC1', 'v = DMARC1 ', 'V=DMARC1', 'v=dmarc1', 'v=spf1'),
    fc.array(tag, { maxLength: 4 }),
  )
  .map(([version, tags]) => [version, ...tags].join('; '));
const label = fc.constantFrom('a', 'b', 'example');
const domain = fc.array(label, { minLength: 1, maxLength: 10 }).map((labels) => labels.join('.'));
/** A domain and records at some of its parents. */
const world = domain.chain((name) => {
  const labels = name.split('.');
  const parents = labels.map((_, index) => `_dmarc.${labels.slice(index).join('.')}`);
  return fc.tuple(
    fc.constant(name),
    fc.array(fc.tuple(fc.constantFrom(...parents), fc.array(record, { minLength: 1, maxLength: 2 })), {
      maxLength: 4,
    }),
  );
});

describe('policy discovery against mailauth', () => {
  it('finds the same record, organization and policy', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ([name, entries]) => {
        const zone = Object.fromEntries(entries);
        const resolver: Resolver = async (asked) => {
          const found = zone[asked];
          if (found === undefined) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' });
          return found.map((text) => [text]);
        };
        const theirs = await peer.discoverPolicy(name, peer.createRecordLookup(resolver, { strict: true }));
        const ours = await discoverDmarc(name, zoneLookup(zone).lookupTxt, signal);
        const tags = theirs.record === false ? null : peer.getPolicyTags(theirs.record);
        expect(ours.orgDomain).toBe(theirs.orgDomain);
        expect(ours.at ?? null).toBe(theirs.recordDomain);
        expect(ours.record?.p ?? null).toBe(tags?.p ?? null);
        expect(ours.record?.sp ?? null).toBe(tags?.sp ?? null);
        expect(ours.record?.np ?? null).toBe(tags?.np ?? null);
      }),
      { numRuns: 2_000 },
    );
  });
});
