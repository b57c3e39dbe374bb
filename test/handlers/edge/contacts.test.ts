import { describe, expect, it } from 'vitest';
import { createContacts, MAX_CONTACT_RECIPIENTS } from '../../../handlers/edge/contacts.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { rulesOnly } from '../support/policies.ts';
import { createWorld, fixture } from '../support/world.ts';

const calm = () => new AbortController().signal;
const question = {
  author: 'Bob@Partner.example',
  proved: true,
  recipients: ['alice@example.com', 'carol@example.com'],
  messageId: 'first',
};

function open(world = createWorld({ policy: rulesOnly, message: fixture('inbound-pass.eml') })) {
  const { objectStore } = world.ports;
  const process = () => createContacts({ objectStore, bucket: 'keep', organizationId: 'm-1' });
  return { world, process };
}

describe('first contact', () => {
  it('is the first message of an author to a recipient, and no later one, in any process', async () => {
    const { process } = open();
    const contacts = process();
    expect(await contacts.firstContact(question, calm())).toEqual([true, true]);
    const later = { ...question, messageId: 'second', recipients: ['ALICE@example.com', 'dave@example.com'] };
    expect(await process().firstContact(later, calm())).toEqual([false, true]);
    expect(await contacts.firstContact({ ...later, messageId: 'third' }, calm())).toEqual([false, false]);
  });

  it('stays the first over retries of the same message', async () => {
    const { process } = open();
    const contacts = process();
    for (const again of [contacts, contacts, process()])
      expect(await again.firstContact(question, calm())).toEqual([true, true]);
  });

  it('is not made by somebody who only claims to be the author', async () => {
    const { process } = open();
    const forged = { ...question, proved: false, messageId: 'forged' };
    expect(await process().firstContact(forged, calm())).toEqual([true, true]);
    expect(await process().firstContact(question, calm())).toEqual([true, true]);
  });

  it('costs a request once for a pair that this process knows', async () => {
    const { world, process } = open();
    const contacts = process();
    await contacts.firstContact(question, calm());
    await contacts.firstContact({ ...question, messageId: 'second' }, calm());
    const calls = world.calls.length;
    expect(await contacts.firstContact({ ...question, messageId: 'third' }, calm())).toEqual([false, false]);
    expect(world.calls).toHaveLength(calls);
  });

  it('is unknown for those whom a crowd is too large for', async () => {
    const { world, process } = open();
    const recipients = Array.from({ length: MAX_CONTACT_RECIPIENTS + 2 }, (_, at) => `u${at}@example.com`);
    const answers = await process().firstContact({ ...question, recipients }, calm());
    expect(answers.slice(-3)).toEqual([true, undefined, undefined]);
    expect(world.effects).toHaveLength(MAX_CONTACT_RECIPIENTS);
  });

  it('shows no address in keys, and throws what S3 throws', async () => {
    const { world, process } = open();
    await process().firstContact(question, calm());
    for (const key of world.objects.keys()) expect(key).toMatch(/^keep\/contacts\/[0-9a-f]{64}$/);
    world.faults.set('s3-put', () => new TemporaryError('busy'));
    await expect(process().firstContact(question, calm())).rejects.toThrow(TemporaryError);
  });
});
