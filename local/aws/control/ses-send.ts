/**
 * SES v2 SendEmail for a whole message (`Content.Raw`). SES sends for verified identities alone: the sender that is named,
 * and the one in From, are of one, be it the address or its domain. It takes no attachment of certain types.
 */
import { authorDomain } from '../../../shared/auth/index.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { refusedAttachment } from '../../../shared/mime/refused-attachment.ts';
import { domainOf } from '../../../shared/policy/pattern.ts';
import { type Answer, type Exchange, readBody } from '../exchange.ts';
import { isJsonObject, jsonAnswer, jsonError, parseJson } from '../json.ts';
import type { Account } from './account.ts';

export const OUTBOUND_EMAILS = '/v2/email/outbound-emails';
/** SES takes 40 MB, counted as it is sent: in base64 within JSON. */
export const MAX_SEND_REQUEST_BYTES = 40 * 1024 * 1024 + 64 * 1024;
/** SES: recipients of one message. */
const MAX_RECIPIENTS = 50;

/** A message on its way into the world, or back to the organization. */
export interface ApiMail {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly bytes: Uint8Array;
}

/** Takes a message over; gives SES's id of it. */
export type ApiSender = (mail: ApiMail) => Promise<string>;

export async function handleSendEmail(
  account: Account,
  send: ApiSender,
  exchange: Exchange,
): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_SEND_REQUEST_BYTES);
  const input = body === 'too-large' ? undefined : parseJson(body.toString());
  const mail = readMail(input);
  if (mail === undefined)
    return jsonError(400, 'BadRequestException', 'A raw message with its recipients is expected.');
  const { identities } = account.state();
  const unverified = sendersOf(mail).find(
    (address) => !identities.includes(address) && !identities.includes(domainOf(address)),
  );
  if (unverified !== undefined) {
    const region = account.organization.region.toUpperCase();
    const text = `Email address is not verified. The following identities failed the check in region ${region}: ${unverified}`;
    return jsonError(400, 'MessageRejected', text);
  }
  const illegal = refusedAttachment(parseMessage(mail.bytes));
  if (illegal !== undefined) return jsonError(400, 'BadRequestException', illegal);
  return jsonAnswer(200, { MessageId: await send(mail) });
}

/** The sender that a request names; empty where it names none. */
export function namedSender(input: unknown): string {
  const from = isJsonObject(input) ? input['FromEmailAddress'] : undefined;
  return typeof from === 'string' ? from.toLowerCase() : '';
}

function readMail(input: unknown): ApiMail | undefined {
  if (!isJsonObject(input)) return undefined;
  const { Content, Destination } = input;
  const raw = isJsonObject(Content) && isJsonObject(Content['Raw']) ? Content['Raw']['Data'] : undefined;
  const recipients = isJsonObject(Destination)
    ? ['ToAddresses', 'CcAddresses', 'BccAddresses'].flatMap((name) => listOf(Destination[name]))
    : [];
  if (typeof raw !== 'string' || recipients.length === 0 || recipients.length > MAX_RECIPIENTS)
    return undefined;
  return { from: namedSender(input), recipients, bytes: Buffer.from(raw, 'base64') };
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Whom the message claims to be from, once each. */
function sendersOf({ from, bytes }: ApiMail): readonly string[] {
  const author = authorDomain(parseMessage(bytes));
  const shown = author.kind === 'one' ? author.address.toLowerCase() : '';
  return [...new Set([from === '' ? shown : from, shown])];
}
