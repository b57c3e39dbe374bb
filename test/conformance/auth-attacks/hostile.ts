/** Messages and zones that are made to cost: much to compute, or much to ask. Each says how many questions it may lead to. */
import { createPublicKey, randomBytes } from 'node:crypto';
import type { DnsAnswer, DnsType } from '../../../shared/auth/dns/types.ts';
import { sealedBy } from '../../shared/auth/arc/chain.ts';
import { BODY, HEADER, RSA, record, signatureOf } from '../../shared/auth/dkim/support.ts';
import { sesBlock } from '../../shared/auth/support.ts';

export interface Hostile {
  readonly name: string;
  /** One character an octet. */
  readonly make: () => string;
  readonly answers: (name: string, type: DnsType) => DnsAnswer;
  /** Exactly so many questions. */
  readonly queries: number;
}

const records = (...texts: readonly string[]): DnsAnswer => ({ kind: 'records', records: texts });
const NODATA: DnsAnswer = { kind: 'nodata' };

/** Every name has the key, the author a policy, and *.bomb.example records that include twenty more. */
function generous(name: string, type: DnsType): DnsAnswer {
  if (type !== 'TXT') return NODATA;
  if (name === '_dmarc.sender.example') return records('v=DMARC1; p=reject');
  if (name.includes('._domainkey.')) return records(record(RSA));
  return name.endsWith('bomb.example') ? records(bomb(name)) : NODATA;
}

const bomb = (name: string): string =>
  `v=spf1 ${Array.from({ length: 20 }, (_, index) => `include:i${index}.${name}`).join(' ')} -all`;

const MAX_TXT_CHARS = 64_000;
const RECORDS_AN_ANSWER = 400;

/** Answers as long as DNS can carry, and hundreds of them under one name. */
function enormous(name: string, type: DnsType): DnsAnswer {
  if (type !== 'TXT') return records(...Array<string>(RECORDS_AN_ANSWER).fill('192.0.2.1'));
  const text = name.includes('._domainkey.')
    ? `v=DKIM1; ${'a=b; '.repeat(30)}p=${'A'.repeat(MAX_TXT_CHARS)}`
    : `v=DMARC1; p=reject; ${'x=y;'.repeat(MAX_TXT_CHARS / 4)}`;
  return records(...Array<string>(RECORDS_AN_ANSWER).fill(text));
}

/** A public key of 8,192 bits whose private key nobody has, and with the largest exponent that is tried. */
function largestKey(): string {
  const n = randomBytes(1_024);
  n[0] = 0xff;
  n[1_023] = 0xff;
  const e = Buffer.from('01ffffffff', 'hex').toString('base64url');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: n.toString('base64url'), e } });
  return `v=DKIM1; k=rsa; p=${key.export({ format: 'der', type: 'spki' }).toString('base64')}`;
}
const LARGEST = Array.from({ length: 3 }, largestKey);

function largeKeys(name: string, type: DnsType): DnsAnswer {
  return name.includes('._domainkey.') ? records(...LARGEST) : generous(name, type);
}

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('');
const signedBy = (tags: Readonly<Record<string, string>>, header: readonly string[] = HEADER): string =>
  `${signatureOf({ header, tags })}\r\n`;
const whole = (above: string, header: readonly string[] = HEADER, body = BODY): string =>
  `${above}${header.join('\r\n')}\r\n\r\n${body}`;
const from = (value: string): readonly string[] => [`From: ${value}`, ...HEADER.slice(1)];
const failing = (spf: { readonly spf?: string; readonly returnPath?: string }): string =>
  `${sesBlock({ rest: 'dmarc=fail header.from=sender.example;', ...spf }).join('\r\n')}\r\n`;
/** As deep as a name can be that a policy and a key can stand below. */
const DEEP = `${'a.'.repeat(105)}sender.example`;

const hostile = (
  name: string,
  queries: number,
  make: Hostile['make'],
  answers: Hostile['answers'] = generous,
): Hostile => ({ name, queries, make, answers });

export const HOSTILE: readonly Hostile[] = [
  hostile('nothing: an ordinary message', 3, () => whole(signedBy({}))),
  hostile('5,000 signatures over nothing', 2, () =>
    whole(
      times(
        5_000,
        (index) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${index}.example; s=s; h=from; bh=AAAA; b=AAAA\r\n`,
      ),
    ),
  ),
  hostile('500 signatures that are right, of 500 domains', 10, () =>
    whole(times(500, (index) => signedBy({ d: `d${index}.example` }))),
  ),
  hostile(
    '8 signatures with three keys of 8,192 bits each',
    10,
    () => whole(times(8, (index) => signedBy({ d: `d${index}.example` }))),
    largeKeys,
  ),
  hostile('a header of 10 MB in one line', 0, () => whole(`X: ${'words and blanks \t'.repeat(600_000)}\r\n`)),
  hostile('a header of 10 MB in folds', 0, () => whole(`X: ${'w\r\n '.repeat(2_500_000)}\r\n`)),
  hostile('a header of 10 MB of bare CR and From', 0, () => whole(`${'\rFrom:'.repeat(1_700_000)}\r\n`)),
  hostile('100,000 From fields', 0, () => whole(times(100_000, (index) => `From: a@d${index}.example\r\n`))),
  hostile('a From of 200,000 addresses', 0, () =>
    whole(signedBy({}), from(times(200_000, (index) => `a${index}@d${index}.example, `))),
  ),
  hostile('a From of four deep domains', 20, () =>
    whole('', from(times(4, (index) => `a@b.c.d.e.f.g.h.d${index}.example, `))),
  ),
  hostile('16 KB of comments in From', 3, () =>
    whole(signedBy({}), from(`${'('.repeat(8_000)}${')'.repeat(8_000)} <ann@sender.example>`)),
  ),
  hostile('50 ARC sets with 100 keys', 2, () =>
    whole(
      times(
        50,
        (index) =>
          `ARC-Seal: i=${index + 1}; a=rsa-sha256; t=1; cv=${index === 0 ? 'none' : 'pass'}; d=d${index}.example; s=s; b=AAAA\r\n` +
          `ARC-Message-Signature: i=${index + 1}; a=rsa-sha256; c=relaxed/relaxed; d=e${index}.example; s=s; h=from; bh=AAAA; b=AAAA\r\n` +
          `ARC-Authentication-Results: i=${index + 1}; x; none\r\n`,
      ),
    ),
  ),
  hostile('50 ARC sets that are right, by one key', 3, () =>
    sealedBy(Array.from({ length: 50 }, () => ({ domain: 'd.example' }))).toString('latin1'),
  ),
  hostile('5,000 seals', 2, () =>
    whole(
      times(
        5_000,
        (index) =>
          `ARC-Seal: i=${(index % 50) + 1}; a=rsa-sha256; cv=pass; d=d${index}.example; s=s; b=AA\r\n`,
      ),
    ),
  ),
  hostile('SPF records that include twenty more each', 13, () =>
    whole(failing({ spf: 'x', returnPath: '<eve@bomb.example>' })),
  ),
  hostile('a domain of 107 labels that signs as a deeper one', 10, () =>
    whole(signedBy({ d: `b.${DEEP}` }, from(`ann@${DEEP}`)), from(`ann@${DEEP}`)),
  ),
  hostile('Received-SPF of nothing but open comments', 13, () =>
    whole(failing({ spf: `pass (${'('.repeat(30_000)}`, returnPath: '<eve@bomb.example>' })),
  ),
  hostile('answers of 64 KB, hundreds of each', 3, () => whole(signedBy({})), enormous),
];
