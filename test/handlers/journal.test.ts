import { describe, expect, it } from 'vitest';
import { createJournalHandler } from '../../handlers/edge/journal.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { full } from './support/policies.ts';
import { CONTEXT, createWorld, fixture, MESSAGE_ID, ruleEvent, type World } from './support/world.ts';

const message = fixture('inbound-pass.eml');

function call(world: World, event: unknown = ruleEvent()) {
  return createJournalHandler(() => world.ports)(event, CONTEXT);
}

describe('the journal handler', () => {
  it('stores the bytes, then the event, and says so', async () => {
    const world = createWorld({ policy: full, message });
    expect(await call(world)).toEqual({ outcome: 'stored' });
    expect(world.effects).toHaveLength(2);
    expect(world.effects[0]).toMatch(/^put raw\/[0-9a-f]{64}\.eml$/);
    expect(world.effects[1]).toMatch(/^put event\/[0-9a-f]{40}\.json$/);
    expect(await call(world)).toEqual({ outcome: 'already-stored' });
  });

  it('keeps the first content when the message changed between two deliveries of the event', async () => {
    const world = createWorld({ policy: full, message });
    await call(world);
    world.messages.set(MESSAGE_ID, Buffer.from('changed'));
    await call(world);
    expect([...world.objects.keys()].filter((key) => key.includes('raw/'))).toHaveLength(1);
  });

  it('keeps what no parser reads', async () => {
    const world = createWorld({ policy: full, message: Buffer.from([0, 255, 13, 10, 0]) });
    expect(await call(world)).toEqual({ outcome: 'stored' });
  });

  it('throws everything that is not success, so that the event reaches the on-failure destination', async () => {
    const gone = createWorld({ policy: full, message });
    gone.messages.clear();
    await expect(call(gone)).rejects.toThrow(PermanentError);
    await expect(call(createWorld({ policy: full, message, buckets: false }))).rejects.toThrow(
      'MAILROOM_JOURNAL_BUCKET',
    );
    await expect(call(createWorld({ policy: full, message }), { messageId: 1 })).rejects.toThrow(
      PermanentError,
    );
    for (const kind of ['get', 's3-put', 's3-head']) {
      const busy = createWorld({ policy: full, message });
      busy.faults.set(kind, () => new TemporaryError('busy'));
      await expect(call(busy)).rejects.toThrow(TemporaryError);
    }
    for (const kind of ['get', 's3-put']) {
      const denied = createWorld({ policy: full, message });
      denied.faults.set(kind, () => new PermanentError('denied'));
      await expect(call(denied)).rejects.toThrow(PermanentError);
    }
  });

  it('records also where it may not ask what is there, and says so', async () => {
    const world = createWorld({ policy: full, message });
    world.faults.set('s3-head', () => new PermanentError('s3 HeadObject: 403'));
    expect(await call(world)).toEqual({ outcome: 'stored' });
    expect(await call(world)).toEqual({ outcome: 'already-stored' });
    expect(world.effects).toHaveLength(2);
    expect(world.logs).toContainEqual(expect.objectContaining({ level: 'warn', kind: 'record-unseen' }));
  });
});
