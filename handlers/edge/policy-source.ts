/**
 * Where the policy comes from: `POLICY_URI` (`s3://`, `ssm://`, `file:` or a path), or `policy.yaml` in the bundle's
 * folder. It is read again after a while, so that a rule changes without a deploy. A process that has none yet waits
 * 5 s for it at most and then goes by the copy of the last good one.
 */
import { PermanentError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createPolicyLoader, type LastGoodCopy } from '../../shared/policy/index.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';
import { type PolicyCopy, policyVersion } from './policy-copy.ts';
import type { ResourceReader } from './resource.ts';

export { createPolicyCopy } from './policy-copy.ts';

/** What `parsePolicy` takes at most; UTF-8 may need up to four bytes for each of its characters. */
const MAX_POLICY_BYTES = 1024 * 1024;
/** S3 and SSM cost a call; a change shows within a minute. */
const REMOTE_MAX_AGE_MS = 60_000;
/** A file costs nothing; whoever edits it wants to see the effect. */
const FILE_MAX_AGE_MS = 1_000;
/** A copy that could not be saved is not tried again with every message. */
const SAVE_AGAIN_MS = 600_000;

export interface PolicyTimes {
  /** How long the policy is waited for: of the 15 s of an invocation most must be left for the message. */
  readonly readMs: number;
  /** When the copy is asked for although the policy may still come: a first try and its repetition fit into it. */
  readonly copyAfterMs: number;
  /** How long reading or writing the copy may take. With the line above: no later than `readMs`. */
  readonly copyMs: number;
}

export const POLICY_TIMES: PolicyTimes = { readMs: 5_000, copyAfterMs: 1_500, copyMs: 3_000 };
/** Of the time that a call has. It counts where Lambda's own time-out is short: the rest is for the message. */
const LARGEST_PART = 0.5;

export interface PolicySource {
  /**
   * The policy in force, for a call that has `remainingMs`. Throws TemporaryError or PermanentError when neither one
   * nor a copy was ever readable.
   */
  load(remainingMs: number): Promise<Policy>;
  /** Ends when the copy is saved, should that be under way, or when `signal` aborts. Never throws. */
  saved(signal: AbortSignal): Promise<void>;
}

export interface PolicySourceOptions {
  /** From `policyUri`. */
  readonly uri: string;
  readonly resources: ResourceReader;
  /** Where the last good policy is kept; undefined: nowhere. */
  readonly copy?: PolicyCopy | undefined;
  readonly log: Log;
  /** Milliseconds. */
  readonly now: () => number;
  readonly times?: PolicyTimes;
}

export function createPolicySource(options: PolicySourceOptions): PolicySource {
  const { uri, resources, copy, log, now, times = POLICY_TIMES } = options;
  const inS3 = uri.startsWith('s3://');
  const remote = inS3 || uri.startsWith('ssm://');
  const ahead = createCopyAhead(copy);
  const keeper = createKeeper(copy, now, times);
  let waits = times;
  let reads = 0;
  let justRead: { readonly text: string; readonly version: string } | undefined;
  const loader = createPolicyLoader({
    now,
    log,
    maxAgeMs: remote ? REMOTE_MAX_AGE_MS : FILE_MAX_AGE_MS,
    read: async () => {
      ahead.begin(waits);
      try {
        const signal = AbortSignal.timeout(waits.readMs);
        const bytes = await resources.read(uri, 'POLICY_URI', MAX_POLICY_BYTES, signal);
        const text = decodeUtf8(bytes);
        reads += 1;
        justRead = { text, version: policyVersion(text) };
        return justRead;
      } finally {
        ahead.stop();
      }
    },
    readCopy: ahead.take,
  });
  return {
    async load(remainingMs) {
      waits = timesWithin(times, remainingMs);
      const { policy, version, stale } = await loader.load();
      ahead.end();
      // With every message: whoever asks why a new rule does not act finds it beside the decision.
      if (stale !== undefined)
        log({ level: 'warn', event: 'policy', outcome: 'stale', reason: stale, version });
      // Only what was just read: an older one must not be written over a newer one that another process keeps
      // meanwhile. And a start does not load S3 for the copy alone, which would take longer than all else it does.
      else if (justRead?.version === version && (inS3 || reads > 1)) keeper.keep(justRead.text, version);
      justRead = undefined;
      return policy;
    },
    saved: keeper.saved,
  };
}

/** The same, in small where there is too little time for them. */
function timesWithin(times: PolicyTimes, remainingMs: number): PolicyTimes {
  const part = Math.min(1, (remainingMs * LARGEST_PART) / times.readMs);
  const scaled = (ms: number): number => Math.floor(ms * part);
  return {
    readMs: scaled(times.readMs),
    copyAfterMs: scaled(times.copyAfterMs),
    copyMs: scaled(times.copyMs),
  };
}

/** Asks for the copy while the policy is awaited, so that the two waits are not added up. */
function createCopyAhead(copy: PolicyCopy | undefined) {
  let needed = copy !== undefined;
  let copyMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let asked: Promise<LastGoodCopy | undefined> | undefined;
  const take = (): Promise<LastGoodCopy | undefined> => {
    asked ??= copy?.read(AbortSignal.timeout(copyMs));
    return asked ?? Promise.resolve(undefined);
  };
  return {
    take,
    begin(times: PolicyTimes) {
      asked = undefined;
      copyMs = times.copyMs;
      if (needed) timer = setTimeout(take, times.copyAfterMs);
    },
    stop: () => clearTimeout(timer),
    /** From now on this process has a policy. */
    end() {
      needed = false;
    },
  };
}

/** Saves the copy beside the work: once for each policy, and again later where that failed. */
function createKeeper(copy: PolicyCopy | undefined, now: () => number, times: PolicyTimes) {
  let savedVersion: string | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  let saving: Promise<void> | undefined;
  const save = async (to: PolicyCopy, text: string, version: string): Promise<void> => {
    const done = await to.save(text, AbortSignal.timeout(times.copyMs));
    if (done) savedVersion = version;
    else notBefore = now() + SAVE_AGAIN_MS;
    saving = undefined;
  };
  return {
    keep(text: string, version: string): void {
      if (copy === undefined || version === savedVersion || saving !== undefined || now() < notBefore) return;
      saving = save(copy, text, version);
    },
    async saved(signal: AbortSignal): Promise<void> {
      // What does not end in time is tried again with a later policy read; the answer cannot wait for it.
      if (saving !== undefined) await withSignal(saving, signal).catch(() => undefined);
    },
  };
}

/** Replacement characters would make another policy of it. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PermanentError('POLICY_URI: the policy is not UTF-8');
  }
}
