/**
 * Who handed the message to SES, by the fields that SES wrote: `client-ip` in Received-SPF, or, where a sender made that
 * field unclear, SES's own Received line. Both hold names that the sender chose, so neither is read that could be read in
 * two ways. Whether SES wrote the block at all is for the caller to know (`OrganizationPolicy.trustSesHeaders`).
 */
import { rawHeaderText } from '../mime/header-text.ts';
import type { HeaderField, Message } from '../mime/types.ts';
import { splitSegments } from './authentication-results/segments.ts';
import { findSesBlock } from './authentication-results/ses-block.ts';
import { readSpfClause } from './authentication-results/spf-clause.ts';
import { asciiDomain } from './domain.ts';
import { parseIpAddress } from './spf/address.ts';
import { collapseSpace } from './text.ts';

export interface SmtpClient {
  /** In text form, as written. */
  readonly address: string;
  /** Lower-case A-labels; undefined for an address literal or something that is no name. */
  readonly helo: string | undefined;
  /** Of MAIL FROM; `null` for the null sender; undefined where the fields do not tell. */
  readonly mailFrom: { readonly local: string; readonly domain: string } | null | undefined;
}

/** Where SES's block ends in the root header's fields, and what it says about its client. */
export interface SesClient {
  /** The place of the first field that is not SES's. */
  readonly below: number;
  readonly client: SmtpClient | undefined;
}

/** Against a Received line of megabytes. */
const MAX_FIELD_BYTES = 32_768;
/** SES names its own host behind everything that the client says of itself. */
const BY_SES = / by inbound-smtp\.[a-z]{2}(?:-[a-z]{1,16}){1,3}-\d{1,2}\.amazonaws\.com with /g;
/** RFC 5321 §4.4; an IPv6 address may stand behind its tag (§4.1.3). */
const CLIENT = /^from ([^\s()]{1,255}) \((?:[^()[\]]{0,255} )?\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]\)$/;
const PATH = /^<(?:([^<>@]+)@([^<>@\s]+))?>$/;

/** Undefined where there is no block of SES. Never throws. */
export function readSesClient(message: Message): SesClient | undefined {
  const block = findSesBlock(message);
  if (block.state === 'absent') return undefined;
  const { fields } = message.root.header;
  const receipt = fields.findIndex(({ lowerName }) => lowerName === 'x-ses-receipt');
  const below = fields[receipt + 1]?.lowerName === 'x-ses-dkim-signature' ? receipt + 2 : receipt + 1;
  const received = fields.find(({ lowerName }) => lowerName === 'received');
  const path = fields.slice(0, receipt).find(({ lowerName }) => lowerName === 'return-path');
  const named = received === undefined ? undefined : clientOf(message, received);
  const client = agreed(named, clauseAddress(block.receivedSpf));
  if (client === undefined) return { below, client };
  return { below, client: { ...client, mailFrom: path === undefined ? undefined : readPath(message, path) } };
}

type Named = Omit<SmtpClient, 'mailFrom'>;

/** Two addresses for one client are none; one place that cannot be read leaves the other. */
function agreed(received: Named | undefined, clause: string | undefined): Named | undefined {
  if (clause === undefined || received === undefined)
    return received ?? (clause === undefined ? undefined : { address: clause, helo: undefined });
  return octets(received.address) === octets(clause) ? received : undefined;
}

function octets(address: string): string | undefined {
  return parseIpAddress(address)?.octets.join('.');
}

/** `from HELO (NAME [ADDRESS]) by …`, read from the front up to the one place where SES names itself. */
function clientOf(message: Message, received: HeaderField): Named | undefined {
  const text = fieldText(message, received);
  const places = [...text.matchAll(BY_SES)];
  const end = places[0]?.index;
  return places.length === 1 && end !== undefined ? receivedFrom(text.slice(0, end)) : undefined;
}

/** What stands before `by` in a Received field: `from HELO (NAME [ADDRESS])`. Undefined for anything else. */
export function receivedFrom(text: string): Named | undefined {
  const [, helo, address] = CLIENT.exec(text) ?? [];
  if (helo === undefined || address === undefined || parseIpAddress(address) === undefined) return undefined;
  return { address, helo: asciiDomain(helo) };
}

function clauseAddress(receivedSpf: string): string | undefined {
  const clause = receivedSpf.endsWith(';') ? receivedSpf.slice(0, -1).trimEnd() : receivedSpf;
  if (!readSpfClause(clause).ok) return undefined;
  const split = splitSegments(clause);
  const address = split.ok ? split.segments[0]?.split('client-ip=')[1] : undefined;
  return address === undefined || parseIpAddress(address) === undefined ? undefined : address;
}

/** A Return-Path field (RFC 5321 §4.4): `<ADDRESS>` or `<>`. */
function readPath(message: Message, field: HeaderField): SmtpClient['mailFrom'] {
  const match = PATH.exec(fieldText(message, field));
  if (match === null) return undefined;
  const [, local, host] = match;
  if (local === undefined || host === undefined) return null;
  const domain = asciiDomain(host);
  return domain === undefined ? undefined : { local, domain };
}

/** Empty for a field that is too long to be read. */
export function fieldText(message: Message, field: HeaderField): string {
  const { start, end } = field.value;
  return end - start > MAX_FIELD_BYTES ? '' : collapseSpace(rawHeaderText(message, field));
}
