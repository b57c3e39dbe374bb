/**
 * What Amazon SES does with a message on its way out: it gives it an id of its own (the client's moves to References),
 * marks it, and signs it twice with DKIM (RFC 6376), for the author's domain and for amazonses.com.
 */
import { createHash, randomUUID } from 'node:crypto';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { PermanentError } from '../../shared/errors.ts';
import type { Zone } from '../dns/zone.ts';
import type { SmtpClient } from '../types.ts';
import { type FieldSpan, fieldText, scanHeader } from './header-fields.ts';
import { type DkimKey, loadOrCreateKey, publishKey } from './keys.ts';
import { verifiable, verifierInput } from './verifier-input.ts';

export interface Signer {
  /**
   * The message as SES sends it. A domain that is none of the organization's, nor below one, gets SES's signature only;
   * a message without a From field, or with a header beyond the limits of verification, gets none.
   * Throws PermanentError when it cannot be signed.
   */
  sign(bytes: Uint8Array, fromDomain: string): Promise<Uint8Array>;
  /** MAIL FROM of a message that `sign` returned, made of its Message-ID; empty when it has none of SES's. */
  envelopeSender(signed: Uint8Array): string;
}

export interface SignerOptions {
  /** The organization's, lower case. */
  readonly domains: readonly string[];
  /** Where the keys are kept, one file a domain. */
  readonly directory: string;
  /** Gets the public keys. */
  readonly zone: Zone;
  readonly region?: string;
  readonly now: () => Date;
  readonly uuid?: () => string;
}

/** The host that SES sends with; the zone's SPF record of amazonses.com names its address (RFC 5737 documentation range). */
export const SES_CLIENT: SmtpClient = {
  address: '198.51.100.129',
  name: 'a11-129.smtp-out.amazonses.com',
  helo: 'a11-129.smtp-out.amazonses.com',
};

const SES_DOMAIN = 'amazonses.com';
const SIGNED_FIELDS =
  'From:Sender:Reply-To:To:Cc:Subject:Date:Message-ID:In-Reply-To:References:MIME-Version';
const SIGNED_CONTENT = 'Content-Type:Content-Transfer-Encoding:Feedback-ID';

/** Loads or makes the keys, publishes them in the zone and returns the signer. Throws PermanentError for a bad key file. */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  const { domains, directory, zone, region = 'us-east-1', now, uuid = randomUUID } = options;
  const keys = new Map<string, DkimKey>();
  for (const key of await Promise.all(
    [...new Set([...domains, SES_DOMAIN])].map((domain) => loadOrCreateKey(directory, domain)),
  )) {
    keys.set(key.domain, key);
    publishKey(zone, key);
  }
  const idHost = region === 'us-east-1' ? 'email.amazonses.com' : `${region}.amazonses.com`;
  return {
    async sign(bytes, fromDomain) {
      const time = now();
      const marked = mark(bytes, { id: `${sesId(time, uuid())}@${idHost}`, region, time, tag: uuid() });
      const own = keyFor(keys, fromDomain.toLowerCase());
      const signing = [own, keys.get(SES_DOMAIN)].filter((key) => key !== undefined);
      return Buffer.concat([Buffer.from(await signatures(marked, signing, time), 'latin1'), marked]);
    },
    envelopeSender(signed) {
      const field = scanHeader(signed).fields.find(({ name }) => name === 'message-id');
      const id = field === undefined ? '' : fieldText(signed, field);
      const [, local] = /^<([0-9a-f-]{20,80})@[a-z0-9.-]{1,60}\.amazonses\.com>$/.exec(id) ?? [];
      return local === undefined ? '' : `${local}@${SES_DOMAIN}`;
    },
  };
}

function keyFor(keys: ReadonlyMap<string, DkimKey>, domain: string): DkimKey | undefined {
  for (let at = domain; at !== ''; at = at.includes('.') ? at.slice(at.indexOf('.') + 1) : '') {
    const key = keys.get(at);
    if (key !== undefined) return at === SES_DOMAIN ? undefined : key;
  }
  return undefined;
}

