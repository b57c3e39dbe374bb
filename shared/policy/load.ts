/**
 * Keeps the policy at hand: read again after a while, so that a rule changes without a deploy, and never replaced by
 * one that is wrong. A bad new policy shows in the log and in `stale`; the last good one keeps working. A process that
 * never read a good one takes the copy that an earlier process left, where there is one, and validates it again.
 */
import { PermanentError, TemporaryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readPolicy } from './parse.ts';
import type { Policy, Problem } from './types.ts';

export interface LoadedPolicy {
  readonly policy: Policy;
  /** What `read` called it: an ETag, a version number, a time. */
  readonly version: string;
  /** Why this is not the newest policy; absent when it is. */
  readonly stale?: string;
}

/** A policy that was good once, as an earlier process left it. */
export interface LastGoodCopy {
  readonly text: string;
  /** What its own `read` called it. */
  readonly version: string;
  /** Milliseconds, by the clock of `now`. */
  readonly savedAtMs: number;
}

export interface PolicyLoader {
  /** Throws TemporaryError or PermanentError when no policy was ever readable, and no copy is good. */
  load(): Promise<LoadedPolicy>;
}

export interface PolicyLoaderOptions {
  /** Fetches the file; `version` is different for a different text. */
  readonly read: () => Promise<{ readonly text: string; readonly version: string }>;
  /** Asked only while nothing was readable in this process. Never throws. */
  readonly readCopy?: () => Promise<LastGoodCopy | undefined>;
  /** Milliseconds. */
  readonly now: () => number;
  readonly log: Log;
  /** For how long a policy is used without asking again, in milliseconds. */
  readonly maxAgeMs: number;
}

type Outcome =
  | { readonly kind: 'good'; readonly loaded: LoadedPolicy }
  | { readonly kind: 'bad'; readonly why: string; readonly error: PermanentError | TemporaryError };

/** Says where the first error is, without its words: they may repeat an address of the policy. */
function whyInvalid(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const first = errors[0];
  const where = first === undefined ? '' : `, the first at line ${first.line}, column ${first.column}`;
  return `the policy has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}${where}`;
}

function asKnownError(error: unknown): PermanentError | TemporaryError {
  if (error instanceof TemporaryError || error instanceof PermanentError) return error;
  return new PermanentError('the policy cannot be read', { cause: error });
}

async function readOnce(options: PolicyLoaderOptions, last: LoadedPolicy | undefined): Promise<Outcome> {
  let source: Awaited<ReturnType<PolicyLoaderOptions['read']>>;
  try {
    source = await options.read();
  } catch (error) {
    return { kind: 'bad', why: 'the policy cannot be read', error: asKnownError(error) };
  }
  const { text, version } = source;
  if (last?.version === version) return { kind: 'good', loaded: { policy: last.policy, version } };
  const parsed = await readPolicy(text, 'policy.yaml');
  if (parsed.ok) return { kind: 'good', loaded: { policy: parsed.policy, version } };
  const why = whyInvalid(parsed.problems);
  return { kind: 'bad', why, error: new PermanentError(`${why}; "mailroom check" tells all of them`) };
}

interface Kept {
  readonly policy: Policy;
  readonly version: string;
  /** Of a copy: how old it is. */
  readonly ageMs?: number;
}

/** The copy, if it is a valid policy still: this Mailroom may be stricter than the one that left it. */
async function keptCopy(options: PolicyLoaderOptions): Promise<Kept | undefined> {
  const copy = await options.readCopy?.();
  if (copy === undefined) return undefined;
  const { text, version, savedAtMs } = copy;
  const parsed = await readPolicy(text, 'policy.yaml');
  if (parsed.ok) return { policy: parsed.policy, version, ageMs: Math.max(0, options.now() - savedAtMs) };
  const reason = whyInvalid(parsed.problems);
  options.log({ level: 'error', event: 'policy', outcome: 'copy-refused', reason, version });
  return undefined;
}

function logKept(log: Log, reason: string, { version, ageMs }: Kept): void {
  const copy = ageMs === undefined ? {} : { from: 'copy', ageMs };
  log({ level: 'error', event: 'policy', outcome: 'kept-last-good', reason, version, ...copy });
}

/** Makes a loader with a cache of its own; loads that overlap share one read. */
export function createPolicyLoader(options: PolicyLoaderOptions): PolicyLoader {
  let current: LoadedPolicy | undefined;
  let checkedAt = 0;
  let pending: Promise<LoadedPolicy> | undefined;

  const refresh = async (): Promise<LoadedPolicy> => {
    const outcome = await readOnce(options, current);
    if (outcome.kind === 'good') {
      if (outcome.loaded.version !== current?.version) {
        options.log({ level: 'info', event: 'policy', outcome: 'loaded', version: outcome.loaded.version });
      }
      current = outcome.loaded;
    } else {
      const kept: Kept | undefined = current ?? (await keptCopy(options));
      if (kept === undefined) throw outcome.error;
      logKept(options.log, outcome.why, kept);
      current = { policy: kept.policy, version: kept.version, stale: outcome.why };
    }
    // Also after a failure: a policy that is broken for hours must not cost every message a read.
    checkedAt = options.now();
    return current;
  };

  return {
    async load() {
      const ageMs = options.now() - checkedAt;
      // A clock set back must not keep an old policy in force until it has caught up.
      if (current !== undefined && ageMs >= 0 && ageMs < options.maxAgeMs) return current;
      pending ??= refresh().finally(() => {
        pending = undefined;
      });
      return pending;
    },
  };
}
