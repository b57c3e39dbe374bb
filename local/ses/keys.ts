import { createHash, createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermanentError } from '../../shared/errors.ts';
import { txtRecord, type Zone } from '../dns/zone.ts';

/** A domain's DKIM key and where its public half is published. */
export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  readonly privateKeyPem: string;
  /** The text of the TXT record (RFC 6376 §3.6.1). */
  readonly record: string;
}

/** RFC 8301 §3.2: signers should use 2048 bits at least. */
const RSA_BITS = 2048;
const KEY_TTL_SECONDS = 300;
const generate = promisify(generateKeyPair);

/** The domain's key: the one kept in `directory`, else a new one, kept there for the next start. Throws PermanentError for a file that holds no such key. */
export async function loadOrCreateKey(directory: string, domain: string): Promise<DkimKey> {
  // The name of a file is made of it.
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(domain) || domain.includes('..'))
    throw new PermanentError(`not a mail domain: ${JSON.stringify(domain)}`);
  const path = join(directory, `${domain}.pem`);
  const kept = await readIfThere(path);
  if (kept !== undefined) return keyOf(domain, kept, path);
  const { privateKey } = await generate('rsa', { modulusLength: RSA_BITS });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeWhole(path, pem);
  return keyOf(domain, pem, path);
}

/** Makes the public half visible: `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.2.1). */
export function publishKey(zone: Zone, key: DkimKey): void {
  zone.add(txtRecord(`${key.selector}._domainkey.${key.domain}`, key.record, KEY_TTL_SECONDS));
}

function keyOf(domain: string, pem: string, path: string): DkimKey {
  const publicKey = publicHalf(pem, path);
  // SES's selectors have 32 characters; made from the key, so that a new key is never hidden by a cached old record.
  const digest = createHash('sha256').update(publicKey).digest();
  const selector = Array.from(digest, (byte) => (byte % 32).toString(32)).join('');
  const record = `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`;
  return { domain, selector, privateKeyPem: pem, record };
}

function publicHalf(pem: string, path: string): Buffer {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType === 'rsa')
      return createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  } catch (error) {
    throw new PermanentError(`${path} holds no private key; remove it to get a new one`, { cause: error });
  }
  throw new PermanentError(`${path} holds no RSA key; remove it to get a new one`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new PermanentError(`the DKIM key ${path} cannot be read`, { cause: error });
  }
}

/** Under its name only when whole: a start that is killed leaves no half key. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
