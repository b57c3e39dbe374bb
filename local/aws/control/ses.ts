/**
 * Amazon SES v2: the identities of the account, and mail that is sent in their name. WorkMail's journaling depends on the
 * one of `ALIAS.awsapps.com`.
 */
import { type Answer, decodePathPiece, type Exchange, readBody } from '../exchange.ts';
import { isJsonObject, jsonAnswer, jsonError, parseJson } from '../json.ts';
import { type Account, MAX_ENTRIES } from './account.ts';
import { type ApiSender, handleSendEmail, OUTBOUND_EMAILS } from './ses-send.ts';

const IDENTITIES = '/v2/email/identities';
/** Newer clients POST here to list; older ones GET the path above. */
const LIST = '/v2/email/list-identities';
const MAX_REQUEST_BYTES = 16 * 1024;
/** RFC 1035 §2.3.4. */
const MAX_NAME_CHARS = 253;

function list(account: Account): Answer {
  const identities = account.state().identities.map((name) => ({
    IdentityType: 'DOMAIN',
    IdentityName: name,
    SendingEnabled: true,
    VerificationStatus: 'SUCCESS',
  }));
  return jsonAnswer(200, { EmailIdentities: identities });
}

async function create(account: Account, exchange: Exchange): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  const input = body === 'too-large' ? undefined : parseJson(body.toString());
  const name = isJsonObject(input) ? input['EmailIdentity'] : undefined;
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_CHARS)
    return jsonError(400, 'BadRequestException', 'EmailIdentity is missing.');
  const { identities } = account.state();
  if (identities.includes(name))
    return jsonError(400, 'AlreadyExistsException', `Email identity ${name} already exist.`);
  if (identities.length >= MAX_ENTRIES)
    return jsonError(400, 'LimitExceededException', 'There are too many identities.');
  account.change({ identities: [...identities, name] });
  return jsonAnswer(200, { IdentityType: 'DOMAIN', VerifiedForSendingStatus: true });
}

function one(account: Account, exchange: Exchange, name: string): Answer {
  const { identities } = account.state();
  if (!identities.includes(name))
    return jsonError(404, 'NotFoundException', `Email identity ${name} does not exist.`);
  if (exchange.method === 'DELETE') {
    account.change({ identities: identities.filter((identity) => identity !== name) });
    return jsonAnswer(200, {});
  }
  return jsonAnswer(200, {
    IdentityType: 'DOMAIN',
    VerifiedForSendingStatus: true,
    VerificationStatus: 'SUCCESS',
  });
}

/** `send` takes mail over, where there is anything behind the account. */
export async function handleSes(
  account: Account,
  send: ApiSender | undefined,
  exchange: Exchange,
): Promise<Answer> {
  const { method, rawPath } = exchange;
  if (rawPath === OUTBOUND_EMAILS && method === 'POST' && send !== undefined)
    return handleSendEmail(account, send, exchange);
  if ((rawPath === IDENTITIES && method === 'GET') || (rawPath === LIST && method === 'POST'))
    return list(account);
  if (rawPath === IDENTITIES && method === 'POST') return create(account, exchange);
  const name = rawPath.startsWith(`${IDENTITIES}/`)
    ? decodePathPiece(rawPath.slice(IDENTITIES.length + 1))
    : undefined;
  if (name === undefined || (method !== 'GET' && method !== 'DELETE'))
    return jsonError(
      404,
      'UnknownOperationException',
      'The stand-in has the identities of SES, and SendEmail for raw messages.',
    );
  return one(account, exchange, name);
}
