/** The sample zone as a resolver without a network, and the DKIM keys of a sender: what the tests of this folder share. */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import type { DnsResolver } from '../../../local/dns/resolver.ts';
import { loadZone, txtRecord, type Zone } from '../../../local/dns/zone.ts';

export const SAMPLE_ZONE = join(import.meta.dirname, '../../../local/sample/zone.db');
export const NOW = new Date('2026-11-21T05:41:37.250Z');

const CODES = {
  nodata: 'ENODATA',
  nxdomain: 'ENOTFOUND',
  servfail: 'ESERVFAIL',
  timeout: 'ETIMEOUT',
} as const;

/** Answers from the zone; `asked` gets every question. */
export function resolverOver(zone: Zone, asked: string[] = []): DnsResolver {
  return (name, rrtype) => {
    asked.push(`${rrtype} ${name}`);
    const found = zone.lookup(name.toLowerCase(), rrtype);
    if (found.kind !== 'answer')
      return Promise.reject(Object.assign(new Error(found.kind), { code: CODES[found.kind] }));
    const addresses: string[] = [];
    const texts: string[][] = [];
    for (const record of found.records) {
      if (record.type === 'TXT') texts.push(record.data.map((part) => Buffer.from(part).toString('latin1')));
      else if (record.type === 'A' || record.type === 'AAAA') addresses.push(record.data);
    }
    return Promise.resolve(rrtype === 'TXT' ? texts : addresses);
  };
}

export function sampleZone(): Promise<Zone> {
  return loadZone(SAMPLE_ZONE);
}

export interface SenderKey {
  /** A DKIM-Signature field for the message, with its line end. */
  sign(
    message: string,
    options?: { readonly selector?: string; readonly expires?: Date; readonly time?: Date },
  ): Promise<string>;
}

/** A key for a domain, published in the zone under the selector `s`. */
export function senderKey(zone: Zone, domain: string): SenderKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const record = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  zone.add(txtRecord(`s._domainkey.${domain}`, `v=DKIM1; k=rsa; p=${record}`, 60));
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    async sign(message, { selector = 's', expires, time = NOW } = {}) {
      const key = { signingDomain: domain, selector, privateKey: pem };
      const dates = { signTime: time, ...(expires === undefined ? {} : { expires }) };
      const result = await dkimSign(Buffer.from(message, 'latin1'), {
        ...key,
        ...dates,
        signatureData: [key],
      });
      return result.signatures;
    },
  };
}
