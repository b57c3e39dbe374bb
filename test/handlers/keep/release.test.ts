/** A release passes once, in time, for its recipient; a retry of the same message passes again. */
import { describe, expect, test } from 'vitest';
import { releaseState } from '../../../handlers/edge/keep/release.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { asItCame } from '../../../shared/notice/redelivery.ts';
import { makeRelease, originalDigest } from '../../../shared/notice/release.ts';
import { type CallOptions, type KeepWorld, keepWorld, MAC, MAIL, messageOf, NOW } from './world.ts';

const HOUR = 3_600_000;
const { signal } = new AbortController();

async function released(recipient = 'alice@example.com'): Promise<Uint8Array> {
  const expires = NOW / 1000 + 3600;
  const claim = { recipient, digest: originalDigest(MAIL), expires };
  return asItCame(MAIL, await makeRelease(claim, MAC, signal));
}

async function state(world: KeepWorld, options: CallOptions = {}) {
  const invocation = world.invocation({ message: await released(), ...options });
  return releaseState(invocation, await messageOf(invocation));
}

const ANOTHER = { messageId: '5bb5a1a0-0000-4000-8000-000000000002' };

describe('a release', () => {
  test('passes, and again for a retry of the same message, also when its time is over by then', async () => {
    const world = keepWorld();
    expect(await state(world)).toBe('released');
    expect(await state(world)).toBe('released');
    expect(await state(world, { now: NOW + 2 * HOUR })).toBe('released');
    expect(world.objects.size).toBe(1);
  });

  test('is used by the first message that comes with it', async () => {
    const world = keepWorld();
    expect(await state(world)).toBe('released');
    const invocation = world.invocation({ event: ANOTHER });
    const first = await messageOf(world.invocation({ message: await released() }));
    expect(await releaseState(invocation, first)).toBe('used');
    expect(world.logs.at(-1)).toMatchObject({ event: 'release', outcome: 'used' });
  });

  test('ends, and is then not entered as used', async () => {
    const world = keepWorld();
    expect(await state(world, { now: NOW + HOUR + 1_000 })).toBe('expired');
    expect(world.objects.size).toBe(0);
  });

  test('is for one recipient, and for the one that it names', async () => {
    const world = keepWorld();
    const recipients = (...all: string[]) => ({
      envelope: { mailFrom: { address: 'x@y.example' }, recipients: all.map((address) => ({ address })) },
    });
    expect(await state(world, { event: recipients('bob@example.com') })).toBe('not-ours');
    expect(await state(world, { event: recipients('alice@example.com', 'bob@example.com') })).toBe(
      'not-ours',
    );
    expect(await state(world, { event: { truncated: true } })).toBe('not-ours');
    expect(world.objects.size).toBe(0);
  });

  test('is not used up where Mailroom only watches', async () => {
    const world = keepWorld();
    expect(await state(world, { mode: 'monitor' })).toBe('released');
    expect(world.objects.size).toBe(0);
  });
});

describe('what is no release', () => {
  test('needs neither key nor bucket, and is not spoken of', async () => {
    const world = keepWorld();
    expect(await state(world, { message: MAIL, key: false, bucket: undefined })).toBe('none');
    expect([world.calls, world.logs]).toEqual([[], []]);
  });

  test.each<[string, CallOptions]>([
    ['without a key', { key: false }],
    ['without a bucket', { bucket: undefined }],
  ])('%s: nobody gets past the rules with the field', async (_what, options) => {
    const world = keepWorld();
    expect(await state(world, options)).toBe('not-ours');
    expect(world.logs[0]).toMatchObject({ level: 'error', kind: 'release-unread' });
  });

  test('when the bucket refuses for good; for now it is thrown', async () => {
    const world = keepWorld();
    world.faults.set('put', new PermanentError('s3 PutObject: AccessDenied 403'));
    expect(await state(world)).toBe('not-ours');
    world.faults.set('put', new TemporaryError('s3 PutObject: SlowDown'));
    await expect(state(world)).rejects.toThrow(TemporaryError);
  });
});
