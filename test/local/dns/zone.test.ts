import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadZone, parseZone, txtRecord, type Zone } from '../../../local/dns/zone.ts';
import { PermanentError } from '../../../shared/errors.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/zones');

function zoneOf(text: string): Zone {
  const parsed = parseZone(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.zone;
}

/** The data of an answer, TXT strings as text; the kind when there is none. */
function ask(zone: Zone, name: string, type: string): unknown {
  const found = zone.lookup(name, type);
  if (found.kind !== 'answer') return found.kind;
  return found.records.map((record) =>
    record.type === 'TXT' ? record.data.map((part) => Buffer.from(part).toString('utf8')) : record.data,
  );
}

describe('a master file (RFC 1035 §5.1)', async () => {
  const zone = zoneOf(await readFile(join(FIXTURES, 'everything.db'), 'utf8'));

  it.each<[string, string, unknown]>([
    [
      'example.com',
      'SOA',
      [
        {
          mname: 'ns.example.com',
          rname: 'hostmaster.example.com',
          serial: 2_026_112_101,
          refresh: 86_400,
          retry: 900,
          expire: 604_800,
          minimum: 300,
        },
      ],
    ],
    ['example.com', 'NS', ['ns.example.com', 'ns2.other.test']],
    [
      'example.com',
      'MX',
      [
        { preference: 10, exchange: 'mail.example.com' },
        { preference: 20, exchange: 'mail2.example.com' },
        { preference: 0, exchange: '' },
      ],
    ],
    ['example.com', 'TXT', [['v=spf1 ', 'ip4:192.0.2.1', ' include:other.test', ' -all']]],
    ['example.com', 'CAA', [{ flags: 0, tag: 'issue', value: 'ca.other.test; account=1' }]],
    ['ns2.example.com', 'AAAA', ['2001:db8::53']],
    ['mail.example.com', 'A', ['192.0.2.25']],
    ['_sip._tcp.example.com', 'SRV', [{ priority: 5, weight: 10, port: 5060, target: 'mail.example.com' }]],
    ['10.2.0.192.in-addr.arpa', 'PTR', ['mail.example.com']],
    ['quoted.example.com', 'TXT', [['semi;colon (paren) "quote" \\ back', 'plain;word', 'DE']]],
    ['utf8.example.com', 'TXT', [['grüße']]],
    ['empty.example.com', 'TXT', [['']]],
    ['sub.example.com', 'TXT', [['relative origin'], ['same owner']]],
  ])('%s %s', (name, type, expected) => {
    expect(ask(zone, name, type)).toEqual(expected);
  });

  it('takes the time to live from the record, in either order with the class, else from $TTL', () => {
    const found = zone.lookup('example.com', 'MX');
    expect(found.kind === 'answer' && found.records.map(({ ttl }) => ttl)).toEqual([60, 120, 5_400]);
  });

  it('takes 300 s when nobody says', () => {
    const found = zoneOf('a.test. A 192.0.2.1').lookup('a.test', 'A');
    expect(found.kind === 'answer' && found.records[0]?.ttl).toBe(300);
  });

  it('may have any line end, and none at the end', () => {
    const zone = zoneOf('$ORIGIN a.test.\r\nb A 192.0.2.1\r\nc A 192.0.2.2');
    expect(ask(zone, 'b.a.test', 'A')).toEqual(['192.0.2.1']);
    expect(ask(zone, 'c.a.test', 'A')).toEqual(['192.0.2.2']);
  });

  it('names the line of every problem', async () => {
    const parsed = parseZone(await readFile(join(FIXTURES, 'wrong.db'), 'utf8'));
    const found = parsed.ok ? [] : parsed.problems.map(({ line, message }) => `${line}: ${message}`);
    const expected = await readFile(join(FIXTURES, 'wrong.problems.txt'), 'utf8');
    expect(found.sort().join('\n')).toBe(expected.trimEnd().split('\n').sort().join('\n'));
  });

  it('reports a few problems of a file that is no zone, not thousands', () => {
    const parsed = parseZone('what is this\n'.repeat(10_000));
    expect(!parsed.ok && parsed.problems.length).toBe(50);
  });

  it.each([
    ['too long', 'a'.repeat(254)],
    ['a label too long', `${'a'.repeat(64)}.test`],
  ])('refuses a name that is %s', (_why, name) => {
    expect(parseZone(`${name}. A 192.0.2.1`).ok).toBe(false);
  });
});

describe('loadZone', () => {
  it('says which file and line is wrong, as PermanentError', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zone-'));
    try {
      const path = join(folder, 'zone.db');
      await writeFile(path, '\n\nx A y\n');
      await expect(loadZone(path)).rejects.toThrow(new PermanentError(`${path}:3: not an IPv4 address: y`));
      await expect(loadZone(join(folder, 'none.db'))).rejects.toBeInstanceOf(PermanentError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('what a zone answers', async () => {
  const zone = zoneOf(await readFile(join(FIXTURES, 'everything.db'), 'utf8'));

  it.each<[string, string, string, unknown]>([
    ['a name that is not there', 'nowhere.example.com', 'A', 'nxdomain'],
    ['a name of no zone', 'www.other.test', 'A', 'nxdomain'],
    ['a type that is not there', 'mail.example.com', 'MX', 'nodata'],
    ['an empty non-terminal (RFC 4592 §2.2.2)', 'b.c.example.com', 'A', 'nodata'],
    ['another one', '_tcp.example.com', 'SRV', 'nodata'],
    ['a CNAME, followed', 'www.example.com', 'A', ['mail.example.com', '192.0.2.25']],
    ['a chain of them', 'alias1.example.com', 'A', ['alias2.example.com', 'mail.example.com', '192.0.2.25']],
    ['a CNAME, asked for', 'www.example.com', 'CNAME', ['mail.example.com']],
    ['a CNAME to nowhere', 'lost.example.com', 'A', 'nxdomain'],
    ['a CNAME to a name without the type', 'www.example.com', 'TXT', 'nodata'],
    ['CNAMEs in a circle', 'round1.example.com', 'A', 'servfail'],
    ['a wildcard (RFC 4592)', 'x.wild.example.com', 'TXT', [['from the star']]],
    ['a wildcard, deeper', 'x.y.wild.example.com', 'TXT', [['from the star']]],
    ['a wildcard without the type', 'x.wild.example.com', 'A', 'nodata'],
    ['the wildcard itself', '*.wild.example.com', 'TXT', [['from the star']]],
    ['a name that exists beside the wildcard', 'kept.wild.example.com', 'TXT', 'nodata'],
    ['a name below one that exists', 'x.kept.wild.example.com', 'TXT', 'nxdomain'],
  ])('%s', (_what, name, type, expected) => {
    expect(ask(zone, name, type)).toEqual(expected);
  });

  it('gives the SOA of the zone with a negative answer', () => {
    const found = zone.lookup('nowhere.example.com', 'A');
    expect(found.kind === 'nxdomain' && found.soa?.name).toBe('example.com');
    const other = zone.lookup('www.other.test', 'A');
    expect(other.kind === 'nxdomain' && other.soa).toBe(undefined);
  });

  it('makes trouble at and below the name of a comment, and through a CNAME', () => {
    const zone = zoneOf(
      [
        '$ORIGIN t.test.',
        '; @servfail bad',
        '; @timeout slow.test.',
        'bad A 192.0.2.1',
        'ok A 192.0.2.2',
        'to CNAME x.slow.test.',
      ].join('\n'),
    );
    expect(ask(zone, 'bad.t.test', 'A')).toBe('servfail');
    expect(ask(zone, '_dmarc.bad.t.test', 'TXT')).toBe('servfail');
    expect(ask(zone, 'slow.test', 'A')).toBe('timeout');
    expect(ask(zone, 'to.t.test', 'A')).toBe('timeout');
    expect(ask(zone, 'ok.t.test', 'A')).toEqual(['192.0.2.2']);
  });

  it('takes records while it is in use, each once', () => {
    const zone = zoneOf('');
    expect(ask(zone, 's._domainkey.a.test', 'TXT')).toBe('nxdomain');
    zone.add(txtRecord('S._domainkey.a.test.', 'x'.repeat(300), 60));
    zone.add(txtRecord('s._domainkey.a.test', 'x'.repeat(300), 60));
    expect(ask(zone, 's._domainkey.a.test', 'TXT')).toEqual([['x'.repeat(255), 'x'.repeat(45)]]);
    expect(ask(zone, '_domainkey.a.test', 'TXT')).toBe('nodata');
    const alias = { name: 's._domainkey.a.test', ttl: 1, type: 'CNAME', data: 'b.test' } as const;
    expect(() => zone.add(alias)).toThrow(PermanentError);
  });
});
