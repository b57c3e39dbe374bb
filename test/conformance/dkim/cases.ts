/** Messages on which verifiers may disagree, each with a name: signatures, keys, and the header hygiene matrix. */
import {
  BODY,
  DOMAIN,
  ED25519,
  HEADER,
  NOW,
  RSA,
  record,
  rsaKey,
  type SignOptions,
  signatureOf,
  signed,
  ZONE,
} from '../../shared/auth/dkim/support.ts';
import type { Zone } from '../../shared/auth/support.ts';

export interface Case {
  readonly name: string;
  readonly text: string;
  readonly zone: Zone;
}

const NAME = `rsa._domainkey.${DOMAIN}`;
const whole = signed();

const of = (name: string, text: string, zone: Zone = ZONE): Case => ({ name, text, zone });
const tagged = (name: string, tags: SignOptions['tags']): Case =>
  of(`tag ${name}`, signed({ tags: tags ?? {} }));
const keyed = (name: string, ...records: readonly string[]): Case =>
  of(`key ${name}`, whole, { [NAME]: records });

const TAGS: readonly Case[] = [
  tagged('v=2', { v: '2' }),
  tagged('v missing', { v: undefined }),
  tagged('v is not first', { v: undefined, zz: '1; v=1' }),
  tagged('a unknown', { a: 'rsa-sha512' }),
  tagged('a in capitals', { a: 'RSA-SHA256' }),
  tagged('a=rsa-sha1', { a: 'rsa-sha1' }),
  tagged('c unknown', { c: 'nowsp' }),
  tagged('c in capitals', { c: 'Relaxed/RELAXED' }),
  tagged('c with three', { c: 'relaxed/relaxed/relaxed' }),
  tagged('d of one label', { d: 'com' }),
  tagged('d with an underscore', { d: 'my_host.sender.example' }),
  tagged('d with a quote', { d: "legitimate.example'a.attack.example" }),
  tagged('d with a trailing dot', { d: 'sender.example.' }),
  tagged('d in capitals', { d: 'SENDER.example' }),
  tagged('s with an underscore', { s: 'my_key' }),
  tagged('s with a dot', { s: 'a.b' }),
  tagged('s with NUL', { s: 'rsa\0.x' }),
  tagged('h without From', { h: 'to:subject' }),
  tagged('h empty', { h: '' }),
  tagged('h that ends with a colon', { h: 'from:to:' }),
  tagged('h with a name twice', { h: 'from:from:to:to' }),
  tagged('h with itself', { h: 'from:dkim-signature' }),
  tagged('i in another domain', { i: '@other.example' }),
  tagged('i below', { i: 'x@a.sender.example' }),
  tagged('i without @', { i: 'sender.example' }),
  tagged('i in quoted-printable', { i: '=41@sender=2Eexample' }),
  tagged('i with an empty domain', { i: 'x@' }),
  tagged('i with blanks in the local part', { i: 'a b@sender.example' }),
  tagged('l is zero', { l: '0' }),
  tagged('l is the length', { l: String('Hello Bob,\r\n\r\nsee you\r\nsoon.\r\n'.length) }),
  tagged('l is too much', { l: '9999' }),
  tagged('l is no number', { l: 'x' }),
  tagged('q unknown', { q: 'dns/other' }),
  tagged('q with options', { q: 'dns/txt:http' }),
  tagged('t in the future by an hour', { t: String(NOW + 3_600) }),
  tagged('t in the future by a week', { t: String(NOW + 7 * 86_400) }),
  tagged('t is no number', { t: 'x' }),
  tagged('x has passed', { x: String(NOW - 1) }),
  tagged('x is now', { x: String(NOW) }),
  tagged('x before t', { t: String(NOW - 5), x: String(NOW - 10) }),
  tagged('x is t', { t: String(NOW), x: String(NOW) }),
  tagged('z', { z: 'From:a=3Bb|To:c' }),
  tagged('twice', { zz: '1; zz=2' }),
  tagged('with an empty one between', { zz: '1;;' }),
  tagged('with NUL', { zz: '\0' }),
  tagged('with 8-bit octets', { zz: '\xc3\xa9' }),
  of('b is empty', whole.replace(/\r\n b=[^\r]*/, '\r\n b=')),
  of('b is no base64', whole.replace(/\r\n b=[^\r]*/, '\r\n b=***')),
  of('b with blanks', whole.replace(/\r\n b=(....)/, '\r\n b=$1 \r\n\t ')),
  of('b without padding', whole.replace(/==\r\nFrom/, '\r\nFrom')),
  of('b is the first tag', signed({ forms: ['simple', 'simple'] })),
  of('bh is cut', whole.replace(/bh=..../, 'bh=')),
  of('the tag list ends with a semicolon', whole.replace('\r\nFrom:', ';\r\nFrom:')),
];

