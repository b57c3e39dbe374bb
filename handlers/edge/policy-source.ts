/**
 * Where the policy comes from: `POLICY_URI` (`s3://`, `ssm://`, `file:` or a path), or `policy.yaml` in the bundle's
 * folder. It is read again after a while, so that a rule changes without a deploy.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PermanentError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createPolicyLoader } from '../../shared/policy/index.ts';
import type { Policy } from '../../shared/policy/types.ts';
import type { Environment } from './environment.ts';
import { parseS3Uri, pathOf, type ResourceReader } from './resource.ts';

export { taskFolder } from './environment.ts';

const POLICY_FILE = 'policy.yaml';
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

/** The place of the policy: `POLICY_URI`, else `policy.yaml` in Lambda's task folder, else beside this module. */
export function policyUri(environment: Environment): string {
  if (environment.policyUri !== undefined) return environment.policyUri;
  const inTask = environment.taskRoot === undefined ? undefined : join(environment.taskRoot, POLICY_FILE);
  if (inTask !== undefined && existsSync(inTask)) return inTask;
  return join(dirname(fileURLToPath(import.meta.url)), POLICY_FILE);
}

/**
 * The place of `relative` as the policy at `uri` means it: beside the policy's file or S3 object; beside the bundle
 * when the policy is a parameter. What is no relative path (`s3://…`, `ssm://…`) is returned as it is.
 */
export function besidePolicy(uri: string, relative: string, folder: string): string {
  if (/^[a-z0-9]+:/.test(relative)) return relative;
  const s3 = parseS3Uri(uri);
  if (s3 !== undefined) {
    return `s3://${s3.bucket}/${s3.key.slice(0, s3.key.lastIndexOf('/') + 1)}${relative}`;
  }
  return uri.startsWith('ssm://') ? join(folder, relative) : join(dirname(pathOf(uri, folder)), relative);
}
