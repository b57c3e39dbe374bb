/** Asking AWS: every question ends in time and in a value, because one service that denies must not hide the others. */
import { awsErrorName, awsStatus } from '../../shared/workmail/aws-errors.ts';

/** Longer than WorkMail takes to test a provider (25 s). */
const QUESTION_TIMEOUT_MS = 40_000;

export type Asked<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** There is no such thing. */
  | { readonly kind: 'absent'; readonly action: string; readonly why: string }
  /** Whoever asks has not the right; `action` is what IAM calls it. */
  | { readonly kind: 'denied'; readonly action: string }
  | { readonly kind: 'unanswered'; readonly action: string; readonly why: string };

const DENIED = /^(AccessDenied|Unauthorized|NotAuthorized|OptInRequired)/;
const ABSENT = /NotFound|NoSuch|DoesNotExist/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimit/;
const NO_CREDENTIALS =
  /Credentials?ProviderError|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch/;

/** CloudFormation has one error for everything: the text tells a missing stack from the rest. */
function isAbsent(name: string, error: unknown): boolean {
  if (ABSENT.test(name)) return true;
  return name === 'ValidationError' && error instanceof Error && error.message.includes('does not exist');
}

function whyOf(name: string, error: unknown): string {
  if (NO_CREDENTIALS.test(name))
    return 'there are no valid AWS credentials (aws sts get-caller-identity tells)';
  if (THROTTLED.test(name)) return 'AWS asks to wait, there were too many calls';
  if (name === 'TimeoutError' || name === 'AbortError') return 'the time was over';
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return code ?? name;
}

/** Asks once. `action` is the right that is needed, `lambda:GetFunction`. Never rejects. */
export async function ask<T>(action: string, send: (signal: AbortSignal) => Promise<T>): Promise<Asked<T>> {
  try {
    return { kind: 'answer', value: await send(AbortSignal.timeout(QUESTION_TIMEOUT_MS)) };
  } catch (error) {
    const name = awsErrorName(error);
    if (isAbsent(name, error)) return { kind: 'absent', action, why: name };
    if (DENIED.test(name) || awsStatus(error) === 403) return { kind: 'denied', action };
    return { kind: 'unanswered', action, why: whyOf(name, error) };
  }
}

/** The answer turned into something else; a question without an answer stays as it is. */
export function mapAnswer<T, U>(asked: Asked<T>, change: (value: T) => U): Asked<U> {
  return asked.kind === 'answer' ? { kind: 'answer', value: change(asked.value) } : asked;
}

export function answerOf<T>(asked: Asked<T>): T | undefined {
  return asked.kind === 'answer' ? asked.value : undefined;
}

/** Pages of an answer are asked for at most so often: a service that never ends must not hold us. */
const MAX_PAGES = 100;

/** All the pages of a list. `next` asks for one; it gives the items and the token of the page that follows. */
export async function allPages<T>(
  next: (token: string | undefined) => Promise<{ items: readonly T[]; token: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const page = await next(token);
    all.push(...page.items);
    token = page.token;
    if (token === undefined || token === '') break;
  }
  return all;
}
