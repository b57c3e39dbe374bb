/** The count of `dmarc check` against the check itself: it says that SPF ends in a permerror where it does, for clients of either family. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkSpf } from '../../../local/dmarc/check/spf.ts';
import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import { checkHost } from '../../../shared/auth/spf/index.ts';
import '../../support/properties.ts';

const signal = new AbortController().signal;
/** In no record below, so that every mechanism is tried. */
const CLIENTS = { A: '203.0.113.1', AAAA: '2001:db8:ffff::1' } as const;
const RECORDS = 6;

/** Hosts with addresses of both families, of one, of none. */
const HOSTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'both.example': { A: ['198.51.100.1'], AAAA: ['2001:db8::1'] },
  'four.example': { A: ['198.51.100.2'] },
  'mail.example': { MX: ['10 both.example'] },
  'crowd.example': { MX: Array.from({ length: 11 }, (_, at) => `${at} both.example`) },
};

function zoneOf(records: readonly string[]): LookupDns {
  const texts = new Map(records.map((text, at) => [`n${at}.example`, text]));
  return async (name, type) => {
    const text = texts.get(name);
    const found = type === 'TXT' && text !== undefined ? [text] : HOSTS[name]?.[type];
    if (found !== undefined) return { kind: 'records', records: found };
    return { kind: text === undefined && HOSTS[name] === undefined ? 'nxdomain' : 'nodata' };
  };
}

/** A record includes only later ones. */
function recordAt(at: number): fc.Arbitrary<string> {
  const later = Array.from({ length: RECORDS - at - 1 }, (_, next) => `include:n${at + 1 + next}.example`);
  const term = fc.constantFrom(
    ...later,
    ...later,
    'a:both.example',
    'a:four.example',
    'a:none.example',
    'mx:mail.example',
    'mx:none.example',
    'mx:crowd.example',
    // What stands behind it is never tried.
    '-all',
    'ip4:192.0.2.0/24',
    'ip6:2001:db8:1::/48',
  );
  return fc.array(term, { maxLength: 5 }).map((terms) => ['v=spf1', ...terms, '-all'].join(' '));
}

it('says permerror where there is one', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(...Array.from({ length: RECORDS }, (_, at) => recordAt(at))),
      async (records) => {
        const lookupDns = zoneOf(records);
        const { findings } = await checkSpf('n0.example', lookupDns, signal);
        const said = findings.filter(({ level }) => level === 'problem').map(({ text }) => text);
        const ends = async (address: string) => {
          const input = { address, mailFrom: 'x@n0.example', helo: 'h.example', lookupDns, signal };
          return (await checkHost(input)).result;
        };
        const [four, six] = [await ends(CLIENTS.A), await ends(CLIENTS.AAAA)];
        if (said.length === 0) expect([four, six]).toEqual(['fail', 'fail']);
        else expect([four, six]).toContain('permerror');
        seen.add(said.length === 0 ? 'right' : four === 'permerror' ? 'wrong' : 'wrong for IPv6');
      },
    ),
    { numRuns: 300 },
  );
  // All kinds were there, or nothing was shown.
  expect([...seen].sort()).toEqual(['right', 'wrong', 'wrong for IPv6']);
});
