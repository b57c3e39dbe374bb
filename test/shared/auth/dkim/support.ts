/** Signs messages by the naive canonical forms and node:crypto, so that nothing that is tested takes part in it. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type VerifyDkimOptions, verifyDkim } from '../../../../shared/auth/dkim/index.ts';
import type { DkimEvidence } from '../../../../shared/auth/evidence-types.ts';
import { parseMessage } from '../../../../shared/mime/scan.ts';
import { type Form, naiveBody, naiveField } from '../signatures/naive.ts';
import { type Zone, zoneLookup } from '../support.ts';

export const NOW = 1_795_000_000;
export const DOMAIN = 'sender.example';

export interface TestKey {
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  readonly privateKey: KeyObject;
  /** The `p=` of its record. */
  readonly published: string;
}

export function rsaKey(bits: number): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const published = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { algorithm: 'rsa-sha256', privateKey, published };
}

export function ed25519Key(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const published = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  return { algorithm: 'ed25519-sha256', privateKey, published };
}

/** One of each kind, made once a file. */
export const RSA = rsaKey(2048);
export const ED25519 = ed25519Key();

export const record = (key: TestKey, more = ''): string =>
  `v=DKIM1; k=${key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}; ${more}p=${key.published}`;

export const ZONE: Zone = {
  [`rsa._domainkey.${DOMAIN}`]: [record(RSA)],
  [`ed._domainkey.${DOMAIN}`]: [record(ED25519)],
};

export const HEADER = [
  'From: Ann <ann@sender.example>',
  'To: bob@example.com',
  'Subject: The  plan\r\n for today',
  'Date: Wed, 07 Jul 2021 18:40:11 +0000',
];
export const BODY = 'Hello  Bob,\r\n\r\nsee you \t \r\nsoon.\r\n\r\n';

export interface SignOptions {
  readonly header?: readonly string[];
  readonly body?: string;
  readonly key?: TestKey;
  readonly forms?: readonly [Form, Form];
  /** Replaces tags by name; `undefined` leaves one out. */
  readonly tags?: Readonly<Record<string, string | undefined>>;
}

/** A message of one character an octet, with a signature over it on top. */
export function signed(options: SignOptions = {}): string {
  const { header = HEADER, body = BODY } = options;
  return `${signatureOf(options)}\r\n${header.join('\r\n')}\r\n\r\n${body}`;
}

/** The DKIM-Signature field for that message, without its last line end. */
export function signatureOf(options: SignOptions = {}): string {
  const { header = HEADER, body = BODY, key = RSA, forms = ['relaxed', 'relaxed'], tags = {} } = options;
  const canonical = naiveBody(body, forms[1]);
  const hashed = tags['l'] === undefined ? canonical : canonical.slice(0, Number(tags['l']));
  const all: Record<string, string | undefined> = {
    v: '1',
    a: key.algorithm,
    c: forms.join('/'),
    d: DOMAIN,
    s: key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed',
    h: 'from:to:subject:date',
    bh: createHash('sha256').update(hashed, 'latin1').digest('base64'),
    ...tags,
  };
  const list = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const field = `DKIM-Signature: ${list.join('; ')};\r\n b=`;
  const data = `${selected(header, all['h'] ?? '', forms[0])}${naiveField(field, forms[0])}`;
  return `${field}${signatureBy(key, Buffer.from(data, 'latin1')).toString('base64')}`;
}

function selected(header: readonly string[], names: string, form: Form): string {
  const left = [...header];
  return names
    .split(':')
    .map((name) => {
      const wanted = name.trim().toLowerCase();
      const at = left.findLastIndex(
        (line) => line.slice(0, line.indexOf(':')).trim().toLowerCase() === wanted,
      );
      const [line] = at === -1 ? [] : left.splice(at, 1);
      return line === undefined ? '' : `${naiveField(line, form)}\r\n`;
    })
    .join('');
}

function signatureBy({ algorithm, privateKey }: TestKey, data: Buffer): Buffer {
  if (algorithm === 'rsa-sha256') return sign('sha256', data, privateKey);
  return sign(null, createHash('sha256').update(data).digest(), privateKey);
}

export interface Verified {
  readonly results: readonly DkimEvidence[];
  readonly asked: readonly string[];
}

export async function verified(
  text: string,
  { zone = ZONE, ...options }: Partial<VerifyDkimOptions> & { readonly zone?: Zone } = {},
): Promise<Verified> {
  const { lookupTxt, asked } = zoneLookup(zone);
  const { signal } = new AbortController();
  const message = parseMessage(Buffer.from(text, 'latin1'));
  return { results: await verifyDkim(message, { lookupTxt, signal, nowSeconds: NOW, ...options }), asked };
}

/** `result/reason` of each signature. */
export async function words(...input: Parameters<typeof verified>): Promise<string[]> {
  return (await verified(...input)).results.map(({ result, reason }) => `${result}/${reason}`);
}