/** `0100017a824530fc-3bc66432-…-000000`: 0100, milliseconds in hex, a UUID, a counter. */
function sesId(time: Date, uuid: string): string {
  return `0100${time.getTime().toString(16).padStart(12, '0')}-${uuid}-000000`;
}

async function signatures(bytes: Uint8Array, keys: readonly DkimKey[], time: Date): Promise<string> {
  const first = keys[0];
  if (first === undefined) throw new PermanentError('there is no DKIM key to sign with');
  // What no verifier here would look at needs no signature.
  if (!verifiable(bytes)) return '';
  const common = { canonicalization: 'relaxed/simple', algorithm: 'rsa-sha256' } as const;
  const signatureData = keys.map((key) => ({
    signingDomain: key.domain,
    selector: key.selector,
    privateKey: key.privateKeyPem,
  }));
  const result = await dkimSign(verifierInput(bytes), {
    ...common,
    ...{ signingDomain: first.domain, selector: first.selector, privateKey: first.privateKeyPem },
    signTime: time,
    headerList: `${SIGNED_FIELDS}:${SIGNED_CONTENT}`,
    signatureData,
  });
  // RFC 6376 §5.4: without a From field there is nothing to sign. It is sent all the same, and fails DMARC.
  const problem = result.errors?.find(({ err }) => !('code' in err) || err.code !== 'ENOFROM');
  if (problem !== undefined)
    throw new PermanentError(`no DKIM signature for ${problem.signingDomain}`, { cause: problem.err });
  return result.signatures;
}

interface Marks {
  readonly id: string;
  readonly region: string;
  readonly time: Date;
  readonly tag: string;
}

/** The message with SES's fields; everything else stays byte for byte. */
function mark(source: Uint8Array, marks: Marks): Uint8Array {
  const bytes = withLastLineEnd(source);
  const header = scanHeader(bytes);
  const ids = header.fields.filter(({ name }) => name === 'message-id');
  const [original] = ids.map((field) => /^<[^<>\s]{1,900}>/.exec(fieldText(bytes, field))?.[0]);
  const references = header.fields.find(({ name }) => name === 'references');
  const replaced = new Map<FieldSpan, string>(ids.map((field) => [field, '']));
  const idLine = `Message-ID: <${marks.id}>\r\n`;
  if (ids[0] !== undefined) replaced.set(ids[0], idLine);
  if (original !== undefined && references !== undefined)
    replaced.set(references, `${rawField(bytes, references)}\r\n ${original}\r\n`);

  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const field of header.fields) {
    const replacement = replaced.get(field);
    if (replacement === undefined) continue;
    pieces.push(bytes.subarray(at, field.start), Buffer.from(replacement, 'latin1'));
    at = field.end;
  }
  pieces.push(bytes.subarray(at, header.end));
  const added = [
    ids[0] === undefined ? idLine : '',
    original !== undefined && references === undefined ? `References: ${original}\r\n` : '',
    `Feedback-ID: ::1.${marks.region}.${feedbackTag(marks.tag)}:AmazonSES\r\n`,
    `X-SES-Outgoing: ${dotted(marks.time)}-${SES_CLIENT.address}\r\n`,
  ].join('');
  pieces.push(Buffer.from(added, 'latin1'), bytes.subarray(header.end));
  return Buffer.concat(pieces);
}

/** A message that ends within its header gets the line end that what is added needs. */
function withLastLineEnd(bytes: Uint8Array): Uint8Array {
  const { end } = scanHeader(bytes);
  if (end < bytes.length || end === 0 || bytes[end - 1] === 0x0a) return bytes;
  return Buffer.concat([bytes, Buffer.from('\r\n')]);
}

/** The field as it stands, without its last line end. */
function rawField(bytes: Uint8Array, field: FieldSpan): string {
  let { end } = field;
  if (bytes[end - 1] === 0x0a) end -= 1;
  if (bytes[end - 1] === 0x0d) end -= 1;
  return Buffer.from(bytes.subarray(field.start, end)).toString('latin1');
}

function feedbackTag(tag: string): string {
  return createHash('sha256').update(tag).digest('base64');
}

function dotted(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll('-', '.');
}
