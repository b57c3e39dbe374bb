import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createResolver, type DnsResolver } from '../../../local/dns/resolver.ts';
import { type DnsServer, startDns } from '../../../local/dns/server.ts';
import { type Evaluation, evaluate } from '../../../local/ses/evaluate.ts';
import { SES_CLIENT } from '../../../local/ses/sign.ts';
import { NOW, sampleZone } from './world.ts';

let server: DnsServer;
let resolver: DnsResolver;

beforeAll(async () => {
  server = await startDns({ zone: await sampleZone(), port: 0 });
  resolver = createResolver(`127.0.0.1:${server.port}`, { timeoutMs: 100 });
});
afterAll(() => server.close());

function mail(from: string, address: string, mailFrom = from): Promise<Evaluation> {
  const client = { address, name: 'unknown', helo: 'helo.invalid' };
  const bytes = Buffer.from(`From: ${from}\r\n\r\nbody\r\n`);
  return evaluate({ bytes, mailFrom, client, resolver, now: NOW });
}

const STRANGER = '203.0.113.66';

describe('the sample zone keeps what its comments promise, over real DNS', () => {
  it.each<[string, string, string, string, string | undefined]>([
    ['ceo@example.com', STRANGER, 'fail', 'fail', 'QUARANTINE'],
    ['ceo@example.com', SES_CLIENT.address, 'pass', 'pass', undefined],
    ['news@good.example', '203.0.113.10', 'pass', 'pass', undefined],
    ['news@good.example', '127.0.0.1', 'pass', 'pass', undefined],
    ['news@good.example', STRANGER, 'fail', 'fail', 'REJECT'],
    ['security@bank.example', '203.0.113.20', 'pass', 'pass', undefined],
    ['security@bank.example', STRANGER, 'fail', 'fail', 'REJECT'],
    ['orders@shop.example', '203.0.113.30', 'pass', 'pass', undefined],
    ['orders@shop.example', STRANGER, 'softfail', 'fail', 'QUARANTINE'],
    ['a@news.example', '203.0.113.40', 'pass', 'pass', undefined],
    ['a@news.example', STRANGER, 'neutral', 'fail', 'NONE'],
    ['a@nodmarc.example', STRANGER, 'none', 'none', undefined],
    ['dave@partner.example', '203.0.113.60', 'pass', 'pass', undefined],
    ['a@list.example', '203.0.113.70', 'pass', 'pass', undefined],
    ['a@servfail.example', STRANGER, 'temperror', 'temperror', undefined],
    ['a@timeout.example', STRANGER, 'temperror', 'temperror', undefined],
    ['a@nowhere.example', STRANGER, 'none', 'none', undefined],
  ])('%s from %s: spf=%s dmarc=%s %s', async (from, address, spf, dmarc, policy) => {
    const found = await mail(from, address);
    expect([found.spf.result, found.dmarc.result, found.dmarc.policy]).toEqual([spf, dmarc, policy]);
  });

  it('the mailing list: SPF passes for the list, DMARC fails for the author', async () => {
    const found = await mail('security@bank.example', '203.0.113.70', 'bounces@list.example');
    expect(found).toMatchObject({
      spf: { result: 'pass', domain: 'list.example' },
      dmarc: { result: 'fail', headerFrom: 'bank.example', policy: 'REJECT' },
    });
  });
});
