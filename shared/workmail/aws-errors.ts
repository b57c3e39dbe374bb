/**
 * What an error of an AWS client means for the caller: try again, or give up. Messages are left out on purpose: AWS
 * writes ARNs, keys and sometimes header values into them. The name and the status say enough.
 */
import { DeadlineError, PermanentError, TemporaryError } from '../errors.ts';
import { isRecord } from './json.ts';

/**
 * Attempts of the SDK for one call, the first included. Its waits between them stay under a second in all, and under two
 * where the service throttles; a `Retry-After` adds at most 5 s to each. The deadline ends them.
 */
export const SDK_MAX_ATTEMPTS = 3;
/** Time-outs of one attempt: a lost packet must not eat the 15 s of the invocation. */
export const SDK_REQUEST_HANDLER = {
  connectionTimeout: 1_000,
  requestTimeout: 6_000,
  throwOnRequestTimeout: true,
} as const;

/**
 * Errors that pass by themselves although their status is 4xx, or that have no status: what the SDK repeats for
 * throttling or for a clock that is wrong (a function that was frozen wakes with one), and what AWS means to pass.
 */
const TEMPORARY_NAMES: ReadonlySet<string> = new Set([
  'AbortError',
  'BandwidthLimitExceeded',
  'ConditionalRequestConflict',
  'ExpiredToken',
  'ExpiredTokenException',
  'KMSInternalException',
  'KeyUnavailableException',
  'LimitExceededException',
  'OperationAborted',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/**
 * Codes of the operating system and of name look-up (`ECONNRESET`, `EPROTO`, `EMFILE`, `EAI_AGAIN`): no answer came, so
 * nothing was refused. Node's own `ERR_…` and the certificate errors of TLS are not of this shape.
 */
const SYSTEM_CODE = /^E(?!RR_)[A-Z_]+$/;
const BROKEN_STREAM = 'ERR_STREAM_PREMATURE_CLOSE';

/** The name that AWS gives the error, e.g. `AccessDenied`; `Error` when there is none. */
export function awsErrorName(error: unknown): string {
  return isRecord(error) && typeof error['name'] === 'string' ? error['name'] : 'Error';
}

/** HTTP status of the answer, or undefined when none came. */
export function awsStatus(error: unknown): number | undefined {
  const metadata = isRecord(error) ? error['$metadata'] : undefined;
  const status = isRecord(metadata) ? metadata['httpStatusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/**
 * The error to throw instead of `error`: DeadlineError when `signal` is aborted, TemporaryError for throttling, 5xx,
 * time-outs and network trouble, PermanentError for everything else (AccessDenied, no such bucket, wrong key).
 * `what` names the call, e.g. `s3 PutObject`.
 */
export function decideAwsError(error: unknown, what: string, signal: AbortSignal): Error {
  if (error instanceof TemporaryError || error instanceof PermanentError) return error;
  if (signal.aborted) return new DeadlineError(`${what}: the time for this invocation is over`);
  const name = awsErrorName(error);
  const status = awsStatus(error);
  const code = isRecord(error) && typeof error['code'] === 'string' ? error['code'] : '';
  const text = `${what}: ${[name, status, code].filter((part) => part !== undefined && part !== '').join(' ')}`;
  const temporary =
    TEMPORARY_NAMES.has(name) ||
    code === BROKEN_STREAM ||
    SYSTEM_CODE.test(code) ||
    status === 429 ||
    (status !== undefined && status >= 500);
  return temporary ? new TemporaryError(text) : new PermanentError(text);
}

/** `work`, or the rejection by the signal's reason as soon as it aborts: no wait of a client outlives the deadline. */
export function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
