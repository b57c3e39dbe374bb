import { describe, expect, it } from 'vitest';
import type { DnsResolver } from '../../../local/dns/resolver.ts';
import { type Evaluation, evaluate } from '../../../local/ses/evaluate.ts';
import { MAX_SIGNATURES, MAX_VERIFIED_HEADER_BYTES } from '../../../local/ses/verifier-input.ts';
import { NOW } from './world.ts';

const MB = 1024 * 1024;
/** Many times what it takes on a slow machine; what is quadratic takes minutes. */
const PATIENCE_MS = 8_000;

const nothing: DnsResolver = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));

function evaluated(message: string | Buffer, resolver: DnsResolver = nothing): Promise<Evaluation> {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message;
  const client = { address: '203.0.113.66', name: 'x', helo: 'x.test' };
  return evaluate({ bytes, mailFrom: 'a@b.test', client, resolver, now: NOW });
}

const signature = (canonicalization: string, fields = 'From') =>
  `DKIM-Signature: v=1; a=rsa-sha256; c=${canonicalization}; d=b.test; s=s; h=${fields}; ` +
  'bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n';
const body = (text: string, size: number) =>
  `From: a@b.test\r\n${signature('relaxed/relaxed')}${signature('relaxed/simple')}\r\n${text.repeat(size / text.length)}`;
const header = (start: string, text: string, end: string) => {
  const room = MAX_VERIFIED_HEADER_BYTES - start.length - end.length - 2_000;
  return `From: a@b.test\r\n${start}${text.repeat(room / text.length)}${end}\r\n\r\nx\r\n`;
};

describe('messages made to be slow', () => {
  it.each<[string, string]>([
    ['a body of line feeds', body('\n', 4 * MB)],
    ['a body of CRLF', body('\r\n', 4 * MB)],
    ['a body of blanks', body(' ', 4 * MB)],
    ['a body that is one line of words', body(' \tx', 4 * MB)],
    ['a body of blank lines with blanks', body(' \r\n', MB)],
    ['nothing but line feeds', '\n'.repeat(4 * MB)],
    ['no header end', 'x'.repeat(4 * MB)],
    ['a From of carriage returns', header('From: a', '\r', 'x')],
    ['a From of parentheses', header('From: ', '(', ' a@b.test')],
    ['a From of quotes', header('From: ', '"', ' a@b.test')],
    ['a From of groups', header('From: ', 'g:', ' a@b.test;')],
    ['a From of addresses', header('From: ', 'a@b.test, ', 'a@b.test')],
    ['many From fields', header('', 'From: a@b.test\r\n', 'X: y')],
    ['a signature of blanks', header('DKIM-Signature: a=', ' ', 'x')],
    ['a signature of runs of blanks', header('DKIM-Signature: a=', `${' '.repeat(250)}x`, '')],
    ['a signature of no-break spaces', header('DKIM-Signature: a=', '\u00c2\u00a0', 'x')],
    ['a signature of tags', header('DKIM-Signature: ', 'a=b;', '')],
    [
      'a signature over many fields',
      header(signature('relaxed/simple', 'From:'.repeat(9_000)), 'X:\r\n', 'Y: z'),
    ],
    ['a field of empty lines', header('X: ', '\r\n ', 'y')],
    ['a field of many lines', header('X: ', '\r\n y', '')],
    ['many empty fields', header('', 'a:\r\n', 'X: y')],
    [
      'ARC sets without end',
      header('', 'ARC-Seal: i=1; cv=none; a=rsa-sha256; d=b.test; s=x; b=aa\r\n', 'X: y'),
    ],
  ])('%s', async (_what, message) => {
    const start = performance.now();
    await evaluated(message);
    expect(performance.now() - start).toBeLessThan(PATIENCE_MS);
  });

  it('others are served while a long body is read', async () => {
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    await evaluated(body('some words and more\r\n', 12 * MB));
    clearInterval(beat);
    expect(longest).toBeLessThan(1_500);
  });
});

describe('limits', () => {
  it('a header beyond them is not verified: permerror, no signature, SPF all the same', async () => {
    const long = `From: a@b.test\r\n${signature('relaxed/relaxed')}X: ${'y'.repeat(MAX_VERIFIED_HEADER_BYTES)}\r\n\r\nx`;
    expect(await evaluated(long)).toMatchObject({
      spf: { result: 'none' },
      dkim: [],
      dmarc: { result: 'permerror' },
    });
  });

  it.each([
    ['a thousand and one fields', 'X:\r\n'.repeat(1_000)],
    ['a field of a thousand and one lines', `X: ${'y\r\n '.repeat(1_000)}\r\n`],
    ['a run of 257 blanks', `X: a${' '.repeat(257)}b\r\n`],
    ['a From of more than 16 KiB', `From: ${'a'.repeat(16 * 1024)}\r\n`],
  ])('nor is one with %s', async (_what, fields) => {
    const message = `${signature('relaxed/relaxed')}From: a@b.test\r\n${fields}\r\nx`;
    expect(await evaluated(message)).toMatchObject({ dkim: [], dmarc: { result: 'permerror' } });
  });

  it('as many signatures as the limit are tried, one more and none is', async () => {
    const asked: string[] = [];
    const resolver: DnsResolver = (name, rrtype) => {
      asked.push(name);
      return nothing(name, rrtype);
    };
    const message = (count: number) =>
      `From: a@b.test\r\n${signature('relaxed/simple')
        .replace(/bh=[^;]*/, 'bh=x')
        .repeat(count)}\r\nx\r\n`;
    expect((await evaluated(message(MAX_SIGNATURES), resolver)).dkim).toHaveLength(MAX_SIGNATURES);
    expect((await evaluated(message(MAX_SIGNATURES + 1), resolver)).dkim).toHaveLength(0);
  });

  it('an SPF record that asks for more than ten look-ups is an error (RFC 7208 §4.6.4)', async () => {
    let asked = 0;
    const endless: DnsResolver = (name) => {
      asked += 1;
      return Promise.resolve([[`v=spf1 include:x.${name} include:y.${name} -all`]]);
    };
    expect((await evaluated('From: a@b.test\r\n\r\nx', endless)).spf.result).toBe('permerror');
    expect(asked).toBeLessThan(40);
  });
});
