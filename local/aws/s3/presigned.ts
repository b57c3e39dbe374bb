/**
 * Presigned requests (Amazon S3 API Reference, "Authenticating requests: using query parameters"): the credentials stand in
 * the query, with a time until when they hold. The signature is not checked: the stand-in has no secrets.
 */
import type { Answer, Exchange } from '../exchange.ts';
import { s3Error } from './errors.ts';

/** S3: "A presigned URL can be valid for a maximum of seven days". */
const MAX_EXPIRES_SECONDS = 604_800;
/** S3: a request whose clock is further ahead is refused. */
const MAX_SKEW_MS = 15 * 60_000;

const NEEDED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
];

function wrong(message: string): Answer {
  return s3Error('AuthorizationQueryParametersError', { message });
}

/** `20261121T055956Z` in milliseconds since 1970. */
function readDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Why a presigned request is refused; undefined when it holds, or is not presigned. */
export function presignedProblem(exchange: Exchange, nowMs: number): Answer | undefined {
  const { query } = exchange;
  if (!NEEDED.some((name) => query.has(name))) return undefined;
  if (!NEEDED.every((name) => query.has(name)))
    return wrong(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256')
    return wrong('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,9}$/.test(expires)) return wrong('X-Amz-Expires should be a number');
  if (Number(expires) > MAX_EXPIRES_SECONDS)
    return wrong(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  const signedMs = readDate(query.get('X-Amz-Date') ?? '');
  if (Number.isNaN(signedMs))
    return wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (signedMs > nowMs + MAX_SKEW_MS) return s3Error('AccessDenied', { message: 'Request is not yet valid' });
  if (nowMs > signedMs + Number(expires) * 1000)
    return s3Error('AccessDenied', { message: 'Request has expired' });
  return undefined;
}
