/**
 * The AWS services that the handlers call, on a loopback port, behind the real SDK clients. Each operation can be made
 * to fail in each of the ways that a network service fails.
 */
import type { ServerResponse } from 'node:http';
import { createContacts } from '../../../handlers/edge/contacts.ts';
import { createDirectory } from '../../../handlers/edge/directory.ts';
import { createMarkKey } from '../../../handlers/edge/mark-key.ts';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { createParameterStore } from '../../../handlers/edge/parameters.ts';
import {
  createPolicyCopy,
  createPolicySource,
  type PolicyTimes,
} from '../../../handlers/edge/policy-source.ts';
import type { Ports } from '../../../handlers/edge/ports.ts';
import { createResourceReader } from '../../../handlers/edge/resource.ts';
import type { LogRecord } from '../../../shared/log.ts';
import { createMessageFlow } from '../../../shared/workmail/message-flow.ts';
import {
  clientConfig,
  restJsonError,
  type SeenRequest,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';
import { FULL } from './policies.ts';
import { MESSAGE_ID } from './world.ts';

export type Operation =
  | 'GetRawMessageContent'
  | 'PutRawMessageContent'
  | 'HeadObject journal event'
  | 'PutObject journal raw'
  | 'PutObject journal event'
  | 'PutObject rewritten'
  | 'DeleteObject rewritten'
  | 'GetObject policy'
  | 'GetObject calendar'
  | 'GetObject copy'
  | 'PutObject copy'
  | 'GetParameter'
  | 'GenerateMac';

export type Fault =
  | 'denied'
  | 'throttled'
  | 'failing'
  | 'cut'
  /** The effect takes place, and nobody hears of it. */
  | 'cut-after'
  | 'hang'
  /** InvalidContentLocation, as for a bucket in another region. */
  | 'wrong-place';

export interface Cloud {
  readonly ports: Ports;
  readonly messages: Map<string, Buffer>;
  readonly objects: Map<string, Buffer>;
  readonly logs: LogRecord[];
  readonly faults: Map<Operation, Fault>;
  /** What was asked, in order, tries included. */
  readonly asked: readonly Operation[];
  /** A process of its own in the same world, as after a cold start. */
  restart(): Ports;
  close(): Promise<void>;
}

interface Stores {
  readonly messages: Map<string, Buffer>;
  readonly objects: Map<string, Buffer>;
}

interface Reply {
  readonly status: number;
  readonly body: Buffer | string;
}

export interface CloudOptions {
  readonly message: Uint8Array;
  readonly policy?: string;
  readonly kms?: boolean;
  readonly txt?: Readonly<Record<string, readonly string[]>>;
  /** Instead of short ones. */
  readonly policyTimes?: PolicyTimes;
}

/** Short, so that what hangs does not hold up the tests. */
const POLICY_TIMES = { readMs: 700, copyAfterMs: 150, copyMs: 500 };
const THROTTLED: Readonly<Record<Service, readonly [status: number, code: string]>> = {
  s3: [503, 'SlowDown'],
  flow: [429, 'TooManyRequestsException'],
  ssm: [400, 'ThrottlingException'],
  kms: [400, 'ThrottlingException'],
};

export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const messages = new Map([[MESSAGE_ID, Buffer.from(options.message)]]);
  const objects = new Map([['config/policy.yaml', Buffer.from(options.policy ?? FULL)]]) as Map<
    string,
    Buffer
  >;
  const faults = new Map<Operation, Fault>();
  const asked: Operation[] = [];
  const logs: LogRecord[] = [];
  const server = await startLoopback((request, response) => {
    const operation = operationOf(request);
    asked.push(operation);
    const fault = faults.get(operation);
    if (fault === 'hang') return;
    const reply =
      fault === undefined || fault === 'cut-after'
        ? perform(operation, request, { messages, objects })
        : undefined;
    if (fault === 'cut' || fault === 'cut-after') response.destroy();
    else if (fault !== undefined) refuse(serviceOf(operation), fault, response);
    else if (reply === undefined) {
      refuse(serviceOf(operation), operation === 'PutRawMessageContent' ? 'wrong-place' : 'denied', response);
    } else response.writeHead(reply.status, { 'x-amz-version-id': 'v1' }).end(reply.body);
  });
  const client = clientConfig(server);
  const restart = (): Ports => portsOf(client, options, logs);
  return { ports: restart(), messages, objects, logs, faults, asked, restart, close: () => server.close() };
}

