/** Chains for tests: messages sealed by us with keys made once, and the zone that has the keys. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sealArc } from '../../../../shared/auth/arc/seal.ts';
import type { ArcEvidence } from '../../../../shared/auth/evidence-types.ts';
import type { LookupTxt } from '../../../../shared/auth/types.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { parseMessage } from '../../../../shared/mime/index.ts';

export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ED25519 = generateKeyPairSync('ed25519');

export const MESSAGE = [
  'From: Ann <ann@sender.example>',
  'To: list@list.example',
  'Subject: Hello',
  'Date: Fri, 20 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@sender.example>',
  '',
  'Hello',
  '',
].join('\r\n');

export interface Link {
  readonly domain: string;
  readonly results?: string;
  readonly privateKey?: KeyObject;
  readonly received?: ArcEvidence['result'];
}

/** `text` with one set by each of `links`, the first of them innermost. */
export function sealedBy(links: readonly Link[], text = MESSAGE): Buffer {
  return links.reduce<Buffer>((bytes, { domain, results, privateKey, received }, at) => {
    const sealed = sealArc(parseMessage(bytes), {
      domain,
      selector: 's',
      privateKey: privateKey ?? RSA.privateKey,
      results: results ?? `mx.${domain}; arc=none; dmarc=pass header.from=sender.example`,
      received: received ?? (at === 0 ? 'none' : 'pass'),
      signedAt: 1_700_000_000 + at,
    });
    if (!sealed.ok) throw new Error(sealed.why);
    return Buffer.concat([...sealed.fields, bytes]);
  }, Buffer.from(text));
}

/** A zone with the RSA key under every name, but for those of `other`; it records what was asked. */
export function keyZone(other: Readonly<Record<string, 'ed25519' | 'servfail' | 'nxdomain'>> = {}): {
  readonly lookupTxt: LookupTxt;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const rsa = `v=DKIM1; k=rsa; p=${RSA.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}`;
  const raw = ED25519.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const ed25519 = `v=DKIM1; k=ed25519; p=${raw.toString('base64')}`;
  const lookupTxt: LookupTxt = async (name) => {
    asked.push(name);
    const entry = other[name.slice('s._domainkey.'.length)];
    if (entry === 'servfail') throw new TemporaryError('SERVFAIL');
    if (entry === 'nxdomain') return { kind: 'nxdomain' };
    return { kind: 'records', records: [entry === 'ed25519' ? ed25519 : rsa] };
  };
  return { lookupTxt, asked };
}
