/** What a sender may make a verifier do: bounded in signatures, in questions, in time. */
import { describe, expect, it } from 'vitest';
import {
  DKIM_REASONS,
  MAX_SIGNATURES_READ,
  MAX_SIGNATURES_VERIFIED,
} from '../../../../shared/auth/dkim/index.ts';
import { cpuNow } from '../../../support/cpu-time.ts';
import type { Zone } from '../support.ts';
import { BODY, HEADER, RSA, record, signatureOf, signed, verified, words } from './support.ts';

const many = (count: number): string =>
  [...Array(count).keys()]
    .map((index) => `${signatureOf({ tags: { d: `d${index}.example` } })}\r\n`)
    .join('');
const zoneOf = (count: number): Zone =>
  Object.fromEntries(
    [...Array(count).keys()].map((index) => [`rsa._domainkey.d${index}.example`, [record(RSA)]]),
  );
const unsigned = `${HEADER.join('\r\n')}\r\n\r\n${BODY}`;

describe('500 signatures that are all right', () => {
  const message = many(500) + unsigned;
  const zone = zoneOf(500);

  it('eight are verified, and no more are asked for', async () => {
    const { results, asked } = await verified(message, { zone });
    expect(results).toHaveLength(500);
    expect(asked).toHaveLength(MAX_SIGNATURES_VERIFIED);
    expect(results.slice(0, 8).every(({ result }) => result === 'pass')).toBe(true);
    expect(results.slice(8).every(({ reason }) => reason === 'not-checked')).toBe(true);
    expect(results[49]?.domain).toBe('d49.example');
    expect(results[MAX_SIGNATURES_READ]?.domain).toBeUndefined();
  });

  it('those that matter come first, whatever stands above them', async () => {
    const prefer = (domain: string): number => (domain === 'd37.example' ? 0 : 1);
    const { results, asked } = await verified(message, { zone, prefer });
    expect(results[37]?.result).toBe('pass');
    expect(asked).toContain('rsa._domainkey.d37.example');
    expect(results.filter(({ result }) => result === 'pass')).toHaveLength(MAX_SIGNATURES_VERIFIED);
  });

  it('signatures over another body take no place from those over this one', async () => {
    const wrong = `${signatureOf({ body: 'x', tags: { d: 'd0.example' } })}\r\n`.repeat(
      MAX_SIGNATURES_READ - 1,
    );
    const { results, asked } = await verified(`${wrong}${signed()}`, {});
    expect(results.at(-1)?.result).toBe('pass');
    expect(asked).toHaveLength(1);
  });
});

describe('sizes', () => {
  it('a header of megabytes is not looked at', async () => {
    const header = [...HEADER, `X-Long: ${'x '.repeat(500_000)}`];
    expect(await words(signed({ header }))).toEqual(['policy/header-too-large']);
  });

  it('a signature of 40 KB is not read', async () => {
    expect(await words(signed({ tags: { zz: 'x'.repeat(40_000) } }))).toEqual(['neutral/syntax']);
  });

  it('a key record of 60 KB is none', async () => {
    const zone = { 'rsa._domainkey.sender.example': [record(RSA, `n=${'x'.repeat(60_000)}; `)] };
    expect(await words(signed(), { zone })).toEqual(['permerror/key-syntax']);
  });

  it.each([
    ['blanks', ' '],
    ['tabs and letters', 'a\t'],
    ['doubled blanks', 'a  '],
    ['bare LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
    ['blank lines', ' \r\n'],
  ])('four megabytes of %s take no longer than their octets', async (_, unit) => {
    const body = `${unit.repeat(Math.floor(4_000_000 / unit.length))}x`;
    const signatures = ['0', '1', undefined].map((l) => `${signatureOf({ tags: { l, bh: 'AAAA' } })}\r\n`);
    const message = `${signatures.join('')}${HEADER.join('\r\n')}\r\n\r\n${body}`;
    const before = cpuNow();
    await verified(message);
    expect(cpuNow() - before).toBeLessThan(1_000);
  });

  it('eight signatures that each cover a header of 240 KB', async () => {
    const filler = [...Array(200).keys()].map((index) => `X-${index}: ${'y '.repeat(600)}`);
    const h = `from:${filler.map((_, index) => `x-${index}`).join(':')}`;
    const header = [...HEADER, ...filler];
    const signature = `${signatureOf({ header: HEADER, tags: { h } })}\r\n`;
    const message = `${signature.repeat(8)}${header.join('\r\n')}\r\n\r\n${BODY}`;
    const before = cpuNow();
    expect(new Set(await words(message))).toEqual(new Set(['fail/signature']));
    expect(cpuNow() - before).toBeLessThan(1_000);
  });
});

it('every reason has a word of RFC 8601 §2.7.1', () => {
  expect(new Set(Object.values(DKIM_REASONS))).toEqual(
    new Set(['pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror']),
  );
});
