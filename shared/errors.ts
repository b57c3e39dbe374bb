/**
 * The two reasons for which code here throws: it could not decide. The class tells the caller what to do next.
 * Everything that could be decided, bad input included, is a value.
 */

/** Trying again later may succeed: throttling, a 5xx, a DNS time-out, a deadline that passed. */
export class TemporaryError extends Error {
  override readonly name = 'TemporaryError';
}

/** Trying again cannot help until a person changes something: a missing permission, a wrong configuration. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

/** The deadline of the invocation passed before the work was done; a TemporaryError with a name of its own. */
export class DeadlineError extends TemporaryError {}