function portsOf(client: ReturnType<typeof clientConfig>, options: CloudOptions, logs: LogRecord[]): Ports {
  const log = (record: LogRecord) => logs.push(record);
  const now = Date.now;
  const objectStore = createObjectStore({ pathStyle: true, client });
  const resources = createResourceReader({
    objectStore,
    parameters: createParameterStore(client),
    folder: '/',
  });
  const uri = 's3://config/policy.yaml';
  const copy = createPolicyCopy({ uri, objectStore, bucket: 'rewrite', log, now });
  const policy = createPolicySource({
    uri,
    resources,
    copy,
    log,
    now,
    times: options.policyTimes ?? POLICY_TIMES,
  });
  const organizationId = 'm-0123456789abcdef0123456789abcdef';
  const keyUri = options.kms === true ? 'kms://alias/mark' : 'ssm:///mailroom/mark-key';
  return {
    messageFlow: createMessageFlow({ client }),
    objectStore,
    resources,
    async lookupDns(name, type) {
      const records = type === 'TXT' ? options.txt?.[name] : undefined;
      return records === undefined ? { kind: 'nxdomain' } : { kind: 'records', records };
    },
    async lookupTxt(name) {
      const records = options.txt?.[name];
      return records === undefined ? { kind: 'nxdomain' } : { kind: 'records', records };
    },
    sendMail: () => Promise.reject(new Error('no mail is sent here')),
    loadPolicy: policy.load,
    policySaved: policy.saved,
    markKey: createMarkKey({ uri: keyUri, resources, kms: client }),
    arcKey: undefined,
    organizationId,
    rewriteBucket: 'rewrite',
    journalBucket: 'journal',
    keepBucket: 'keep',
    directory: createDirectory({ organizationId, now, client }),
    contacts: createContacts({ objectStore, organizationId, bucket: 'keep' }),
    deleteAfterPut: true,
    log,
    now,
  };
}

function keyOf(request: SeenRequest): string {
  return request.path.replace(/\?.*$/, '').slice(1);
}

function operationOf(request: SeenRequest): Operation {
  const target = String(request.headers['x-amz-target'] ?? '');
  if (target.endsWith('GetParameter')) return 'GetParameter';
  if (target.endsWith('GenerateMac')) return 'GenerateMac';
  const key = keyOf(request);
  const { method } = request;
  if (key.startsWith('messages/')) return method === 'GET' ? 'GetRawMessageContent' : 'PutRawMessageContent';
  if (key.startsWith('config/')) return key.endsWith('.ics') ? 'GetObject calendar' : 'GetObject policy';
  if (key.startsWith('rewrite/policy/')) return method === 'GET' ? 'GetObject copy' : 'PutObject copy';
  if (key.startsWith('rewrite/'))
    return method === 'DELETE' ? 'DeleteObject rewritten' : 'PutObject rewritten';
  if (method === 'HEAD') return 'HeadObject journal event';
  return key.startsWith('journal/raw/') ? 'PutObject journal raw' : 'PutObject journal event';
}

type Service = 's3' | 'flow' | 'ssm' | 'kms';

function serviceOf(operation: Operation): Service {
  if (operation.includes('RawMessage')) return 'flow';
  if (operation === 'GetParameter') return 'ssm';
  return operation === 'GenerateMac' ? 'kms' : 's3';
}

function errorOf(service: Service, fault: Fault): readonly [status: number, code: string] {
  if (fault === 'denied') return [403, service === 's3' ? 'AccessDenied' : 'AccessDeniedException'];
  if (fault === 'throttled') return THROTTLED[service];
  return fault === 'wrong-place' ? [400, 'InvalidContentLocation'] : [500, 'InternalFailure'];
}

/** The texts of AWS name resources; none of it may reach the log. */
function refuse(service: Service, fault: Fault, response: ServerResponse): void {
  const [status, code] = errorOf(service, fault);
  if (service !== 's3') {
    restJsonError(response, status, code, 'arn of alice@example.com');
    return;
  }
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>arn of alice@example.com</Message></Error>`);
}

/** Has the effect, and gives the answer; undefined is the refusal that stands for "not there". */
function perform(operation: Operation, request: SeenRequest, world: Stores): Reply | undefined {
  const key = keyOf(request);
  const { messages, objects } = world;
  switch (operation) {
    case 'GetParameter':
      return json({ Parameter: { Name: 'mark', Value: 'k'.repeat(64), Version: 1 } });
    case 'GenerateMac':
      return json({ Mac: Buffer.alloc(32, 5).toString('base64') });
    case 'GetRawMessageContent':
      return { status: 200, body: messages.get(key.slice('messages/'.length)) ?? '' };
    case 'PutRawMessageContent': {
      const { content }: { content: { s3Reference: { bucket: string; key: string } } } = JSON.parse(
        String(request.body),
      );
      const body = objects.get(`${content.s3Reference.bucket}/${content.s3Reference.key}`);
      if (body !== undefined) messages.set(key.slice('messages/'.length), body);
      return body === undefined ? undefined : json({});
    }
    case 'DeleteObject rewritten':
      objects.delete(key);
      return { status: 204, body: '' };
    case 'HeadObject journal event':
      return { status: objects.has(key) ? 200 : 404, body: '' };
    case 'GetObject policy':
    case 'GetObject calendar':
    case 'GetObject copy': {
      const body = objects.get(key);
      return body === undefined ? undefined : { status: 200, body };
    }
    default:
      if (request.headers['if-none-match'] === '*' && objects.has(key)) return { status: 412, body: '' };
      objects.set(key, request.body);
      return { status: 200, body: '' };
  }
}

function json(value: unknown): Reply {
  return { status: 200, body: JSON.stringify(value) };
}
