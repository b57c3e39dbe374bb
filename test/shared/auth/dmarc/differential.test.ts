/**
 * Our policy discovery and evaluation against mailauth's over random zones, identifiers and failures of the DNS: two
 * readings of dmarcbis-41 §4.7, §4.10 and §5.3. One difference is known and not drawn: `rua=mailto:`, which is a URI by
 * RFC 3986 (§4.8 dmarc-uri), and which theirs does not take for one.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateDmarc, type Identifier } from '../../../../shared/auth/dmarc/evaluate.ts';
import { type DmarcDiscovery, discoverDmarc, effectivePolicy } from '../../../../shared/auth/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { type Zone, zoneLookup } from '../support.ts';

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

interface PeerResult {
  readonly status: { readonly result: string };
  readonly policy?: string;
  readonly policyDomain?: string;
}

type PeerVerify = (input: {
  headerFrom: string;
  spfDomains: readonly { domain: string }[];
  dkimDomains: readonly { domain: string }[];
  resolver: Resolver;
  strict: boolean;
}) => Promise<PeerResult>;

const peerVerify: PeerVerify = createRequire(import.meta.url)('mailauth/lib/dmarc/verify.js');

const alignment = fc.constantFrom(
  '',
  '; adkim=s',
  '; aspf=s',
  '; adkim=s; aspf=s; t=y',
  '; psd=n',
  '; psd=y',
);
const valid = fc
  .tuple(
    fc.constantFrom('none', 'quarantine', 'reject'),
    fc.constantFrom('', '; sp=none', '; sp=reject', '; np=reject', '; sp=quarantine; np=none'),
    alignment,
  )
  .map(([p, more, rest]) => `v=DMARC1; p=${p}${more}${rest}`);
const name = fc.array(label, { minLength: 1, maxLength: 9 }).map((labels) => labels.join('.'));
const entry = fc.oneof(
  { weight: 6, arbitrary: fc.array(valid, { minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.array(record, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant('servfail' as const) },
);
const identifier = fc.tuple(
  fc.constantFrom('dkim', 'spf'),
  fc.nat(8),
  fc.array(label, { maxLength: 3 }),
  fc.boolean(),
);
const message = name.chain((from) => {
  const labels = from.split('.');
  const above = labels.map((_, index) => labels.slice(index).join('.'));
  return fc.record({
    from: fc.constant(from),
    records: fc.dictionary(fc.constantFrom(...above, ...above.map((each) => `a.${each}`)), entry, {
      maxKeys: 5,
    }),
    existing: fc.constantFrom<[] | undefined | 'servfail'>([], undefined, 'servfail'),
    // Near the author: one of its parents, with up to three other labels before it.
    identifiers: fc.array(identifier, { maxLength: 4 }),
  });
});

function identifiersOf(
  from: string,
  drawn: readonly (readonly [string, number, readonly string[], boolean])[],
) {
  const labels = from.split('.');
  return drawn.map(([by, skip, more, pass]): Identifier => {
    const domain = [...more, ...labels.slice(Math.min(skip, labels.length - 1))].join('.');
    return { by: by === 'dkim' ? 'dkim' : 'spf', domain, result: pass ? 'pass' : 'other' };
  });
}

function peerResolver(zone: Zone): Resolver {
  const names = Object.keys(zone);
  return async (asked, type) => {
    const found = zone[asked];
    if (found === 'servfail') throw Object.assign(new Error('SERVFAIL'), { code: 'ESERVFAIL' });
    if (type === 'TXT' && found !== undefined && found.length > 0) return found.map((text) => [text]);
    const exists = found !== undefined || names.some((each) => each.endsWith(`.${asked}`));
    throw Object.assign(new Error('none'), { code: exists ? 'ENODATA' : 'ENOTFOUND' });
  };
}

async function ours(from: string, zone: Zone, identifiers: readonly Identifier[]) {
  const { lookupTxt } = zoneLookup(zone);
  let discovery: DmarcDiscovery | 'temporary';
  try {
    discovery = await discoverDmarc(from, lookupTxt, signal, { partial: true });
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    discovery = 'temporary';
  }
  const { result } = await evaluateDmarc({ authorDomain: from, discovery, identifiers, lookupTxt, signal });
  const published = discovery === 'temporary' ? 'no-record' : discovery.published;
  const testing = discovery !== 'temporary' && discovery.testing;
  const policy = published === 'no-record' ? undefined : effectivePolicy(published, testing);
  return { result, policy, at: discovery === 'temporary' ? undefined : discovery.at };
}

describe('evaluation against mailauth', () => {
  it('comes to the same result and policy', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(message, async ({ from, records, existing, identifiers: drawn }) => {
        const zone: Zone = {
          ...Object.fromEntries(Object.entries(records).map(([at, each]) => [`_dmarc.${at}`, each])),
          ...(existing === undefined ? {} : { [from]: existing }),
        };
        const identifiers = identifiersOf(from, drawn);
        const passing = (by: string) =>
          identifiers
            .filter((each) => each.by === by && each.result === 'pass')
            .map(({ domain }) => ({ domain }));
        const theirs = await peerVerify({
          headerFrom: `a@${from}`,
          spfDomains: passing('spf'),
          dkimDomains: passing('dkim'),
          resolver: peerResolver(zone),
          strict: true,
        });
        const found = await ours(from, zone, identifiers);
        expect(found.result).toBe(theirs.status.result);
        if (found.result !== 'temperror') expect(found.policy).toBe(theirs.policy);
        if (found.policy !== undefined && found.result !== 'temperror')
          expect(found.at).toBe(theirs.policyDomain);
        seen.set(found.result, (seen.get(found.result) ?? 0) + 1);
      }),
      { numRuns: 2_000 },
    );
    // A generator that draws only one kind of message would show nothing.
    for (const result of ['pass', 'fail', 'none', 'temperror']) expect(seen.get(result)).toBeGreaterThan(50);
  });
});
