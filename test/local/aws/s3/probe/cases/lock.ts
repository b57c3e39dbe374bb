import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockRetentionMode,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { freshName, keepVersions, newBucket, type ProbeCase, put, refuses, textOf } from '../probe.ts';

/** Short, so that a probe of a real account does not leave what cannot be removed for long. */
const KEEP_MS = 60_000;

function later(ms = KEEP_MS): Date {
  return new Date(Math.ceil((Date.now() + ms) / 1000) * 1000);
}

function locked(mode: ObjectLockRetentionMode) {
  return { ObjectLockMode: mode, ObjectLockRetainUntilDate: later() };
}

function remove(s3: S3Client, Bucket: string, Key: string, VersionId: string | undefined, bypass = false) {
  const BypassGovernanceRetention = bypass ? true : undefined;
  return s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention }));
}

export const LOCK: readonly ProbeCase[] = [
  {
    name: 'a version under COMPLIANCE cannot be deleted, not by bypass either',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ...locked('COMPLIANCE') });
      await refuses(remove(s3, bucket, key, VersionId), 403, 'AccessDenied');
      await refuses(remove(s3, bucket, key, VersionId, true), 403, 'AccessDenied');
      assert.equal(await textOf(s3, bucket, key, VersionId), 'x');
    },
  },
  {
    name: 'a version under GOVERNANCE is deleted by bypass only',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ...locked('GOVERNANCE') });
      await refuses(remove(s3, bucket, key, VersionId), 403, 'AccessDenied');
      await remove(s3, bucket, key, VersionId, true);
      await refuses(textOf(s3, bucket, key, VersionId), 404);
    },
  },
  {
    name: 'a locked object can be hidden by a marker and not be lost',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ...locked('GOVERNANCE') });
      const marker = await remove(s3, bucket, key, undefined);
      assert.equal(marker.DeleteMarker, true);
      assert.equal(await textOf(s3, bucket, key, VersionId), 'x');
      await refuses(remove(s3, bucket, key, VersionId), 403);
    },
  },
  {
    name: 'a legal hold refuses the delete until it is off',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ObjectLockLegalHoldStatus: 'ON' });
      await refuses(remove(s3, bucket, key, VersionId, true), 403, 'AccessDenied');
      const target = { Bucket: bucket, Key: key, VersionId };
      const held = await s3.send(new GetObjectLegalHoldCommand(target));
      assert.equal(held.LegalHold?.Status, 'ON');
      await s3.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'OFF' } }));
      await remove(s3, bucket, key, VersionId);
    },
  },
  {
    name: 'a lock is said by head and by GetObjectRetention',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const lock = locked('GOVERNANCE');
      await put(s3, bucket, key, { Body: 'x', ...lock });
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      assert.equal(head.ObjectLockMode, 'GOVERNANCE');
      const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket: bucket, Key: key }));
      assert.equal(Retention?.RetainUntilDate?.getTime(), lock.ObjectLockRetainUntilDate.getTime());
    },
  },
  {
    name: 'a retention becomes longer, and under COMPLIANCE never shorter',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ...locked('COMPLIANCE') });
      const retain = (RetainUntilDate: Date, Mode: ObjectLockRetentionMode = 'COMPLIANCE') =>
        s3.send(
          new PutObjectRetentionCommand({
            Bucket: bucket,
            Key: key,
            VersionId,
            Retention: { Mode, RetainUntilDate },
            BypassGovernanceRetention: true,
          }),
        );
      await retain(later(2 * KEEP_MS));
      await refuses(retain(later(KEEP_MS)), 403, 'AccessDenied');
      await refuses(retain(later(3 * KEEP_MS), 'GOVERNANCE'), 403, 'AccessDenied');
    },
  },
  {
    name: 'a retention under GOVERNANCE becomes shorter by bypass only',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      const { VersionId } = await put(s3, bucket, key, { Body: 'x', ...locked('GOVERNANCE') });
      const retain = (bypass: boolean) =>
        s3.send(
          new PutObjectRetentionCommand({
            Bucket: bucket,
            Key: key,
            VersionId,
            Retention: { Mode: 'GOVERNANCE', RetainUntilDate: later(KEEP_MS / 2) },
            ...(bypass ? { BypassGovernanceRetention: true } : {}),
          }),
        );
      await refuses(retain(false), 403, 'AccessDenied');
      await retain(true);
    },
  },
  {
    name: 'the retention that a bucket gives by default locks new objects',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3, true);
      const ObjectLockConfiguration = {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2 } },
      } as const;
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
      const { VersionId } = await put(s3, Bucket, 'k', { Body: 'x' });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      assert.equal(head.ObjectLockMode, 'GOVERNANCE');
      const keptMs = (head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now();
      assert.ok(Math.abs(keptMs - 2 * 86_400_000) < 60_000, `kept for ${keptMs} ms`);
      await refuses(remove(s3, Bucket, 'k', VersionId), 403, 'AccessDenied');
    },
  },
  {
    name: 'a lock needs a bucket that was made for it',
    run: async ({ s3, kept }) => {
      await refuses(
        put(s3, kept, freshName(), { Body: 'x', ...locked('GOVERNANCE') }),
        400,
        'InvalidRequest',
      );
    },
  },
  {
    name: 'a lock into the past is refused',
    run: async ({ s3, locked: bucket }) => {
      const past = { ...locked('GOVERNANCE'), ObjectLockRetainUntilDate: new Date(0) };
      await refuses(put(s3, bucket, freshName(), { Body: 'x', ...past }), 400, 'InvalidArgument');
    },
  },
  {
    name: 'a bucket with Object Lock keeps versions for good',
    run: async ({ s3, locked: bucket }) => {
      await refuses(keepVersions(s3, bucket, 'Suspended'), 409, 'InvalidBucketState');
    },
  },
  {
    name: 'an object without a lock has no retention to tell',
    run: async ({ s3, locked: bucket }) => {
      const key = freshName();
      await put(s3, bucket, key, { Body: 'x' });
      const sent = s3.send(new GetObjectRetentionCommand({ Bucket: bucket, Key: key }));
      await refuses(sent, 404, 'NoSuchObjectLockConfiguration');
    },
  },
];
