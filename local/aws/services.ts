/**
 * From a request to the service that answers it, and what stands in between: the faults that were asked for, and the
 * rights of the function that calls.
 */
import { createFaults, type Faults } from '../faults/faults.ts';
import { type Played, play } from '../faults/play.ts';
import type { InTransit, MessageInTransit } from '../types.ts';
import { type Call, readCall } from './call.ts';
import { type Control, controlScope } from './control/control.ts';
import { MAX_SEND_REQUEST_BYTES, namedSender, OUTBOUND_EMAILS } from './control/ses-send.ts';
import { type Answer, type Exchange, readBody } from './exchange.ts';
import { accessDenied, serverError, throttled } from './failures.ts';
import { isJsonObject, jsonError, parseJson } from './json.ts';
import { type CallableFunctions, handleInvoke, INVOKE_PATH } from './lambda-api.ts';
import { handleMessageFlow, type MessageFlowGround } from './message-flow.ts';
import { callerOf, type Place, type Rights, refusalOf } from './permissions.ts';
import { s3Error } from './s3/errors.ts';
import type { Ground } from './s3/ground.ts';
import { handleS3 } from './s3/service.ts';
import { handleSecrets, type Secrets } from './secrets.ts';

/** The organization of whoever starts the endpoints alone. */
const SAMPLE_ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
/** What SSM and KMS are asked is a few kilobytes; it is read here, to know which parameter or key it is about. */
const MAX_SECRET_REQUEST_BYTES = 32 * 1024;

export interface ServiceOptions {
  readonly inTransit: InTransit;
  readonly region: string;
  readonly account: string;
  /** The organization's id; the sample's by default. */
  readonly organization?: string;
  readonly secrets?: Secrets;
  readonly functions?: CallableFunctions;
  /** The account's other services, where one is played. */
  readonly control?: Control;
  /** What the functions may do; without it, whoever calls may do all. */
  readonly rights?: Rights;
  readonly faults?: Faults;
  /** At once by default. */
  readonly putReads?: MessageFlowGround['putReads'];
  /** Those of our choice by default. */
  readonly immutableHeaders?: MessageFlowGround['immutableHeaders'];
}

export interface Services {
  /** Rejects when a service does: a failure of the stand-in itself. */
  handle(exchange: Exchange): Promise<Played<Answer>>;
}

interface Deps {
  readonly options: ServiceOptions;
  readonly place: Place;
  readonly ground: Ground;
}

/** As whom mail is sent. A message that is given whole takes a right of its own. */
function sending(call: Call, request: unknown): Call {
  const from = namedSender(request);
  const context = { 'ses:FromAddress': from };
  return { ...call, operation: 'SendEmail', action: 'ses:SendRawEmail', target: from, context };
}

/** What SSM, KMS and SES's SendEmail are about stands in the body, which can be read once: it is put back. */
async function withTarget(call: Call, exchange: Exchange): Promise<{ call: Call; exchange: Exchange }> {
  const isSending = call.service === 'ses' && exchange.rawPath === OUTBOUND_EMAILS;
  if (call.service !== 'ssm' && call.service !== 'kms' && !isSending) return { call, exchange };
  const read = await readBody(exchange.body, isSending ? MAX_SEND_REQUEST_BYTES : MAX_SECRET_REQUEST_BYTES);
  const body = read === 'too-large' ? Buffer.alloc(0) : read;
  const request = parseJson(body.toString());
  const name = isJsonObject(request) ? (request['Name'] ?? request['KeyId']) : undefined;
  async function* again(): AsyncGenerator<Uint8Array> {
    yield body;
  }
  const about = { ...call, target: typeof name === 'string' ? name : '' };
  return {
    call: isSending ? sending(call, request) : about,
    exchange: { ...exchange, body: again() },
  };
}

/** By ARN or by name, as Invoke takes it. */
function withFunctionName(call: Call): Call {
  if (call.operation !== 'Invoke' || !call.target.includes(':function:')) return call;
  return { ...call, target: call.target.split(':')[6] ?? call.target };
}

