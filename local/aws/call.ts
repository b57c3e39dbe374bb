/** What a request asks of which service, and who asks: what rights and faults go by. */
import { decodePathPiece, type Exchange } from './exchange.ts';
import { INVOKE_PATH } from './lambda-api.ts';
import { s3Operation } from './s3-operation.ts';

/** A call of an AWS API. */
export interface Call {
  /** The service's prefix in policies: `s3`, `workmailmessageflow`, `ssm`, `kms`, `lambda`, … */
  readonly service: string;
  /** As the API Reference names it. */
  readonly operation: string;
  /** The action that policies speak of, `s3:GetObject`. */
  readonly action: string;
  /** What it is about, within its service: `BUCKET/KEY`, the id of a message; empty where the body tells. */
  readonly target: string;
  /** What conditions of policies may ask about it, beside what its headers say. */
  readonly context?: Readonly<Record<string, string>>;
  /** The access key; the host gives each function one of its own. Undefined for a request without credentials. */
  readonly accessKeyId: string | undefined;
}

const SIGNATURE = /Credential=([^/\s,]*)\/\d{8}\/[^/\s]*\/([a-z0-9-]+)\/aws4_request/;
const PRESIGNED = /^([^/\s]*)\/\d{8}\/[^/\s]*\/([a-z0-9-]+)\/aws4_request$/;

/** The access key and the service of the signature, in the header or in the query of a presigned address. */
function scopeOf(exchange: Exchange): { readonly accessKeyId: string; readonly service: string } | undefined {
  const found =
    SIGNATURE.exec(exchange.headers.authorization ?? '') ??
    PRESIGNED.exec(exchange.query.get('X-Amz-Credential') ?? '');
  const [, accessKeyId, service] = found ?? [];
  return accessKeyId === undefined || service === undefined ? undefined : { accessKeyId, service };
}

/** The service is named in the scope of the signature; an unsigned request tells by its shape. */
function serviceOf(exchange: Exchange, signed: string | undefined): string {
  if (signed !== undefined) return signed;
  const target = exchange.headers['x-amz-target'];
  if (typeof target === 'string') return target.startsWith('TrentService.') ? 'kms' : 'ssm';
  if (exchange.rawPath.startsWith('/messages/')) return 'workmailmessageflow';
  return INVOKE_PATH.test(exchange.rawPath) ? 'lambda' : 's3';
}

function decoded(piece: string): string {
  return decodePathPiece(piece) ?? piece;
}

function s3Call(exchange: Exchange): Pick<Call, 'operation' | 'action' | 'target'> {
  const slash = exchange.rawPath.indexOf('/', 1);
  const bucket = decoded(slash === -1 ? exchange.rawPath.slice(1) : exchange.rawPath.slice(1, slash));
  const key = decoded(slash === -1 ? '' : exchange.rawPath.slice(slash + 1));
  const { name, right, about } = s3Operation(exchange, bucket, key);
  const target = about === 'object' ? `${bucket}/${key}` : bucket;
  return { operation: name, action: `s3:${right}`, target };
}

function messageFlowCall(exchange: Exchange): Pick<Call, 'operation' | 'action' | 'target'> {
  const operation = exchange.method === 'POST' ? 'PutRawMessageContent' : 'GetRawMessageContent';
  const target = decoded(exchange.rawPath.slice('/messages/'.length));
  return { operation, action: `workmailmessageflow:${operation}`, target };
}

function otherCall(exchange: Exchange, service: string): Pick<Call, 'operation' | 'action' | 'target'> {
  const invoked = service === 'lambda' ? INVOKE_PATH.exec(exchange.rawPath)?.[1] : undefined;
  if (invoked !== undefined)
    return { operation: 'Invoke', action: 'lambda:InvokeFunction', target: decoded(invoked) };
  // AWS JSON: the operation follows the service's own prefix, `AmazonSSM.GetParameter`.
  const header = exchange.headers['x-amz-target'];
  const operation = typeof header === 'string' ? (header.split('.').at(-1) ?? 'Other') : 'Other';
  return { operation, action: `${service}:${operation}`, target: '' };
}

/** Reads a request; nothing of its body. */
export function readCall(exchange: Exchange): Call {
  const scope = scopeOf(exchange);
  const service = serviceOf(exchange, scope?.service);
  const accessKeyId = scope?.accessKeyId;
  if (service === 's3') return { service, accessKeyId, ...s3Call(exchange) };
  if (service === 'workmailmessageflow') return { service, accessKeyId, ...messageFlowCall(exchange) };
  return { service, accessKeyId, ...otherCall(exchange, service) };
}
