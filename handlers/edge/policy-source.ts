/**
 * Where the policy comes from: `POLICY_URI` (`s3://`, `ssm://`, `file:` or a path), or `policy.yaml` in the bundle's
 * folder. It is read again after a while, so that a rule changes without a deploy.
 */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createPolicyLoader } from '../../shared/policy/index.ts';
import type { Policy } from '../../shared/policy/types.ts';
import type { ResourceReader } from './resource.ts';

export { taskFolder } from './environment.ts';
export { besidePolicy, policyUri } from './policy-place.ts';

/** What `parsePolicy` takes at most; UTF-8 may need up to four bytes for each of its characters. */
const MAX_POLICY_BYTES = 1024 * 1024;
const READ_TIMEOUT_MS = 5_000;
/** S3 and SSM cost a call; a change shows within a minute. */
const REMOTE_MAX_AGE_MS = 60_000;
/** A file costs nothing; whoever edits it wants to see the effect. */
const FILE_MAX_AGE_MS = 1_000;

export interface PolicySource {
  /** The policy in force. Throws TemporaryError or PermanentError when none was ever readable. */
  load(): Promise<Policy>;
}

export interface PolicySourceOptions {
  /** From `policyUri`. */
  readonly uri: string;
  readonly resources: ResourceReader;
  readonly log: Log;
  /** Milliseconds. */
  readonly now: () => number;
}

export function createPolicySource(options: PolicySourceOptions): PolicySource {
  const { uri, resources, log, now } = options;
  const remote = uri.startsWith('s3://') || uri.startsWith('ssm://');
  const loader = createPolicyLoader({
    now,
    log,
    maxAgeMs: remote ? REMOTE_MAX_AGE_MS : FILE_MAX_AGE_MS,
    read: async () => {
      const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
      const bytes = await resources.read(uri, 'POLICY_URI', MAX_POLICY_BYTES, signal);
      return { text: decodeUtf8(bytes), version: fingerprint(bytes) };
    },
  });
  return {
    async load() {
      const { policy, version, stale } = await loader.load();
      // With every message: whoever asks why a new rule does not act finds it beside the decision.
      if (stale !== undefined)
        log({ level: 'warn', event: 'policy', outcome: 'stale', reason: stale, version });
      return policy;
    },
  };
}

/** Replacement characters would make another policy of it. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PermanentError('POLICY_URI: the policy is not UTF-8');
  }
}

function fingerprint(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
