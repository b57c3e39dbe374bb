/** MAILROOM_DELETE_AFTER_PUT: the object in S3 ends as soon as WorkMail has answered, and the mail never depends on it. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import type { ObjectStore } from '../../handlers/edge/object-store.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { PutResult } from '../../shared/workmail/message-flow.ts';
import { rulesOnly } from './support/policies.ts';
import {
  answerOrDeath,
  CONTEXT,
  createWorld,
  finalState,
  fixture,
  MESSAGE_ID,
  restarted,
  ruleEvent,
  typeForAll,
  type World,
} from './support/world.ts';

const OPTIONS = { policy: rulesOnly, message: fixture('inbound-pass.eml'), deleteAfterPut: true };

function call(world: World, ports = world.ports) {
  return createFlowHandler([rules], () => ports)(ruleEvent(), CONTEXT);
}

const deletion = ({ logs }: World) => logs.find((record) => record['effect'] === 's3-delete');
const bannered = ({ messages }: World) =>
  Buffer.from(messages.get(MESSAGE_ID) ?? []).includes('comes from outside');

describe('deleting after the Put', () => {
  it('is off unless it is switched on', async () => {
    const world = createWorld({ ...OPTIONS, deleteAfterPut: false });
    await call(world);
    expect(world.calls.some((made) => made.startsWith('s3-delete'))).toBe(false);
    expect(world.objects.size).toBe(1);
  });

  it('deletes the very version, after WorkMail took it', async () => {
    const world = createWorld(OPTIONS);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.effects.map((effect) => effect.split(' ')[0])).toEqual(['put', 'flow-put', 'delete']);
    expect(world.effects[2]).toMatch(/ v1$/);
    expect(deletion(world)).toMatchObject({ level: 'info', result: 'deleted' });
    expect(world.objects.size).toBe(0);
    expect(bannered(world)).toBe(true);
  });

  it.each<PutResult>([
    { kind: 'frozen' },
    { kind: 'rejected', reason: 'line too long' },
    { kind: 'invalid-location', reason: 'bucket policy' },
    { kind: 'not-found' },
  ])('deletes what WorkMail refused, too: $kind', async (result) => {
    const world = createWorld(OPTIONS);
    world.putResult = result;
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.objects.size).toBe(0);
  });

  it('keeps it while WorkMail may still come for it', async () => {
    const world = createWorld(OPTIONS);
    world.faults.set('flow-put', () => new TemporaryError('busy'));
    await call(world);
    expect(world.objects.size).toBe(1);
  });

  it.each([
    ['denied', () => new PermanentError('s3 DeleteObject: AccessDenied 403')],
    ['busy', () => new TemporaryError('s3 DeleteObject: SlowDown 503')],
  ])('%s: the mail goes on, and the log tells', async (_, fault) => {
    const world = createWorld(OPTIONS);
    world.faults.set('s3-delete', fault);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(bannered(world)).toBe(true);
    expect(deletion(world)).toMatchObject({ level: 'warn', result: 'kept', reason: fault().message });
    expect(world.logs.some(({ event }) => event === 'failure')).toBe(false);
  });

  it('deletes nothing in a bucket without versions, where a retry may be writing the same key', async () => {
    const world = createWorld(OPTIONS);
    const { objectStore } = world.ports;
    const putSlices: ObjectStore['putSlices'] = async (object, signal) => {
      await objectStore.putSlices(object, signal);
      return { versionId: undefined };
    };
    await call(world, { ...world.ports, objectStore: { ...objectStore, putSlices } });
    expect(world.objects.size).toBe(1);
    expect(deletion(world)).toMatchObject({ level: 'warn', result: 'kept' });
  });

  it.each([1, 2, 3].flatMap((killAfter) => [true, false].map((withKey) => ({ killAfter, withKey }))))(
    'a retry after a death at effect $killAfter ends the same, mark key: $withKey',
    async ({ killAfter, withKey }) => {
      const options = { ...OPTIONS, withKey };
      const calm = createWorld(options);
      await call(calm);
      const world = createWorld(options);
      world.killAfter = killAfter;
      expect(await answerOrDeath(world, call(world))).toBe('killed');
      const next = restarted(world, options);
      expect(typeForAll(await call(next))).toBe('DEFAULT');
      const message = `message ${MESSAGE_ID}`;
      expect(finalState(next)[message]).toBe(finalState(calm)[message]);
      expect(bannered(next)).toBe(true);
    },
  );
});
