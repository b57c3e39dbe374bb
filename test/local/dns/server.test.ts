import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as packet from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../../../local/dns/answer.ts';
import { type DnsServer, startDns } from '../../../local/dns/server.ts';
import { createZone, parseZone, txtRecord, type Zone } from '../../../local/dns/zone.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/zones/everything.db');
const BIG = 'big.example.com';

async function fixtureZone(): Promise<Zone> {
  const text = `${await readFile(FIXTURE, 'utf8')}\n; @servfail bad.example.com.\n; @timeout slow.test.\n`;
  const parsed = parseZone(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  parsed.zone.add(txtRecord(BIG, 'k'.repeat(4_000), 60));
  return parsed.zone;
}

let server: DnsServer;
let resolver: Resolver;

beforeAll(async () => {
  server = await startDns({ zone: await fixtureZone(), port: 0 });
  resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
});
afterAll(() => server.close());

function question(name: string, type: packet.RecordType, udpPayloadSize?: number): Buffer {
  const opt: packet.OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: udpPayloadSize ?? 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return packet.encode({
    type: 'query',
    id: 0x1234,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: udpPayloadSize === undefined ? [] : [opt],
  });
}

async function overUdp(query: Buffer): Promise<packet.DecodedPacket> {
  const socket = createSocket('udp4');
  try {
    socket.send(query, server.port, '127.0.0.1');
    const [message] = await once(socket, 'message');
    return packet.decode(message);
  } finally {
    socket.close();
  }
}

describe('questions of node:dns', () => {
  it.each<[string, () => Promise<unknown>, unknown[]]>([
    ['A', () => resolver.resolve4('Mail.EXAMPLE.com'), ['192.0.2.25']],
    ['AAAA', () => resolver.resolve6('ns2.example.com'), ['2001:db8::53']],
    ['A behind a CNAME', () => resolver.resolve4('alias1.example.com'), ['192.0.2.25']],
    ['CNAME', () => resolver.resolveCname('www.example.com'), ['mail.example.com']],
    ['NS', () => resolver.resolveNs('example.com'), ['ns.example.com', 'ns2.other.test']],
    ['PTR', () => resolver.reverse('192.0.2.10'), ['mail.example.com']],
    [
      'TXT of several strings',
      () => resolver.resolveTxt('quoted.example.com'),
      [['semi;colon (paren) "quote" \\ back', 'plain;word', 'DE']],
    ],
    ['TXT of a wildcard', () => resolver.resolveTxt('any.wild.example.com'), [['from the star']]],
    [
      'SRV',
      () => resolver.resolveSrv('_sip._tcp.example.com'),
      [{ name: 'mail.example.com', port: 5060, priority: 5, weight: 10 }],
    ],
    ['CAA', () => resolver.resolveCaa('example.com'), [{ critical: 0, issue: 'ca.other.test; account=1' }]],
  ])('%s', async (_type, ask, expected) => {
    expect(await ask()).toMatchObject(expected);
  });

  it('MX, the null one included', async () => {
    const found = await resolver.resolveMx('example.com');
    expect(found.sort((a, b) => a.priority - b.priority)).toMatchObject([
      { exchange: '', priority: 0 },
      { exchange: 'mail.example.com', priority: 10 },
      { exchange: 'mail2.example.com', priority: 20 },
    ]);
  });

  it('SOA', async () => {
    expect(await resolver.resolveSoa('example.com')).toMatchObject({
      nsname: 'ns.example.com',
      serial: 2_026_112_101,
      minttl: 300,
    });
  });

  it.each([
    ['ENOTFOUND', 'nowhere.example.com'],
    ['ENOTFOUND', 'no.zone.test'],
    ['ENOTFOUND', 'com.invalid'],
    ['ENODATA', 'b.c.example.com'],
    ['ENODATA', 'mail.example.com'],
    ['ESERVFAIL', 'x.bad.example.com'],
    ['ESERVFAIL', 'round1.example.com'],
    ['ETIMEOUT', 'slow.test'],
  ])('%s for %s', async (code, name) => {
    await expect(resolver.resolveTxt(name)).rejects.toMatchObject({ code });
  });

  it('a long answer comes over TCP', async () => {
    const [strings] = await resolver.resolveTxt(BIG);
    expect(strings?.join('')).toBe('k'.repeat(4_000));
  });

  it.each(['mai.', '.', 'a.b'])('a label that holds a dot (%j) is no name here', (label) => {
    const query = question('mail.example.com', 'A');
    const odd = Buffer.concat([
      query.subarray(0, 12),
      Buffer.from([label.length]),
      Buffer.from(label),
      query.subarray(17),
    ]);
    const response = answer(odd, server.zone, 'udp');
    expect(response?.readUInt16BE(2)).toBe(0x8101);
    expect(response).toHaveLength(12);
  });

  it('more at one name than a message can carry is SERVFAIL, and the server lives', async () => {
    server.zone.add(txtRecord('record.huge.test', 'k'.repeat(70_000), 60));
    for (let at = 0; at < 300; at += 1)
      server.zone.add(txtRecord('set.huge.test', `${at} ${'k'.repeat(240)}`, 60));
    await expect(resolver.resolveTxt('record.huge.test')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await expect(resolver.resolveTxt('set.huge.test')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('a record added while the server runs', async () => {
    await expect(resolver.resolveTxt('new.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    server.zone.add(txtRecord('new.example.com', 'here', 60));
    expect(await resolver.resolveTxt('new.example.com')).toEqual([['here']]);
  });
});

describe('the wire', () => {
  it('repeats id, question and RD, and says that it is the authority', async () => {
    const decoded = await overUdp(question('MAIL.Example.com', 'A'));
    expect(decoded).toMatchObject({
      id: 0x1234,
      type: 'response',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
    });
    expect(decoded.questions).toMatchObject([{ name: 'MAIL.Example.com', type: 'A', class: 'IN' }]);
    expect(decoded.answers).toMatchObject([{ name: 'mail.example.com', ttl: 5_400, data: '192.0.2.25' }]);
  });

  it('gives the SOA with NXDOMAIN (RFC 2308 §3)', async () => {
    const decoded = await overUdp(question('nowhere.example.com', 'A'));
    expect(decoded).toMatchObject({ rcode: 'NXDOMAIN', answers: [], authorities: [{ type: 'SOA' }] });
  });

  it.each([
    ['without EDNS', undefined, 512],
    ['with an offer of 1,232', 1_232, 1_232],
    ['with an offer of 65,535', 65_535, 1_232],
    ['with an offer of 100', 100, 512],
  ])('%s a datagram stays below its limit', (_what, offer, limit) => {
    const zone = createZone();
    for (let size = 100; size < 1_600; size += 20) {
      zone.add(txtRecord(`t${size}.test`, 'x'.repeat(size), 1));
      const bytes = answer(question(`t${size}.test`, 'TXT', offer), zone, 'udp') ?? Buffer.alloc(0);
      const decoded = packet.decode(bytes);
      expect(bytes.length).toBeLessThanOrEqual(limit);
      const full = answer(question(`t${size}.test`, 'TXT', offer), zone, 'tcp')?.length ?? 0;
      expect(decoded.flag_tc).toBe(full > limit);
      expect(decoded.answers?.length).toBe(full > limit ? 0 : 1);
      expect(decoded.additionals?.length).toBe(offer === undefined ? 0 : 1);
    }
  });

  it('TCP: several questions in one segment, one in many', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const frame = (query: Buffer) => Buffer.concat([Buffer.from([0, query.length]), query]);
    const both = Buffer.concat([
      frame(question('mail.example.com', 'A')),
      frame(question(BIG, 'TXT')),
      frame(question('ns.example.com', 'A')),
    ]);
    socket.write(both.subarray(0, both.length - 20));
    for (const octet of both.subarray(both.length - 20)) {
      socket.write(Uint8Array.of(octet));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const answers: (string | undefined)[] = [];
    let pending = Buffer.alloc(0);
    for await (const chunk of socket) {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        answers.push(packet.decode(pending.subarray(2, end)).answers?.[0]?.type);
        pending = pending.subarray(end);
      }
      if (answers.length === 3) break;
    }
    expect(answers).toEqual(['A', 'TXT', 'A']);
  });

  it.each<[string, number[] | Buffer, number | undefined]>([
    ['too short for a header', [1, 2, 3], undefined],
    ['an answer', Buffer.concat([Buffer.from([0, 1, 0x80, 0]), Buffer.alloc(8)]), undefined],
    ['no question', Buffer.concat([Buffer.from([0, 1, 1, 0]), Buffer.alloc(8)]), 1],
    ['a cut question', question('mail.example.com', 'A').subarray(0, 20), 1],
    ['an update (opcode 5)', [0, 1, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0], 4],
    ['a name that points at itself', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 16, 0, 1], 1],
    ['a name of other octets', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 16, 0, 1], 1],
    ['the class CHAOS', [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 16, 0, 3], 5],
  ])('%s', (_what, query, rcode) => {
    const bytes = answer(Buffer.from(query), createZone(), 'udp');
    expect(bytes === undefined ? undefined : bytes.readUInt16BE(2) & 0xf).toBe(rcode);
  });

  it('any datagram is answered in kind or not at all, and never throws', async () => {
    const zone = await fixtureZone();
    const valid = question('mail.example.com', 'A', 1_232);
    const mutated = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        fc.nat(valid.length),
      )
      .map(([changes, length]) => {
        const copy = Buffer.from(valid);
        for (const [at, octet] of changes) copy[at] = octet;
        return copy.subarray(0, valid.length - (length % 4 === 0 ? length : 0));
      });
    const header = fc.uint8Array({ minLength: 12, maxLength: 80 }).map((bytes) => {
      bytes[2] = (bytes[2] ?? 0) & 0x01;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), header, mutated), (bytes) => {
        const query = Buffer.from(bytes);
        for (const transport of ['udp', 'tcp'] as const) {
          const response = answer(query, zone, transport);
          if (response === undefined) continue;
          // Throws for what is no packet.
          const decoded = packet.decode(response);
          if (response.readUInt16BE(0) !== query.readUInt16BE(0)) throw new Error('another id');
          if (decoded.type !== 'response') throw new Error('a question in return');
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('rejects when the port is taken', async () => {
    await expect(startDns({ zone: createZone(), port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
