import { createSocket, type Socket } from 'node:dgram';
import { decode, encode, type Packet, type TxtAnswer } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { createLookupTxt } from '../../../handlers/edge/dns.ts';
import { DeadlineError, TemporaryError } from '../../../shared/errors.ts';

/** Answers by name: strings of one record, `nxdomain`, `nodata`, `servfail`, `refused`, or silence. */
const ZONE: Record<string, readonly string[] | 'nxdomain' | 'nodata' | 'servfail' | 'refused' | 'silence'> = {
  '_dmarc.example.com': ['v=DMARC1; ', 'p=reject'],
  'nothing.example.com': 'nxdomain',
  'empty.example.com': 'nodata',
  'broken.example.com': 'servfail',
  'refused.example.com': 'refused',
  'silent.example.com': 'silence',
};
const RCODES = { nxdomain: 3, servfail: 2, refused: 5, nodata: 0 };

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
    const answers: TxtAnswer[] =
      typeof found === 'string' ? [] : [{ type: 'TXT', name, ttl: 5, data: [...found] }];
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
  return createLookupTxt({ server: `127.0.0.1:${socket.address().port}`, now });
}

afterEach(() => new Promise<void>((resolve) => socket.close(() => resolve())));

describe('createLookupTxt', () => {
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
