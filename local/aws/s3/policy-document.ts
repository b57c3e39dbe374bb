/** What S3 looks at when a bucket policy is put (Amazon S3 API Reference, PutBucketPolicy); nobody is let in or kept out here. */
import type { S3ErrorCode } from './errors.ts';
import type { Bucket } from './ground.ts';
import { isRecord } from './version.ts';

/** Amazon S3 User Guide: "Bucket policies are limited to 20 KB in size." */
const MAX_POLICY_BYTES = 20 * 1024;

interface PolicyProblem {
  readonly code: S3ErrorCode;
  readonly message: string;
}

function malformed(message: string): PolicyProblem {
  return { code: 'MalformedPolicy', message };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** The bucket or what is in it. */
function isInside(resource: unknown, bucket: string): boolean {
  if (typeof resource !== 'string') return false;
  const name = resource.replace(/^arn:aws[a-z-]*:s3:::/, '');
  return resource === '*' || name === bucket || name === `${bucket}*` || name.startsWith(`${bucket}/`);
}

function statementProblem(statement: unknown, bucket: string): PolicyProblem | undefined {
  if (!isRecord(statement)) return malformed('Policies must be valid JSON');
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny')
    return malformed('Invalid effect: must be Allow or Deny');
  for (const element of ['Principal', 'Action', 'Resource'])
    if (statement[element] === undefined && statement[`Not${element}`] === undefined)
      return malformed(`Missing required field ${element}`);
  const resources = listOf(statement['Resource'] ?? statement['NotResource']);
  return resources.every((resource) => isInside(resource, bucket))
    ? undefined
    : malformed('Policy has invalid resource');
}

/** Amazon S3 User Guide, "The meaning of public": everyone is allowed, and no condition narrows it. */
function isPublic(statement: unknown): boolean {
  if (!isRecord(statement) || statement['Effect'] !== 'Allow' || statement['Condition'] !== undefined)
    return false;
  const principal = statement['Principal'];
  return principal === '*' || (isRecord(principal) && listOf(principal['AWS']).includes('*'));
}

/** Why S3 would not take this policy for this bucket. */
export function policyProblem(bucket: Bucket, text: string): PolicyProblem | undefined {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES)
    return malformed('Bucket policies are limited to 20 KB in size.');
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return malformed('This policy contains invalid Json');
  }
  if (!isRecord(policy) || policy['Statement'] === undefined)
    return malformed('Missing required field Statement');
  const statements = listOf(policy['Statement']);
  for (const statement of statements) {
    const problem = statementProblem(statement, bucket.name);
    if (problem !== undefined) return problem;
  }
  const blocked = bucket.configuration.publicAccessBlock?.includes('<BlockPublicPolicy>true');
  if (blocked === true && statements.some(isPublic))
    return {
      code: 'AccessDenied',
      message: 'public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.',
    };
  return undefined;
}
