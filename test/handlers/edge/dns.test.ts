import { createSocket, type Socket } from 'node:dgram';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { createLookupDns } from '../../../handlers/edge/dns.ts';
import type { DnsType } from '../../../shared/auth/dns/types.ts';
import { DeadlineError, TemporaryError } from '../../../shared/errors.ts';

/** Answers by name: strings of one record, `nxdomain`, `nodata`, `servfail`, `refused`, or silence. */
const ZONE: Record<string, readonly string[] | 'nxdomain' | 'nodata' | 'servfail' | 'refused' | 'silence'> = {
  '_dmarc.example.com': ['v=DMARC1; ', 'p=reject'],
  'nothing.example.com': 'nxdomain',
  'empty.example.com': 'nodata',
  'broken.example.com': 'servfail',
  'refused.example.com': 'refused',
  'silent.example.com': 'silence',
  'four.example.com': ['192.0.2.1', '192.0.2.2'],
  'six.example.com': ['2001:db8::1'],
  'mx.example.com': ['mx1.example.com', 'mx2.example.com'],
  '1.2.0.192.in-addr.arpa': ['host.example.com'],
  'selector._domainkey.attack.example': ['v=DKIM1; p=of-the-attacker'],
};
const RCODES = { nxdomain: 3, servfail: 2, refused: 5, nodata: 0 };

/** One record for each text, but the strings of one TXT record. */
function answersTo(type: string, name: string, texts: readonly string[]): Answer[] {
  const ttl = 5;
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'PTR':
      return texts.map((data) => ({ type, name, ttl, data }));
    case 'MX':
      return texts.map((exchange, index) => ({
        type,
        name,
        ttl,
        data: { preference: 10 * index, exchange },
      }));
    default:
      return [{ type: 'TXT', name, ttl, data: [...texts] }];
  }
}

let socket: Socket;
let asked: string[];
const calm = () => new AbortController().signal;

async function lookupOver(now: () => number = Date.now) {
  asked = [];
  socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const query = decode(bytes);
    const name = query.questions?.[0]?.name ?? '';
    asked.push(name);
    const found = ZONE[name.toLowerCase()] ?? 'nxdomain';
    if (found === 'silence') return;
    const answers =
      typeof found === 'string' ? [] : answersTo(query.questions?.[0]?.type ?? 'TXT', name, found);
    const reply: Packet = {
      type: 'response',
      id: query.id ?? 0,
      flags: typeof found === 'string' ? RCODES[found] : 0,
      questions: query.questions ?? [],
      answers,
    };
    socket.send(encode(reply), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const lookup = createLookupDns({ server: `127.0.0.1:${socket.address().port}`, now });
  return (name: string, signal: AbortSignal, type: DnsType = 'TXT') => lookup(name, type, signal);
}

afterEach(() => new Promise<void>((resolve) => socket.close(() => resolve())));

describe('createLookupDns', () => {
  it('joins the strings of a record', async () => {
    const lookup = await lookupOver();
    expect(await lookup('_dmarc.example.com', calm())).toEqual({
      kind: 'records',
      records: ['v=DMARC1; p=reject'],
    });
  });

  it.each([
    ['nothing.example.com', { kind: 'nxdomain' }],
    ['empty.example.com', { kind: 'nodata' }],
    [`${'x'.repeat(64)}.example.com`, { kind: 'nxdomain' }],
    ['a..example.com', { kind: 'nxdomain' }],
  ])('answers %s', async (name, answer) => {
    const lookup = await lookupOver();
    expect(await lookup(name, calm())).toEqual(answer);
  });

  it.each([
    ['A', 'four.example.com', ['192.0.2.1', '192.0.2.2']],
    ['AAAA', 'six.example.com', ['2001:db8::1']],
    ['MX', 'mx.example.com', ['0 mx1.example.com', '10 mx2.example.com']],
    ['PTR', '1.2.0.192.in-addr.arpa', ['host.example.com']],
  ] as const)('tells %s records', async (type, name, records) => {
    const lookup = await lookupOver();
    const answer = await lookup(name, calm(), type);
    expect(answer.kind === 'records' ? { ...answer, records: [...answer.records].sort() } : answer).toEqual({
      kind: 'records',
      records,
    });
  });

  it.each(['A', 'AAAA', 'MX', 'PTR'] as const)('tells absence and failure of %s apart', async (type) => {
    const lookup = await lookupOver();
    expect(await lookup('nothing.example.com', calm(), type)).toEqual({ kind: 'nxdomain' });
    expect(await lookup('empty.example.com', calm(), type)).toEqual({ kind: 'nodata' });
    await expect(lookup('broken.example.com', calm(), type)).rejects.toThrow(TemporaryError);
  });

  it('does not take the answer about one type for that about another', async () => {
    const lookup = await lookupOver();
    await lookup('four.example.com', calm(), 'A');
    await lookup('four.example.com', calm(), 'TXT');
    expect(asked).toHaveLength(2);
  });

  it.each([
    'selector._domainkey.attack.example\0.any._domainkey.legitimate.example',
    'selector._domainkey.attack.example\\000.legitimate.example',
    'selector\\._domainkey.attack.example',
    'a b.example.com',
    'b\u00fccher.example.com',
    'x\n.example.com',
    '',
    'a.'.repeat(200),
  ])('asks nobody for %j: on the wire it would be another name', async (name) => {
    const lookup = await lookupOver();
    expect(await lookup(name, calm())).toEqual({ kind: 'nxdomain' });
    expect(asked).toEqual([]);
  });

  it.each(['broken.example.com', 'refused.example.com'])('throws a TemporaryError for %s', async (name) => {
    const lookup = await lookupOver();
    await expect(lookup(name, calm())).rejects.toThrow(TemporaryError);
  });

  it('ends with the deadline', async () => {
    const lookup = await lookupOver();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DeadlineError('over')), 50);
    await expect(lookup('silent.example.com', controller.signal)).rejects.toThrow(DeadlineError);
  });

  it('remembers an answer for a minute, and no failure', async () => {
    let time = 0;
    const lookup = await lookupOver(() => time);
    await lookup('_dmarc.example.com', calm());
    await lookup('_DMARC.example.com', calm());
    time = 59_999;
    await lookup('_dmarc.example.com', calm());
    expect(asked).toHaveLength(1);
    time = 60_000;
    await lookup('_dmarc.example.com', calm());
    expect(asked).toHaveLength(2);
    await lookup('broken.example.com', calm()).catch(() => undefined);
    const before = asked.length;
    await lookup('broken.example.com', calm()).catch(() => undefined);
    expect(asked.length).toBeGreaterThan(before);
  });

  it('forgets the oldest of a flood of names', async () => {
    const lookup = await lookupOver();
    await lookup('_dmarc.example.com', calm());
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => lookup(`n${batch}-${index}.example.com`, calm())),
      );
    }
    const before = asked.length;
    await lookup('_dmarc.example.com', calm());
    expect(asked).toHaveLength(before + 1);
  });
});