async function route(
  deps: Deps,
  call: Call,
  exchange: Exchange,
  message: MessageInTransit | undefined,
): Promise<Answer> {
  const { options, place, ground } = deps;
  const { control, functions, inTransit, putReads = 'at-put', immutableHeaders = 'chosen' } = options;
  const scope = control === undefined ? undefined : controlScope(exchange);
  if (control !== undefined && scope !== undefined) return control.handle(scope, exchange);
  switch (call.service) {
    case 'workmailmessageflow':
      return exchange.rawPath.startsWith('/messages/')
        ? handleMessageFlow({ ground, place, inTransit, putReads, immutableHeaders }, exchange, message)
        : jsonError(404, 'UnknownOperationException', 'The API has /messages/ID only.');
    case 'ssm':
    case 'kms':
      return handleSecrets(options.secrets ?? {}, place, exchange);
    case 'lambda':
      return functions !== undefined && INVOKE_PATH.test(exchange.rawPath)
        ? handleInvoke(functions, exchange)
        : jsonError(404, 'ResourceNotFoundException', 'No function is offered here.');
    case 's3':
      return handleS3(ground, exchange);
    default:
      return jsonError(404, 'UnknownOperationException', 'This service is not offered here.');
  }
}

/**
 * Amazon S3 API Reference, GetObject and HeadObject: who may not list the bucket gets 403 for a key that is not there,
 * so that nobody learns which are.
 */
function hidesMissing(deps: Deps, call: Call, exchange: Exchange, answer: Answer, caller: string): boolean {
  if (answer.status !== 404 || !/^s3:GetObject(Version)?$/.test(call.action)) return false;
  const bucket = call.target.split('/', 1)[0] ?? '';
  const documents = deps.options.rights?.get(caller);
  if (documents === undefined || !deps.ground.buckets.has(bucket)) return false;
  const list = { ...call, action: 's3:ListBucket', target: bucket };
  return refusalOf({ ...deps, call: list, exchange }, caller, documents) !== undefined;
}

async function serve(
  deps: Deps,
  call: Call,
  exchange: Exchange,
  caller: string | undefined,
): Promise<Answer> {
  const { options, place, ground } = deps;
  const message =
    call.service === 'workmailmessageflow' ? await options.inTransit.describe?.(call.target) : undefined;
  const documents = caller === undefined ? undefined : options.rights?.get(caller);
  if (caller === undefined || documents === undefined) return route(deps, call, exchange, message);
  const refused = refusalOf(
    { ground, place, call, exchange, direction: message?.direction },
    caller,
    documents,
  );
  if (refused !== undefined) return refused;
  const answer = await route(deps, call, exchange, message);
  return hidesMissing(deps, call, exchange, answer, caller)
    ? s3Error('AccessDenied', { message: 'Access Denied' })
    : answer;
}

/** An answer that nobody gets must not keep its file open. */
async function discard({ body }: Answer): Promise<void> {
  if (body !== undefined && typeof body === 'object' && 'handle' in body) await body.handle.close();
}

/** The services on top of the buckets. */
export function createServices(options: ServiceOptions, ground: Ground): Services {
  const { region, account, organization = SAMPLE_ORGANIZATION, faults = createFaults([]) } = options;
  const deps: Deps = { options, place: { region, account, organization }, ground };
  const names = new Set([...(options.rights?.keys() ?? []), ...(options.functions?.names ?? [])]);
  return {
    async handle(received) {
      const { call: read, exchange } = await withTarget(readCall(received), received);
      const call = withFunctionName(read);
      const caller = callerOf(call, names);
      const failures = {
        denied: () => accessDenied(call, `Not authorized to perform: ${call.action}`),
        throttled: () => throttled(call),
        broken: () => serverError(call),
        discard,
      };
      return play(faults.strike({ ...call, caller }), failures, () => serve(deps, call, exchange, caller));
    },
  };
}
