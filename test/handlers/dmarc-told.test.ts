/** What the record of a decision tells beside it: that an author is new, and signatures by number where there are many. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { policyNeeds } from '../../shared/policy/needs.ts';
import { mail, signed, testKeyRecord } from '../support/senders.ts';
import {
  CONTEXT,
  createWorld,
  policyOf,
  restarted,
  ruleEvent,
  typeForAll,
  type World,
  type WorldOptions,
} from './support/world.ts';

const TXT = {
  '_dmarc.signs.example': ['v=DMARC1; p=reject'],
  'test._domainkey.signs.example': [testKeyRecord],
  'test._domainkey.example.com': [testKeyRecord],
};
const policy = (keys: string, rest = '') =>
  policyOf(
    `version: 1\norganization: { domains: [example.com] }\ndmarc: { mode: enforce, ${keys} }\n${rest}`,
  );
const ASKS = policy('firstContact: true');
const letter = Buffer.from(mail({ from: 'bob@signs.example', subject: 'Offer' }), 'latin1');
const to = (...addresses: string[]) => ({
  envelope: {
    mailFrom: { address: 'bob@signs.example' },
    recipients: addresses.map((address) => ({ address })),
  },
});

async function judge(world: World, event = {}) {
  const response = await createFlowHandler([dmarc, rules], () => world.ports)(ruleEvent(event), CONTEXT);
  const record = world.logs.findLast((each) => each.event === 'decision' && each['step'] === 'dmarc');
  return { record, hints: record?.['hints'], type: typeForAll(response) };
}

const worldOf = (changes: Partial<WorldOptions> = {}) =>
  createWorld({ policy: ASKS, message: letter, txt: TXT, ...changes });

describe('the hint first-contact', () => {
  it('is told for the first message of an author, also when that is tried again', async () => {
    const world = worldOf();
    expect(await judge(world)).toMatchObject({ hints: ['first-contact all'], type: 'DEFAULT' });
    const again = restarted(world, { policy: ASKS, message: letter, txt: TXT });
    expect((await judge(again)).hints).toEqual(['first-contact all']);
    const second = { messageId: '5bb5a1a0-0000-4000-8000-000000000002' };
    again.messages.set(second.messageId, letter);
    expect((await judge(again, second)).hints).toBeUndefined();
    const both = {
      ...to('alice@example.com', 'Carol@Example.com'),
      messageId: '5bb5a1a0-0000-4000-8000-000000000003',
    };
    again.messages.set(both.messageId, letter);
    expect((await judge(again, both)).hints).toEqual(['first-contact some']);
  });

  it('costs nothing where it is not asked for', async () => {
    const world = worldOf({ policy: policy('firstContact: false') });
    expect((await judge(world)).hints).toBeUndefined();
    expect(world.calls.join()).not.toContain('contacts/');
    expect(policyNeeds(ASKS).keepBucket).toBe(true);
    expect(policyNeeds(policy('firstContact: false')).keepBucket).toBe(false);
  });

  it('asks once where rules ask too', async () => {
    const rule = 'rules: [{ name: new, when: { direction: inbound, firstContact: true }, do: [stop] }]\n';
    const whole = policy(
      'firstContact: true',
      rule.replace('stop', '{ setHeader: { name: X-New, value: x } }'),
    );
    const world = worldOf({ policy: whole });
    expect((await judge(world)).hints).toEqual(['first-contact all']);
    expect(world.calls.filter((call) => call.startsWith('s3-put contacts/'))).toHaveLength(1);
    expect(world.calls.some((call) => call.startsWith('flow-put'))).toBe(true);
  });

  it('is not told of a colleague whose mail is proved, nor of mail without one author', async () => {
    const colleague = await signed(mail({ from: 'new@example.com', subject: 'Hello' }), 'example.com');
    const txt = { ...TXT, '_dmarc.example.com': ['v=DMARC1; p=reject'] };
    const { hints, record } = await judge(worldOf({ message: Buffer.from(colleague, 'latin1'), txt }));
    expect([record?.['reason'], hints]).toEqual(['pass', undefined]);
    const nobody = worldOf({ message: Buffer.from('Subject: x\r\n\r\nx\r\n') });
    expect((await judge(nobody)).hints).toBeUndefined();
    expect(nobody.calls.join()).not.toContain('contacts/');
  });

  it.each([
    ['now', new TemporaryError('slow down'), 'warn'],
    ['at all', new PermanentError('no such bucket'), 'error'],
  ])(
    'is unknown where the store does not answer %s: one record, and the mail goes on',
    async (_when, error, level) => {
      const world = worldOf();
      world.faults.set('s3-put', () => error);
      expect(await judge(world)).toMatchObject({ hints: undefined, type: 'DEFAULT' });
      const failures = world.logs.filter(({ event }) => event === 'failure');
      expect(failures).toEqual([
        expect.objectContaining({ level, step: 'dmarc', kind: 'lookup', what: 'first-contact' }),
      ]);
    },
  );

  it('is unknown without a bucket', async () => {
    const world = worldOf({ buckets: false });
    expect(await judge(world)).toMatchObject({ hints: undefined, type: 'DEFAULT' });
    expect(world.logs).toContainEqual(
      expect.objectContaining({ what: 'first-contact', reason: 'MAILROOM_KEEP_BUCKET is not set' }),
    );
  });
});

describe('a mailing list in the log', () => {
  const listed = mail({
    from: 'bob@signs.example',
    subject: 'Offer',
    more: 'List-Id: <a.lists.example>\r\n',
  });

  it.each([
    ['unsigned', listed],
    ['signed', signed(listed, 'lists.example')],
    [undefined, letter.toString('latin1')],
  ])('%s: a code, and no name of it', async (list, message) => {
    const txt = { ...TXT, 'test._domainkey.lists.example': [testKeyRecord] };
    const { record } = await judge(worldOf({ message: Buffer.from(await message, 'latin1'), txt }));
    expect(record?.['list']).toBe(list);
    expect(JSON.stringify(record)).not.toContain('lists.example');
  });
});

describe('signatures in the log', () => {
  const junk = 'DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=From; bh=AAAA; b=AAAA\r\n';

  it.each([
    [9, undefined, 10],
    [3_000, 3_001, 10],
  ])(
    'beside %i made up ones: those that pass come first, and the rest is a number',
    async (count, told, logged) => {
      const good = await signed(letter.toString('latin1'), 'signs.example');
      const message = Buffer.from(junk.repeat(count) + good, 'latin1');
      const { record } = await judge(worldOf({ message, policy: policy('') }));
      expect(record?.['signatures']).toBe(told);
      const dkim = record?.['dkim'];
      expect(Array.isArray(dkim) ? dkim.length : 0).toBe(logged);
      expect(JSON.stringify(record).length).toBeLessThan(1_500);
      if (told === undefined) expect(dkim).toMatchObject({ 0: 'pass verified' });
    },
  );
});
