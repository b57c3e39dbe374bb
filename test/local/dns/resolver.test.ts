import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResolver } from '../../../local/dns/resolver.ts';
import { type DnsServer, startDns } from '../../../local/dns/server.ts';
import { createZone, txtRecord, type Zone } from '../../../local/dns/zone.ts';

let server: DnsServer;
let asked: string[];
let time = 0;

beforeEach(async () => {
  asked = [];
  time = 0;
  const zone = createZone();
  const watched: Zone = {
    ...zone,
    lookup(name, type) {
      asked.push(`${type} ${name}`);
      return zone.lookup(name, type);
    },
  };
  zone.add(txtRecord('a.test', 'one', 60));
  zone.add({ name: 'a.test', ttl: 60, type: 'MX', data: { preference: 10, exchange: 'mx.a.test' } });
  zone.trouble('bad.test', 'servfail');
  zone.trouble('slow.test', 'timeout');
  server = await startDns({ zone: watched, port: 0 });
});
afterEach(() => server.close());

const resolverOf = (options: { cacheMs?: number; timeoutMs?: number } = {}) =>
  createResolver(`127.0.0.1:${server.port}`, { ...options, now: () => time });

describe('createResolver', () => {
  it('answers as node:dns does', async () => {
    const resolve = resolverOf();
    expect(await resolve('a.test', 'TXT')).toEqual([['one']]);
    expect(await resolve('a.test', 'MX')).toMatchObject([{ priority: 10, exchange: 'mx.a.test' }]);
    await expect(resolve('b.test', 'TXT')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolve('a.test', 'A')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolve('bad.test', 'A')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await expect(resolve(`${'x'.repeat(70)}.test`, 'A')).rejects.toHaveProperty('code');
  });

  it('gives up on a server that does not answer', async () => {
    await expect(resolverOf({ timeoutMs: 100 })('slow.test', 'A')).rejects.toMatchObject({
      code: 'ETIMEOUT',
    });
  });

  it('asks once for what is asked at the same time, and for as long as it keeps the answer', async () => {
    const resolve = resolverOf({ cacheMs: 1_000 });
    const answers = await Promise.all([resolve('a.test', 'TXT'), resolve('A.test', 'TXT')]);
    expect(answers).toEqual([[['one']], [['one']]]);
    await expect(resolve('b.test', 'TXT')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    time = 999;
    await resolve('a.test', 'TXT');
    await expect(resolve('b.test', 'TXT')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(asked).toEqual(['TXT a.test', 'TXT b.test']);
    time = 1_001;
    await resolve('a.test', 'TXT');
    expect(asked).toEqual(['TXT a.test', 'TXT b.test', 'TXT a.test']);
  });

  it('hands out copies: a caller that sorts or marks what it gets spoils nothing', async () => {
    const resolve = resolverOf();
    const first = await resolve('a.test', 'TXT');
    first.length = 0;
    expect(await resolve('a.test', 'TXT')).toEqual([['one']]);
    const errors = await Promise.all(
      [1, 2].map(() => resolve('b.test', 'TXT').catch((error: unknown) => error)),
    );
    expect(errors[0]).not.toBe(errors[1]);
  });

  it('keeps no failure', async () => {
    const resolve = resolverOf();
    await expect(resolve('bad.test', 'A')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await expect(resolve('bad.test', 'A')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });
});
