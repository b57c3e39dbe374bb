import { describe, expect, it } from 'vitest';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { decideAwsError } from '../../../shared/workmail/aws-errors.ts';

const calm = new AbortController().signal;

function withCode(code: string): Error {
  return Object.assign(new Error('secret text'), { code });
}

/** As a 400: the status alone would be a refusal. */
function named(name: string): Error {
  return Object.assign(new Error('secret text'), { name, $metadata: { httpStatusCode: 400 } });
}

describe('an error that AWS names', () => {
  // The names for which the SDK repeats a call, and those of a clock that was wrong.
  it.each([
    ...[
      'BandwidthLimitExceeded',
      'LimitExceededException',
      'PriorRequestNotComplete',
      'RequestLimitExceeded',
    ],
    ...[
      'ProvisionedThroughputExceededException',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
    ],
    ...['ThrottledException', 'Throttling', 'ThrottlingException', 'TooManyRequestsException'],
    ...['TransactionInProgressException', 'TimeoutError', 'RequestTimeout', 'RequestTimeoutException'],
    ...['RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed', 'ExpiredToken'],
  ])('%s passes, and mail must not go on without its record for it', (name) => {
    const decided = decideAwsError(named(name), 's3 PutObject', calm);
    expect(decided).toBeInstanceOf(TemporaryError);
    expect(decided.message).toBe(`s3 PutObject: ${name} 400`);
  });

  it.each(['AccessDenied', 'AccessDeniedException', 'InvalidKeyId', 'ValidationException'])(
    '%s does not pass by itself',
    (name) => {
      expect(decideAwsError(named(name), 's3 PutObject', calm)).toBeInstanceOf(PermanentError);
    },
  );
});

describe('an error of a client without an answer', () => {
  it.each(['ECONNRESET', 'EPROTO', 'EMFILE', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAI_AGAIN'])(
    '%s is trouble of the network or the machine, and passes',
    (code) => {
      const decided = decideAwsError(withCode(code), 's3 PutObject', calm);
      expect(decided).toBeInstanceOf(TemporaryError);
      expect(decided.message).toBe(`s3 PutObject: Error ${code}`);
    },
  );

  it.each(['ERR_INVALID_ARG_TYPE', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT'])(
    '%s does not pass by itself',
    (code) => {
      expect(decideAwsError(withCode(code), 's3 PutObject', calm)).toBeInstanceOf(PermanentError);
    },
  );

  it('is the deadline when that has passed, whatever the client calls it', () => {
    const over = AbortSignal.abort();
    expect(decideAwsError(withCode('EPIPE'), 's3 PutObject', over)).toBeInstanceOf(DeadlineError);
  });

  it('of our own stays what it is', () => {
    const own = new PermanentError('own');
    expect(decideAwsError(own, 's3 PutObject', AbortSignal.abort())).toBe(own);
  });
});
