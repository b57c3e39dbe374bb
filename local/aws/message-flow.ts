/**
 * The Amazon WorkMail Message Flow API (version 2019-05-01, REST-JSON 1): `GET /messages/ID` gives the message that is
 * in transit, `POST /messages/ID` replaces its content by an object in S3, which WorkMail reads with rights of its own.
 */
import { readFile } from 'node:fs/promises';
import type { InTransit, MessageInTransit, PutOutcome } from '../types.ts';
import { type Answer, decodePathPiece, type Exchange, readBody } from './exchange.ts';
import { isJsonObject, jsonAnswer, jsonError, parseJson } from './json.ts';
import { type Place, unreadableForWorkMail } from './permissions.ts';
import { rejectionOf } from './raw-message.ts';
import type { Ground } from './s3/ground.ts';
import { findObject } from './s3/store.ts';
import { isMissing } from './s3/version.ts';

/** The request names one object: a few hundred bytes. */
const MAX_REQUEST_BYTES = 16 * 1024;

/** The constraints of the service's model; a key may hold no dot and no underscore. */
const MESSAGE_ID = /^[a-z0-9-]{1,120}$/;
const BUCKET = /^[a-z0-9][a-z0-9-]{2,62}$/;
const KEY = /^[a-zA-Z0-9/-]{1,1024}$/;
const MAX_VERSION_CHARS = 1024;

interface Location {
  readonly bucket: string;
  readonly key: string;
  readonly version: string | undefined;
}

/** The S3 reference in a request, or which member breaks which constraint. */
function readLocation(body: unknown): Location | string {
  const content = isJsonObject(body) ? body['content'] : undefined;
  const reference = isJsonObject(content) ? content['s3Reference'] : undefined;
  if (!isJsonObject(reference))
    return "Value at 'content.s3Reference' failed to satisfy constraint: not null";
  const { bucket, key, objectVersion } = reference;
  const wrong = (member: string, pattern: string): string =>
    `Value at 'content.s3Reference.${member}' failed to satisfy constraint: Member must satisfy ${pattern}`;
  if (typeof bucket !== 'string' || !BUCKET.test(bucket))
    return wrong('bucket', '^[a-z0-9][a-z0-9\\-]*$, 3 to 63 characters');
  if (typeof key !== 'string' || !KEY.test(key))
    return wrong('key', '^[a-zA-Z0-9\\-/]*$, 1 to 1024 characters');
  if (objectVersion === undefined || objectVersion === null) return { bucket, key, version: undefined };
  if (typeof objectVersion !== 'string' || objectVersion === '' || objectVersion.length > MAX_VERSION_CHARS)
    return wrong('objectVersion', '^.+$, 1 to 1024 characters');
  return { bucket, key, version: objectVersion };
}

async function readObject(ground: Ground, location: Location): Promise<Uint8Array | undefined> {
  const found = findObject(ground, location.bucket, location.key, location.version);
  if (found.kind !== 'found') return undefined;
  try {
    return await readFile(found.path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What the API stands on. */
export interface MessageFlowGround {
  readonly ground: Ground;
  readonly place: Place;
  readonly inTransit: InTransit;
  /** Not said by AWS: whether WorkMail copies the object at once, or reads it when the message leaves. */
  readonly putReads: 'at-put' | 'late';
  /** Not said by AWS: which headers may not be changed. `chosen` are those of shared/mime/field-rules.ts. */
  readonly immutableHeaders: 'chosen' | 'none';
}

function unknownMessage(): Answer {
  return jsonError(404, 'ResourceNotFoundException', 'Unknown messageId');
}

function invalidLocation(why: string): Answer {
  return jsonError(
    400,
    'InvalidContentLocation',
    `WorkMail could not access the updated email content: ${why}.`,
  );
}

function putAnswer(outcome: PutOutcome): Answer {
  switch (outcome) {
    case 'stored':
      return jsonAnswer(200, {});
    case 'not-found':
      return unknownMessage();
    case 'frozen':
      return jsonError(
        400,
        'MessageFrozen',
        'The message was redirected or has left: its content cannot be updated.',
      );
  }
}

async function replace(
  api: MessageFlowGround,
  location: Location,
  id: string,
  message: MessageInTransit | undefined,
): Promise<Answer> {
  const { ground, place, inTransit } = api;
  const unreadable = unreadableForWorkMail(ground, place, location, { id, direction: message?.direction });
  if (unreadable !== undefined) return invalidLocation(unreadable);
  const bytes = await readObject(ground, location);
  if (bytes === undefined) return invalidLocation('no such object, or no such version');
  const original = api.immutableHeaders === 'chosen' ? await message?.original() : undefined;
  const rejection = rejectionOf(bytes, original);
  if (rejection !== undefined) return jsonError(400, 'MessageRejected', rejection);
  return putAnswer(
    api.putReads === 'late' && inTransit.putLate !== undefined
      ? await inTransit.putLate(id, () => readObject(ground, location))
      : await inTransit.put(id, bytes),
  );
}

async function put(
  api: MessageFlowGround,
  exchange: Exchange,
  id: string,
  message: MessageInTransit | undefined,
): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_REQUEST_BYTES);
  const location =
    body === 'too-large' ? 'The request is too large.' : readLocation(parseJson(body.toString()));
  return typeof location === 'string'
    ? jsonError(400, 'ValidationException', location)
    : replace(api, location, id, message);
}

/**
 * Answers `/messages/ID`. Rejects when the flow or the disk does.
 * @param message as `describe` of the messages in transit gave it.
 */
export async function handleMessageFlow(
  api: MessageFlowGround,
  exchange: Exchange,
  message: MessageInTransit | undefined,
): Promise<Answer> {
  const id = decodePathPiece(exchange.rawPath.slice('/messages/'.length));
  if (id === undefined || !MESSAGE_ID.test(id))
    return jsonError(
      400,
      'ValidationException',
      "Value at 'messageId' failed to satisfy constraint: Member must satisfy ^[a-z0-9\\-]*$, 1 to 120 characters",
    );
  if (exchange.method === 'POST') return put(api, exchange, id, message);
  if (exchange.method !== 'GET')
    return jsonError(405, 'MethodNotAllowed', 'Only GET and POST are known here.');
  const bytes = await api.inTransit.get(id);
  if (bytes === undefined) return unknownMessage();
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes };
}
