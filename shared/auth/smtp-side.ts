/** What is known of the SMTP side of a message: who handed it in, for which envelope sender, and what SPF says about both. */
import type { Message } from '../mime/types.ts';
import type { Gateway } from '../policy/types-dmarc.ts';
import type { LookupDns } from './dns/types.ts';
import type { DkimEvidence, SpfEvidence } from './evidence-types.ts';
import { readSesClient, type SmtpClient } from './ses-client.ts';
import type { SesEvidence } from './types.ts';

export interface SmtpSide {
  /** The name of the gateway that the message came through. */
  readonly gateway: string | undefined;
  readonly client: SmtpClient | undefined;
  readonly spf: SpfEvidence | undefined;
  /** What the gateway found out about signatures. */
  readonly dkim: readonly DkimEvidence[];
  readonly nullSender: boolean;
}

export interface SmtpSideInput {
  readonly ses: SesEvidence;
  /** Whether SES's block is known to be its own. */
  readonly trusted: boolean;
  readonly gateways: readonly Gateway[];
  readonly lookupDns: LookupDns;
  readonly signal: AbortSignal;
}

/** Asks DNS only where SES's or a gateway's result is not there and the client's address is known all the same. */
export async function readSmtpSide(message: Message, input: SmtpSideInput): Promise<SmtpSide> {
  const { ses, trusted, gateways } = input;
  const found = readSesClient(message);
  const client = found?.client;
  const automatic = ses.state === 'present' && ses.automatic === true;
  const nullSender = automatic || client?.mailFrom === null;
  // Read only where the policy has gateways, and believed only under a block that is known to be SES's.
  if (found !== undefined && trusted && gateways.length > 0) {
    const { gatewayOf, readGateway } = await import('./gateway.ts');
    const gateway = gatewayOf(found, gateways);
    if (gateway !== undefined) {
      const { name, client: outer, spf, dkim } = readGateway(message, found, gateway);
      const checked = spf ?? (await ownSpf(outer, input));
      return { gateway: name, client: outer, spf: checked, dkim, nullSender };
    }
  }
  const own = { gateway: undefined, client, dkim: [], nullSender };
  if (ses.state === 'present') return { ...own, spf: sesSpf(ses, trusted) };
  // Unclear results of SES's: its own Received line and Return-Path still tell whom to check.
  return { ...own, spf: trusted ? await ownSpf(client, input) : undefined };
}

function sesSpf(ses: Extract<SesEvidence, { state: 'present' }>, proved: boolean): SpfEvidence | undefined {
  if (ses.spf === undefined) return undefined;
  return { result: ses.spf.result, domain: ses.spf.envelopeFromDomain, source: 'ses', proved };
}

async function ownSpf(
  client: SmtpClient | undefined,
  { lookupDns, signal }: SmtpSideInput,
): Promise<SpfEvidence | undefined> {
  if (client?.mailFrom === undefined) return undefined;
  const { address, helo = '', mailFrom } = client;
  const { checkHost } = await import('./spf/index.ts');
  const { result, domain } = await checkHost({
    address,
    mailFrom: mailFrom === null ? '' : `${mailFrom.local}@${mailFrom.domain}`,
    helo,
    lookupDns,
    signal,
  });
  return { result, domain, source: 'own', proved: true };
}
