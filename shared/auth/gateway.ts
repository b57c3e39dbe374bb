/**
 * Mail through a relay of the organization's own that stands before SES. SES then sees the relay's address, so its SPF and
 * DMARC results speak of the relay and not of the sender. What the relay itself wrote is believed instead, where SES's
 * block proves that the relay handed the message in:
 *
 *     Received: from … by inbound-smtp.REGION.amazonaws.com …     (SES's block)
 *     Authentication-Results: gateway.example.com; …              (the relay's, above or below its Received)
 *     Received: from CLIENT (NAME [ADDRESS]) by gateway.example.com …
 *     Received: …                                                 (from here on anybody's)
 *
 * RFC 8601 §5: the relay has to remove fields from outside that bear its name. One hop is read, not a chain of them.
 */

import type { HeaderField, Message } from '../mime/types.ts';
import type { Gateway } from '../policy/types-dmarc.ts';
import { parseAuthenticationResults } from './authentication-results/parse.ts';
import { isDkimResult, isSpfResult } from './authentication-results/results.ts';
import { asciiDomain } from './domain.ts';
import type { AuthenticationResults, DkimEvidence, MethodResult, SpfEvidence } from './evidence-types.ts';
import { fieldText, receivedFrom, type SesClient, type SmtpClient } from './ses-client.ts';
import { type IpAddress, parseIpAddress, samePrefix, withoutMapping } from './spf/address.ts';

/** Against a search through a header of thousands of fields: between SES's block and the relay's Received stand a few. */
const MAX_FIELDS = 32;
/** Against a relay's field with hundreds of signatures. */
const MAX_DKIM_RESULTS = 16;
const BY = / by /g;
/** RFC 1918 §3, RFC 6598 §7, RFC 3927 §2.1, RFC 4193 §3.1, RFC 4291 §2.5.3 and §2.5.6, and this machine. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

export interface GatewayEvidence {
  readonly name: string;
  /** The relay's own client, for a check_host of ours; undefined where its Received line does not tell. */
  readonly client: SmtpClient | undefined;
  /** What the relay says it found; undefined where it says nothing that is to be believed. */
  readonly spf: SpfEvidence | undefined;
  readonly dkim: readonly DkimEvidence[];
}

/** The gateway whose networks hold the client that SES saw. */
export function gatewayOf(ses: SesClient, gateways: readonly Gateway[]): Gateway | undefined {
  const found = ses.client === undefined ? undefined : parseIpAddress(ses.client.address);
  if (found === undefined) return undefined;
  const address = withoutMapping(found);
  return gateways.find(({ networks }) => isWithinOne(address, networks));
}

function isWithinOne(address: IpAddress, networks: readonly string[]): boolean {
  return networks.some((network) => {
    const [host = '', bits = ''] = network.split('/');
    const base = parseIpAddress(host);
    return base !== undefined && samePrefix(address, base, Number(bits));
  });
}

/** Whether an address is one of the relay's own networks, or one that nobody on the Internet has. */
function isInside(text: string, { networks }: Gateway): boolean {
  const found = parseIpAddress(text);
  return found !== undefined && isWithinOne(withoutMapping(found), [...networks, ...PRIVATE]);
}

/** What the relay tells about a message for which `gatewayOf` found it. Never throws. */
export function readGateway(message: Message, ses: SesClient, gateway: Gateway): GatewayEvidence {
  const zone = gatewayFields(message, ses.below);
  const results = resultsOf(message, zone, gateway.authservId);
  const received = zone.find(({ lowerName }) => lowerName === 'received');
  const found = received === undefined ? undefined : clientOf(message, received);
  // From inside it came over another relay of one's own: SPF says nothing about that.
  const from = found !== undefined && isInside(found.address, gateway) ? undefined : found;
  return {
    name: gateway.name,
    // The relay passes MAIL FROM on as it got it.
    client: from === undefined ? undefined : { ...from, mailFrom: ses.client?.mailFrom },
    spf: results === undefined ? undefined : spfOf(results),
    dkim: results === undefined ? [] : dkimOf(results),
  };
}

/** From below SES's block to the second Received, which the relay cannot have written. */
function gatewayFields(message: Message, below: number): readonly HeaderField[] {
  const fields = message.root.header.fields.slice(below, below + MAX_FIELDS);
  const received = fields.flatMap(({ lowerName }, index) => (lowerName === 'received' ? [index] : []));
  return received[0] === undefined ? [] : fields.slice(0, received[1]);
}

/** The topmost field under the relay's name, compared as it is spelled (RFC 8601 §5). */
function resultsOf(
  message: Message,
  zone: readonly HeaderField[],
  authservId: string | undefined,
): AuthenticationResults | undefined {
  if (authservId === undefined) return undefined;
  for (const field of zone) {
    if (field.lowerName !== 'authentication-results') continue;
    const parsed = parseAuthenticationResults(fieldText(message, field));
    // One that cannot be read may be the relay's own: then nothing below it is asked instead.
    if (!parsed.ok) return undefined;
    if (parsed.value.authservId === authservId) return parsed.value;
  }
  return undefined;
}

function clientOf(message: Message, received: HeaderField): Omit<SmtpClient, 'mailFrom'> | undefined {
  const text = fieldText(message, received);
  // What the client said of itself stands before `by`; a second one could be its word.
  const places = [...text.matchAll(BY)];
  const end = places[0]?.index;
  return places.length === 1 && end !== undefined ? receivedFrom(text.slice(0, end)) : undefined;
}

function property({ properties }: MethodResult, type: string, name: string): string | undefined {
  const found = properties.filter((each) => each.type === type && each.name === name);
  return found.length === 1 ? found[0]?.value : undefined;
}

/** RFC 8601 §2.7.2: the one result for MAIL FROM, an address or a domain. Two of them say nothing. */
function spfOf({ results }: AuthenticationResults): SpfEvidence | undefined {
  const found = results.filter(({ method }) => method === 'spf');
  const only = found.length === 1 ? found[0] : undefined;
  if (only === undefined || !isSpfResult(only.result)) return undefined;
  const identity = property(only, 'smtp', 'mailfrom');
  const domain =
    identity === undefined ? undefined : asciiDomain(identity.slice(identity.lastIndexOf('@') + 1));
  return { result: only.result, domain, source: 'gateway', proved: true };
}

/** RFC 8601 §2.7.1: one for each signature. */
function dkimOf({ results }: AuthenticationResults): readonly DkimEvidence[] {
  return results
    .filter(({ method }) => method === 'dkim')
    .slice(0, MAX_DKIM_RESULTS)
    .flatMap((each) => {
      const domain = asciiDomain(property(each, 'header', 'd') ?? '');
      if (domain === undefined || !isDkimResult(each.result) || each.result === 'none') return [];
      return [gatewayDkim(each.result as DkimEvidence['result'], domain, each)];
    });
}

function gatewayDkim(result: DkimEvidence['result'], domain: string, found: MethodResult): DkimEvidence {
  return {
    result,
    reason: 'gateway',
    domain,
    selector: property(found, 'header', 's'),
    identityDomain: domain,
    algorithm: undefined,
    partialBody: false,
    testing: false,
    signedFields: [],
  };
}
