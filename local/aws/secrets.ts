/**
 * The two services that handlers may read configuration from: SSM GetParameter and KMS GenerateMac/VerifyMac (AWS JSON
 * 1.1: `POST /` with the operation in X-Amz-Target). Values are literal tables of whoever starts the stand-in.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Answer, type Exchange, header, readBody } from './exchange.ts';
import { isJsonObject, type JsonObject, jsonAnswer, jsonError, parseJson } from './json.ts';

/** KMS: "The message to be hashed. Specify a message of up to 4,096 bytes", in Base64. */
const MAX_MAC_MESSAGE_BYTES = 4096;
const MAX_REQUEST_BYTES = 32 * 1024;

export interface Parameter {
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
}

export interface Secrets {
  /** By name, as `GetParameter` asks for it. */
  readonly parameters?: ReadonlyMap<string, Parameter>;
  /** Secret bytes of HMAC_256 keys, by key id, alias or ARN. */
  readonly macKeys?: ReadonlyMap<string, Uint8Array>;
}

interface Place {
  readonly region: string;
  readonly account: string;
}

function getParameter(secrets: Secrets, place: Place, request: JsonObject): Answer {
  const name = request['Name'];
  const parameter = typeof name === 'string' ? secrets.parameters?.get(name) : undefined;
  if (typeof name !== 'string' || parameter === undefined) return jsonError(400, 'ParameterNotFound', '');
  const { type, value } = parameter;
  const hidden = type === 'SecureString' && request['WithDecryption'] !== true;
  const path = name.startsWith('/') ? name : `/${name}`;
  return jsonAnswer(200, {
    Parameter: {
      Name: name,
      Type: type,
      // Undecrypted, the service gives the ciphertext: something, but not the value.
      Value: hidden ? Buffer.from('encrypted').toString('base64') : value,
      Version: 1,
      DataType: 'text',
      ARN: `arn:aws:ssm:${place.region}:${place.account}:parameter${path}`,
    },
  });
}

/** The MAC that was asked for, and with which key; or the error. */
function computeMac(secrets: Secrets, request: JsonObject): { keyId: string; mac: Buffer } | Answer {
  const keyId = request['KeyId'];
  const key = typeof keyId === 'string' ? secrets.macKeys?.get(keyId) : undefined;
  if (typeof keyId !== 'string' || key === undefined)
    return jsonError(400, 'NotFoundException', 'There is no such key.');
  if (request['MacAlgorithm'] !== 'HMAC_SHA_256')
    return jsonError(400, 'InvalidKeyUsageException', 'The key is of the kind HMAC_256.');
  const message = Buffer.from(String(request['Message'] ?? ''), 'base64');
  if (message.length === 0 || message.length > MAX_MAC_MESSAGE_BYTES)
    return jsonError(400, 'ValidationException', 'The message has 1 to 4096 bytes.');
  return { keyId, mac: createHmac('sha256', key).update(message).digest() };
}

function mac(secrets: Secrets, request: JsonObject, operation: 'GenerateMac' | 'VerifyMac'): Answer {
  const computed = computeMac(secrets, request);
  if ('status' in computed) return computed;
  const common = { KeyId: computed.keyId, MacAlgorithm: 'HMAC_SHA_256' };
  if (operation === 'GenerateMac')
    return jsonAnswer(200, { ...common, Mac: computed.mac.toString('base64') });
  const given = Buffer.from(String(request['Mac'] ?? ''), 'base64');
  if (given.length !== computed.mac.length || !timingSafeEqual(given, computed.mac))
    return jsonError(400, 'KMSInvalidMacException', '');
  return jsonAnswer(200, { ...common, MacValid: true });
}

/** Answers a request that names its operation in X-Amz-Target. */
export async function handleSecrets(secrets: Secrets, place: Place, exchange: Exchange): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  const request = body === 'too-large' ? undefined : parseJson(body.toString());
  if (!isJsonObject(request))
    return jsonError(400, 'SerializationException', 'The body is not a JSON object.');
  switch (header(exchange, 'x-amz-target')) {
    case 'AmazonSSM.GetParameter':
      return getParameter(secrets, place, request);
    case 'TrentService.GenerateMac':
      return mac(secrets, request, 'GenerateMac');
    case 'TrentService.VerifyMac':
      return mac(secrets, request, 'VerifyMac');
    default:
      return jsonError(400, 'UnknownOperationException', 'The stand-in does not implement this operation.');
  }
}
