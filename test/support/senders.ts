/**
 * Senders of the outside world for tests of DMARC: domains with their records and keys, messages that they sign, and
 * forwarders that seal. Signing and sealing are mailauth's, so that nothing of ours proves itself.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sealMessage } from 'mailauth/lib/arc/index.js';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';

const SAMPLE_ZONE = resolve(import.meta.dirname, '../../local/sample/zone.db');
const SELECTOR = 'test';
/** Lines of a master file are short; a key is not. */
const STRING_CHARS = 200;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** With which `signs` domains sign, for signatures that no library writes. */
export const testKey = privateKey;
const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** Its TXT record, at `test._domainkey` of whoever signs. */
export const testKeyRecord = `v=DKIM1; k=rsa; p=${spki}`;

export interface Domain {
  readonly name: string;
  /** Of the DMARC record, such as `p=reject`; none when absent. */
  readonly dmarc?: string;
  /** The address that it sends from. */
  readonly address?: string;
  readonly signs?: boolean;
}

/** The sample's zone with these domains besides. */
export function zoneWith(domains: readonly Domain[]): string {
  return [readFileSync(SAMPLE_ZONE, 'utf8'), ...domains.map(zoneOf)].join('\n');
}

function zoneOf({ name, dmarc, address, signs }: Domain): string {
  const key = [`v=DKIM1; k=rsa; p=`, ...(spki.match(new RegExp(`.{1,${STRING_CHARS}}`, 'g')) ?? [])];
  return [
    `$ORIGIN ${name}.`,
    '@ SOA ns.example.com. hostmaster ( 1 1h 15m 1w 5m )',
    '  NS ns.example.com.',
    ...(address === undefined ? [] : [`  TXT "v=spf1 ip4:${address} -all"`, `mail A ${address}`]),
    ...(dmarc === undefined ? [] : [`_dmarc TXT "v=DMARC1; ${dmarc}"`]),
    ...(signs === true ? [`${SELECTOR}._domainkey TXT ( ${key.map((text) => `"${text}"`).join(' ')} )`] : []),
    '',
  ].join('\n');
}

const SIGNED_FIELDS = 'From:To:Subject:Date:Message-ID:List-Id:Content-Type';

export interface SignedOptions {
  readonly selector?: string;
  /** `l=`: the octets of the body that are signed; all by default. */
  readonly bodyBytes?: number;
}

/** The message with a DKIM signature of the domain on top. */
export async function signed(
  message: string,
  domain: string,
  { selector = SELECTOR, bodyBytes }: SignedOptions = {},
): Promise<string> {
  const signer = {
    signingDomain: domain,
    selector,
    privateKey: pem,
    ...(bodyBytes === undefined ? {} : { maxBodyLength: bodyBytes }),
  };
  const { signatures, errors } = await dkimSign(message, {
    canonicalization: 'relaxed/relaxed',
    headerList: SIGNED_FIELDS,
    ...signer,
    signatureData: [signer],
  });
  if (signatures === '') throw new Error(`not signed: ${JSON.stringify(errors)}`);
  return `${signatures}${message}`;
}

/** The message as a forwarder hands it on: sealed with what it found when it came. */
export async function sealed(message: string, domain: string, found: string): Promise<string> {
  const fields = await sealMessage(message, {
    signingDomain: domain,
    selector: SELECTOR,
    privateKey: pem,
    authResults: `mx.${domain}; ${found}`,
    cv: 'none',
  });
  if (fields.length === 0) throw new Error('not sealed');
  return `${fields.toString('latin1')}${message}`;
}

export interface MailOptions {
  readonly from: string;
  readonly subject: string;
  readonly to?: string;
  /** Whole fields, each with its line end. */
  readonly more?: string;
  readonly body?: string;
}

export function mail({
  from,
  subject,
  to = 'alice@example.com',
  more = '',
  body = 'Hi there.',
}: MailOptions) {
  return (
    `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n` +
    `Message-ID: <${subject.replace(/\W/g, '')}@test>\r\n${more}\r\n${body}\r\n`
  );
}
