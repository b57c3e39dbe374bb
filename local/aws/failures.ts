/** How each service says the failures that all of them have: no right, too many calls, trouble of its own. */
import type { Call } from './call.ts';
import { queryFailure } from './control/query.ts';
import type { Answer } from './exchange.ts';
import { jsonError } from './json.ts';
import { s3Error } from './s3/errors.ts';

/** Services of the query protocol answer in XML. */
const QUERY = new Set(['sts', 'cloudformation']);

/** Services of AWS JSON 1.1 answer with 400 where those of REST-JSON have a status of their own. */
const PLAIN_JSON = new Set(['ssm', 'kms', 'workmail', 'logs']);

/**
 * The call is not allowed.
 * @param who `User: ARN is not authorized to perform: ACTION …`, as AWS writes it.
 */
export function accessDenied(call: Pick<Call, 'service'>, who: string): Answer {
  if (call.service === 's3') return s3Error('AccessDenied', { message: who });
  if (QUERY.has(call.service)) return queryFailure(403, 'AccessDenied', who);
  return jsonError(PLAIN_JSON.has(call.service) ? 400 : 403, 'AccessDeniedException', who);
}

export function throttled(call: Pick<Call, 'service'>): Answer {
  if (call.service === 's3') return s3Error('SlowDown');
  if (QUERY.has(call.service)) return queryFailure(400, 'Throttling', 'Rate exceeded');
  const name = call.service === 'lambda' ? 'TooManyRequestsException' : 'ThrottlingException';
  return jsonError(PLAIN_JSON.has(call.service) ? 400 : 429, name, 'Rate exceeded');
}

export function serverError(call: Pick<Call, 'service'>): Answer {
  const message = 'We encountered an internal error. Please try again.';
  if (call.service === 's3') return s3Error('InternalError', { message });
  if (QUERY.has(call.service)) return queryFailure(500, 'InternalFailure', message);
  return jsonError(500, 'InternalServerError', message);
}
