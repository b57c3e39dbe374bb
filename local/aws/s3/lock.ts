/**
 * Object Lock (Amazon S3 User Guide, "Locking objects with Object Lock"): until when a version may not be removed, and
 * who may change that. A retention and a legal hold are headers of the version.
 */
import { type Exchange, header } from '../exchange.ts';
import { announcedChecksum } from './announcement.ts';
import { defaultRetention } from './configuration.ts';
import type { Bucket } from './ground.ts';
import type { HeaderProblem } from './headers.ts';
import type { ObjectVersion } from './version.ts';

export const LOCK_MODE = 'x-amz-object-lock-mode';
export const LOCK_UNTIL = 'x-amz-object-lock-retain-until-date';
export const LOCK_HOLD = 'x-amz-object-lock-legal-hold';

const DAY_MS = 86_400_000;

export function isLockMode(mode: string | undefined): mode is 'GOVERNANCE' | 'COMPLIANCE' {
  return mode === 'GOVERNANCE' || mode === 'COMPLIANCE';
}

/** Mode and date come together, on a bucket that was made for it. */
function lockProblem(exchange: Exchange, objectLock: boolean, nowMs: number): HeaderProblem | undefined {
  const mode = header(exchange, LOCK_MODE);
  const until = header(exchange, LOCK_UNTIL);
  const hold = header(exchange, LOCK_HOLD);
  if (mode === undefined && until === undefined && hold === undefined) return undefined;
  if (!objectLock) return { code: 'InvalidRequest', message: 'Bucket is missing Object Lock Configuration' };
  if ((mode === undefined) !== (until === undefined))
    return {
      code: 'InvalidArgument',
      message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    };
  if (mode !== undefined && !isLockMode(mode))
    return { code: 'InvalidArgument', message: 'Unknown wormMode directive.' };
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF')
    return { code: 'InvalidArgument', message: 'Legal Hold must be either of "ON" or "OFF"' };
  if (until !== undefined && !(Date.parse(until) > nowMs))
    return { code: 'InvalidArgument', message: 'The retain until date must be in the future!' };
  return undefined;
}

/** The lock of a new object: what the writer asks for, else what the bucket gives. */
export function newLock(
  exchange: Exchange,
  bucket: Bucket,
  nowMs: number,
): Readonly<Record<string, string>> | HeaderProblem {
  const problem = lockProblem(exchange, bucket.objectLock, nowMs);
  if (problem !== undefined) return problem;
  const lock: Record<string, string> = {};
  for (const name of [LOCK_MODE, LOCK_UNTIL, LOCK_HOLD]) {
    const value = header(exchange, name);
    if (value !== undefined) lock[name] = value;
  }
  return lock[LOCK_MODE] === undefined ? { ...bucketLock(bucket, nowMs), ...lock } : lock;
}

/** The default retention of the bucket, counted from now. */
function bucketLock(bucket: Bucket, nowMs: number): Readonly<Record<string, string>> {
  const retention = defaultRetention(bucket);
  if (retention === undefined) return {};
  const until = new Date(nowMs + (retention.unit === 'Days' ? retention.count * DAY_MS : 0));
  if (retention.unit === 'Years') until.setUTCFullYear(until.getUTCFullYear() + retention.count);
  return { [LOCK_MODE]: retention.mode, [LOCK_UNTIL]: until.toISOString() };
}

/** Amazon S3 API Reference, PutObject: bytes that will be kept for years have to prove that they arrived whole. */
export function lacksDigest(exchange: Exchange, headers: Readonly<Record<string, string>>): boolean {
  const hasLock = headers[LOCK_MODE] !== undefined || headers[LOCK_HOLD] !== undefined;
  if (!hasLock || header(exchange, 'content-md5') !== undefined) return false;
  const checksum = announcedChecksum(exchange);
  return checksum !== 'invalid' && checksum.algorithm === undefined;
}

/** Retention that a delete of this version has to respect. */
export function isLocked(version: ObjectVersion, bypassGovernance: boolean, nowMs: number): boolean {
  const { headers } = version;
  if (headers[LOCK_HOLD] === 'ON') return true;
  const until = Date.parse(headers[LOCK_UNTIL] ?? '');
  if (!(until > nowMs)) return false;
  return headers[LOCK_MODE] === 'COMPLIANCE' || !bypassGovernance;
}

/** `undefined` takes the retention away. */
export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly untilMs: number;
}

/** May the retention become this one? Longer always; shorter or weaker only by bypassing governance, never compliance. */
export function mayRetain(
  version: ObjectVersion,
  next: Retention | undefined,
  bypassGovernance: boolean,
  nowMs: number,
): boolean {
  const untilMs = Date.parse(version.headers[LOCK_UNTIL] ?? '');
  const mode = version.headers[LOCK_MODE];
  if (!(untilMs > nowMs)) return true;
  const isLonger =
    next !== undefined && next.untilMs >= untilMs && (next.mode === mode || mode === 'GOVERNANCE');
  return isLonger || (mode === 'GOVERNANCE' && bypassGovernance);
}

/** Does the request ask to pass over governance? (Whether it may, rights decide.) */
export function wantsBypass(exchange: Exchange): boolean {
  return header(exchange, 'x-amz-bypass-governance-retention')?.toLowerCase() === 'true';
}
