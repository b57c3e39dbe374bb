/** Verifying External Destinations (aggregate-reporting-32 §4), from a literal zone that records what is asked. */
import { describe, expect, it } from 'vitest';
import type { LookupTxt } from '../../../../shared/auth/types.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { mailtoAddress, reportDestinations } from '../../../../shared/reports/aggregate/destinations.ts';

const SIGNAL = new AbortController().signal;

async function ask(
  uris: readonly string[],
  zone: Readonly<Record<string, string>> = {},
  domain = 'blue.example.com',
) {
  const asked: string[] = [];
  const lookup: LookupTxt = async (name) => {
    asked.push(name);
    const record = zone[name];
    if (record === 'dead') throw new TemporaryError('dns TXT: ETIMEOUT');
    return record === undefined ? { kind: 'nxdomain' } : { kind: 'records', records: record.split('|') };
  };
  const question = { domain, orgDomain: 'example.com', tag: 'rua', uris } as const;
  return { ...(await reportDestinations(question, lookup, SIGNAL)), asked };
}

const ORG = { '_dmarc.example.com': 'v=DMARC1; p=none' };
const NAME = 'blue.example.com._report._dmarc.red.example.net';

describe('§4', () => {
  it('asks nobody about an address of the same domain, and the walk about one of the same organization', async () => {
    expect(await ask(['mailto:a@blue.example.com'])).toMatchObject({
      addresses: ['a@blue.example.com'],
      asked: [],
    });
    expect(await ask(['mailto:a@example.com'], ORG)).toMatchObject({ addresses: ['a@example.com'] });
    expect(await ask(['mailto:a@red.example.com'], ORG)).toMatchObject({ addresses: ['a@red.example.com'] });
  });

  it('asks about one that is an organization of its own below', async () => {
    const zone = { ...ORG, '_dmarc.red.example.com': 'v=DMARC1; p=none; psd=n' };
    expect(await ask(['mailto:a@red.example.com'], zone)).toMatchObject({
      addresses: [],
      refused: ['not-authorized'],
    });
  });

  it('steps 2 to 8: asks at DOMAIN._report._dmarc.HOST for v=DMARC1', async () => {
    const uri = ['mailto:reports@red.example.net'];
    expect(await ask(uri)).toEqual({ addresses: [], refused: ['not-authorized'], asked: [NAME] });
    expect(await ask(uri, { [NAME]: 'v=DMARC1' })).toMatchObject({ addresses: ['reports@red.example.net'] });
    expect(await ask(uri, { [NAME]: 'v=DMARC1;' })).toMatchObject({ addresses: ['reports@red.example.net'] });
    expect(await ask(uri, { [NAME]: 'hello|v=DMARC1; p=none' })).toMatchObject({ refused: [] });
    for (const record of ['v=dmarc1', 'p=none; v=DMARC1', 'v=DMARC10', 'v=spf1 -all'])
      expect(await ask(uri, { [NAME]: record })).toMatchObject({
        addresses: [],
        refused: ['not-authorized'],
      });
  });

  it('step 4: a name that the DNS cannot have authorizes nothing', async () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.example`;
    expect(await ask(['mailto:a@collector.example'], {}, long)).toEqual({
      addresses: [],
      refused: ['name-too-long'],
      asked: [],
    });
  });

  it('step 5: a look-up that fails is no answer', async () => {
    expect(await ask(['mailto:a@red.example.net'], { [NAME]: 'dead' })).toMatchObject({
      refused: ['temporary'],
    });
    expect(await ask(['mailto:a@red.example.com'], { '_dmarc.red.example.com': 'dead' })).toMatchObject({
      addresses: [],
      refused: ['temporary'],
    });
  });

  it('step 9: takes another address of the same host, and neither where the host is another', async () => {
    const uri = ['mailto:reports@red.example.net'];
    expect(await ask(uri, { [NAME]: 'v=DMARC1; rua=mailto:other@red.example.net' })).toMatchObject({
      addresses: ['other@red.example.net'],
    });
    expect(await ask(uri, { [NAME]: 'v=DMARC1; rua=mailto:other@victim.example' })).toMatchObject({
      addresses: [],
      refused: ['override-elsewhere'],
    });
  });
});

describe('the addresses of a record', () => {
  it('are five at most, each once', async () => {
    const many = Array.from({ length: 300 }, (_, index) => `mailto:a${index % 3}@blue.example.com`);
    expect(await ask(many)).toMatchObject({
      addresses: ['a0@blue.example.com', 'a1@blue.example.com', 'a2@blue.example.com'],
      refused: ['too-many'],
    });
  });

  it.each([
    ['mailto:a@example.com', 'a@example.com'],
    ['MAILTO:a%2Bb@Example.com', 'a+b@example.com'],
    ['mailto:a@example.com?subject=x&bcc=victim@example.org', 'a@example.com'],
    ['mailto:a@example.com%2Cb@example.com', undefined],
    ['mailto:a@example.com%0d%0aBcc:b@example.com', undefined],
    ['mailto:"a b"@example.com', undefined],
    ['mailto:a@[192.0.2.1]', undefined],
    ['mailto:%ff@example.com', undefined],
    ['mailto:', undefined],
    ['https://example.com/dmarc', undefined],
  ])('%s', (uri, address) => {
    expect(mailtoAddress(uri)).toBe(address);
  });
});
