/** Where the policy is, apart from its reader: whoever asks only for the place need not load the parser. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from './environment.ts';
import { parseS3Uri, pathOf } from './resource.ts';

const POLICY_FILE = 'policy.yaml';

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
