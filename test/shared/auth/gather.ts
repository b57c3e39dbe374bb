/** Evidence about messages that the tests write: signed by keys of their own, under a block of SES or none. */

import { type EvidenceInput, gatherEvidence } from '../../../shared/auth/evidence.ts';
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { NOW, type SignOptions, signatureOf, ZONE } from './dkim/support.ts';
import { type Zone, zoneDns } from './support.ts';

export const REJECT: Zone = {
  ...ZONE,
  '_dmarc.sender.example': ['v=DMARC1; p=reject'],
  'sender.example': [],
};
export const AUTO: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders: 'auto' };
export const ALWAYS: OrganizationPolicy = { ...AUTO, trustSesHeaders: 'always' };

export interface Sent {
  /** Lines above the message's own header. */
  readonly block?: readonly string[];
  /** Absent: not signed. Several: one above the other. */
  readonly sign?: readonly SignOptions[];
  readonly header?: readonly string[];
  readonly body?: string;
}

const HEADER = ['From: Ann <ann@sender.example>', 'To: bob@example.com', 'Subject: Plan', 'Date: today'];

export function written({ block = [], sign = [], header = HEADER, body = 'Hello\r\n' }: Sent): string {
  const signatures = sign.map((options) => signatureOf({ header, body, ...options }));
  return `${[...block, ...signatures, ...header].join('\r\n')}\r\n\r\n${body}`;
}

export type Gathered = Evidence & { readonly asked: readonly string[] };

export async function gathered(
  sent: Sent,
  options: Partial<EvidenceInput> & { readonly zone?: Zone } = {},
): Promise<Gathered> {
  const { zone = REJECT, ...input } = options;
  const { lookupDns, asked } = zoneDns(zone);
  const evidence = await gatherEvidence({
    message: parseMessage(Buffer.from(written(sent), 'latin1')),
    organization: AUTO,
    lookupDns,
    signal: new AbortController().signal,
    nowMs: NOW * 1000,
    ...input,
  });
  return { ...evidence, asked };
}