const weak = rsaKey(512);
const KEYS: readonly Case[] = [
  of('key nowhere', whole, {}),
  of('key cannot be asked', whole, { [NAME]: 'servfail' }),
  keyed('revoked', 'v=DKIM1; p='),
  keyed('without p', 'v=DKIM1; k=rsa'),
  keyed('no base64', 'v=DKIM1; p=****'),
  keyed('no key', 'v=DKIM1; p=AAAA'),
  keyed('of another version', record(RSA).replace('DKIM1', 'DKIM2')),
  keyed('version in small letters', record(RSA).replace('DKIM1', 'dkim1')),
  keyed('version not first', `k=rsa; v=DKIM1; p=${RSA.published}`),
  keyed('of another type', record(ED25519)),
  keyed('of an unknown type', `k=x; p=${RSA.published}`),
  keyed('for sha1', record(RSA, 'h=sha1; ')),
  keyed('for both hashes', record(RSA, 'h=sha1:sha256; ')),
  keyed('for another service', record(RSA, 's=other; ')),
  keyed('for email', record(RSA, 's=email; ')),
  keyed('testing', record(RSA, 't=y; ')),
  keyed('with a trailing semicolon', `${record(RSA)};`),
  keyed('with blanks in p', record(RSA).replaceAll('A', ' A')),
  keyed('twice p', `${record(RSA)}; p=`),
  keyed('with NUL', `${record(RSA)}\0`),
  keyed('of 60 KB', record(RSA, `n=${'x'.repeat(60_000)}; `)),
  keyed('after an SPF record', 'v=spf1 -all', record(RSA)),
  keyed('before an SPF record', record(RSA), 'v=spf1 -all'),
  of('key strict, i below', signed({ tags: { i: '@a.sender.example' } }), { [NAME]: [record(RSA, 't=s; ')] }),
  of('key of 512 bits', signed({ key: weak }), { [NAME]: [record(weak)] }),
];

/** Changes to a header, of the field that begins with the name. */
const HYGIENE: Readonly<Record<string, (text: string, field: string) => string>> = {
  'twice above': (text, field) =>
    text.replace(`\r\n${field}:`, `\r\n${field}: x@attack.example\r\n${field}:`),
  'twice below': (text, field) => text.replace(`\r\nDate:`, `\r\n${field}: x@attack.example\r\nDate:`),
  'blank before the colon': (text, field) => text.replace(`\r\n${field}:`, `\r\n${field} :`),
  'folded name': (text, field) => text.replace(`\r\n${field}:`, `\r\n${field}\r\n :`),
  'NUL in the name': (text, field) => text.replace(`\r\n${field}:`, `\r\n${field}\0:`),
  'NUL in the value': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}: \0`),
  'bare CR before': (text, field) => text.replace(`\r\n${field}:`, `\r${field}:`),
  'bare LF before': (text, field) => text.replace(`\r\n${field}:`, `\n${field}:`),
  '8-bit octet': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}: \xff`),
  'UTF-8': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}: \xc3\xa9`),
  'long line': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}: ${'x'.repeat(2_000)} `),
  'more blanks': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}: \t  `),
  'tab for blank': (text, field) => text.replace(`\r\n${field}: `, `\r\n${field}:\t`),
  'name in capitals': (text, field) => text.replace(`\r\n${field}:`, `\r\n${field.toUpperCase()}:`),
  gone: (text, field) => text.replace(new RegExp(`\r\n${field}:[^\r]*`), ''),
};

const WHOLE: Readonly<Record<string, (text: string) => string>> = {
  'no separator': (text) => text.replace('\r\n\r\n', '\r\n'),
  'no body': (text) => text.slice(0, text.indexOf('\r\n\r\n') + 2),
  'leading blank line': (text) => `\r\n${text}`,
  'leading blank': (text) => ` ${text}`,
  'byte order mark': (text) => `\xef\xbb\xbf${text}`,
  'mbox line': (text) => `From ann@sender.example Wed Jul 07 18:40:11 2021\r\n${text}`,
  'LF only': (text) => text.replaceAll('\r\n', '\n'),
  'CR only': (text) => text.replaceAll('\r\n', '\r'),
  'CR CR LF': (text) => text.replaceAll('\r\n', '\r\r\n'),
  'blank lines behind': (text) => `${text}\r\n\r\n\r\n`,
  'blanks behind': (text) => `${text}  `,
  'a lone CR behind': (text) => `${text}\r`,
  'a second signature': (text) => `${signatureOf({ key: ED25519 })}\r\n${text}`,
  'a line that is no field': (text) => text.replace('\r\nTo:', '\r\nthis is no field\r\nTo:'),
  'a field without a name': (text) => text.replace('\r\nTo:', '\r\n: x\r\nTo:'),
};

const MATRIX: readonly Case[] = (['simple', 'relaxed'] as const).flatMap((form) => {
  const text = `Received: by here\r\n${signed({ forms: [form, form] })}`;
  return [
    ...['From', 'DKIM-Signature', 'Subject'].flatMap((field) =>
      Object.entries(HYGIENE).map(([name, change]) => of(`${form} ${field}: ${name}`, change(text, field))),
    ),
    ...Object.entries(WHOLE).map(([name, change]) => of(`${form} message: ${name}`, change(text))),
  ];
});

const BODIES: readonly Case[] = (['simple', 'relaxed'] as const).flatMap((form) =>
  [
    '',
    '\r\n',
    ' ',
    ' \r\n\t\r\n',
    'a',
    'a ',
    'a\r',
    'a\rb\r\n',
    '\r\r\n',
    '\n\n',
    'a\0\xff\r\n',
    `${'x'.repeat(99_999)} y`,
  ].map((body) =>
    of(`${form} body ${JSON.stringify(body.slice(0, 12))}`, signed({ body, forms: [form, form] })),
  ),
);

export const CASES: readonly Case[] = [
  ...TAGS,
  ...KEYS,
  ...MATRIX,
  ...BODIES,
  of('From is not covered', signed({ header: ['From: x@attack.example', ...HEADER] })),
  of('no signature', `${HEADER.join('\r\n')}\r\n\r\n${BODY}`),
];
