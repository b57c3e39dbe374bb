/**
 * The only place that reads the environment. Every name that the functions know is declared here; a wrong value is
 * an error that names the variable and never repeats the value. An empty value counts as unset.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';

export interface Environment {
  /** Where the policy is: `s3://BUCKET/KEY`, `ssm://NAME`, `file:…` or a path. Unset: `policy.yaml` beside the bundle. */
  readonly policyUri: string | undefined;
  /** `m-` and 32 hexadecimal digits. */
  readonly organizationId: string | undefined;
  /** Where rewritten messages are put for WorkMail to read. */
  readonly rewriteBucket: string | undefined;
  readonly journalBucket: string | undefined;
  /** Where rules keep what they hold back, copy or take out, and whom each recipient had mail from before. */
  readonly keepBucket: string | undefined;
  /** Whether the object is deleted as soon as WorkMail has taken it; only where WorkMail is known to copy at once. */
  readonly deleteAfterPut: boolean;
  /** Where the key of the mark is: `kms://KEYID`, `ssm://NAME`, or a path. */
  readonly markKeyUri: string | undefined;
  /** Where the private key of ARC seals is: `ssm://NAME`, or a path. Unset: beside the key of the mark (`arc-key.ts`). */
  readonly arcKeyUri: string | undefined;
  /** A resolver to ask instead of the system's: `ADDRESS` or `ADDRESS:PORT`, as node:dns takes it. */
  readonly dnsServer: string | undefined;
  /** The least level that is written; what counts for a metric is written in any case. */
  readonly logLevel: 'info' | 'warn' | 'error';
  /** The folder of the bundle, as Lambda says it. */
  readonly taskRoot: string | undefined;
  /** As Lambda says it; `local` elsewhere. */
  readonly functionName: string;
  /** An S3 endpoint of its own: it has no names for buckets, so they stand in the path. */
  readonly s3PathStyle: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

const ORGANIZATION_ID = /^m-[0-9a-f]{32}$/;
/** PutRawMessageContent takes no bucket with a dot in its name. */
const REWRITE_BUCKET = /^[a-z0-9][a-z0-9-]{2,62}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const POLICY_URI =
  /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/\S+|ssm:\/\/\S+|file:\S.*|(?![a-z0-9]+:\/\/).+)$/;
const ARC_KEY_URI = /^(ssm:\/\/\S+|file:\S.*|(?![a-z0-9]+:\/\/).+)$/;
const MARK_KEY_URI = /^(kms:\/\/\S+|ssm:\/\/\S+|file:\S.*|(?![a-z0-9]+:\/\/).+)$/;

/**
 * What the synchronous functions do with their decisions. `off`: nothing is read, decided or kept. `monitor`: all is
 * decided and logged, messages are kept, nothing is changed. `enforce`: decisions are carried out.
 */
export type Mode = 'off' | 'monitor' | 'enforce';

/**
 * Reads `MAILROOM_MODE`; unset is `enforce`. Apart from the rest, so that `off` works also where another variable is
 * wrong: it is what one reaches for then. Throws a PermanentError that names it.
 */
export function readMode(variables: Variables = process.env): Mode {
  const value = variables['MAILROOM_MODE'];
  if (value === undefined || value === '') return 'enforce';
  if (value === 'off' || value === 'monitor' || value === 'enforce') return value;
  throw new PermanentError('environment: MAILROOM_MODE: expected off, monitor or enforce');
}

/** Reads and checks the environment. Throws a PermanentError that names every wrong variable. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const problems: string[] = [];
  const read = (name: string, fits: (value: string) => boolean, expected: string): string | undefined => {
    const value = variables[name];
    if (value === undefined || value === '') return undefined;
    if (fits(value)) return value;
    problems.push(`${name}: expected ${expected}`);
    return undefined;
  };
  const level = read('MAILROOM_LOG', (value) => isLevel(value), 'info, warn or error');
  const environment: Environment = {
    policyUri: read('POLICY_URI', (value) => POLICY_URI.test(value), 's3://BUCKET/KEY, ssm://NAME or a path'),
    organizationId: read(
      'MAILROOM_ORGANIZATION_ID',
      (value) => ORGANIZATION_ID.test(value),
      'm-… (32 digits)',
    ),
    rewriteBucket: read(
      'MAILROOM_REWRITE_BUCKET',
      (value) => REWRITE_BUCKET.test(value),
      'a bucket name without dots',
    ),
    journalBucket: read('MAILROOM_JOURNAL_BUCKET', (value) => BUCKET.test(value), 'a bucket name'),
    keepBucket: read('MAILROOM_KEEP_BUCKET', (value) => BUCKET.test(value), 'a bucket name'),
    deleteAfterPut: read('MAILROOM_DELETE_AFTER_PUT', isTrueOrFalse, 'true or false') === 'true',
    markKeyUri: read(
      'MAILROOM_MARK_KEY_URI',
      (value) => MARK_KEY_URI.test(value),
      'kms://KEYID, ssm://NAME or a path',
    ),
    arcKeyUri: read('MAILROOM_ARC_KEY_URI', (value) => ARC_KEY_URI.test(value), 'ssm://NAME or a path'),
    dnsServer: read('MAILROOM_DNS', isResolver, 'an IP address, with :PORT where it is not 53'),
    logLevel: isLevel(level) ? level : 'info',
    taskRoot: read('LAMBDA_TASK_ROOT', () => true, 'a folder'),
    functionName: functionName(variables),
    s3PathStyle: [variables['AWS_ENDPOINT_URL_S3'], variables['AWS_ENDPOINT_URL']].some(
      (endpoint) => endpoint !== undefined && endpoint !== '',
    ),
  };
  if (problems.length > 0) throw new PermanentError(`environment: ${problems.join('; ')}`);
  return environment;
}

/** As Lambda says it; `local` elsewhere. Nothing can be wrong with it. */
export function functionName(variables: Variables = process.env): string {
  return variables['AWS_LAMBDA_FUNCTION_NAME'] || 'local';
}

let current: Environment | undefined;

/** The environment of this process, read once. */
export function environment(): Environment {
  current ??= readEnvironment();
  return current;
}

/** The folder from which relative paths in environment variables count. */
export function taskFolder(environment: Environment): string {
  return resolve(environment.taskRoot ?? '.');
}

function isLevel(value: string | undefined): value is Environment['logLevel'] {
  return value === 'info' || value === 'warn' || value === 'error';
}

function isTrueOrFalse(value: string): boolean {
  return value === 'true' || value === 'false';
}

/** `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`. */
export function isResolver(value: string): boolean {
  if (isIP(value) !== 0) return true;
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return isIP(host) === (match?.[1] === undefined ? 4 : 6) && port >= 1 && port <= 65_535;
}
