/** Notices go out once, to whom the rule says, not too often, and never because of a notice or a machine. */
import { simpleParser } from 'mailparser';
import { describe, expect, test, vi } from 'vitest';
import { takeTurn } from '../../../handlers/edge/keep/notice-rate.ts';
import { sendNotices } from '../../../handlers/edge/keep/notices.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { Effect } from '../../../shared/policy/decision.ts';
import { type CallOptions, type KeepWorld, keepWorld, MAIL, messageOf, NOW } from './world.ts';

const HELD: Effect = { kind: 'quarantine', rule: 'no programs', recipients: [0], notify: 'recipient' };
const TELL: Effect = {
  kind: 'notify',
  rule: 'audit',
  to: ['admin@example.com'],
  subject: 'About %%Rule%%',
  text: 'Text.',
  includeHeader: true,
};

async function send(world: KeepWorld, effects: readonly Effect[], options: CallOptions = {}) {
  const invocation = world.invocation(options);
  const textOf = (rule: string, text: string) => text.replaceAll('%%Rule%%', rule);
  await sendNotices(invocation, await messageOf(invocation), effects, textOf);
}

const outcomes = (world: KeepWorld) =>
  world.logs.filter(({ event }) => event === 'notice').map(({ outcome, reason }) => `${outcome} ${reason}`);
const call = (number: number): CallOptions => ({ event: { invocationId: `call-${number}` } });

describe('a notice', () => {
  test('tells the recipient of held mail what is held, under which id', async () => {
    const world = keepWorld();
    await send(world, [HELD]);
    expect(world.sent).toMatchObject([{ from: 'mailroom@example.com', to: 'Alice@Example.com' }]);
    const mail = await simpleParser(Buffer.from(world.sent[0]?.raw ?? []));
    expect(mail.text).toMatch(
      /Subject: Grüße\nHeld: {4}Sat, 21 Nov 2026 09:30:00 \+0000\nRule: {4}no programs: they harm\n[\s\S]* {4}[0-9a-f]{32}\n/,
    );
    expect(JSON.stringify(world.logs)).not.toMatch(/alice|bob|Grüße/i);
  });

  test('has the text of the rule with its variables, and the header where it is wanted', async () => {
    const world = keepWorld();
    await send(world, [TELL]);
    const mail = await simpleParser(Buffer.from(world.sent[0]?.raw ?? []));
    expect(mail.subject).toBe('About audit');
    expect(mail.text).toContain('Text.\n\nFrom: Bob <bob@partner.example>\n');
  });

  test('goes out once, however often the call is made', async () => {
    const world = keepWorld();
    for (let time = 0; time < 3; time++) await send(world, [HELD, TELL]);
    expect(world.sent).toHaveLength(2);
    expect(outcomes(world)).toContain('not-sent sent-before');
  });

  test('goes to addresses of the rule, or to nobody', async () => {
    const world = keepWorld();
    await send(world, [
      { ...HELD, notify: 'none' },
      { ...HELD, rule: 'b', notify: ['a@example.com', 'b@example.com', 'a@example.com'] },
    ]);
    expect(world.sent.map(({ to }) => to)).toEqual(['a@example.com', 'b@example.com']);
  });

  test('never goes to the address that notices come from', async () => {
    const world = keepWorld();
    await send(world, [{ ...TELL, to: ['Mailroom@example.com'] }]);
    expect([world.sent, outcomes(world)]).toEqual([[], ['not-sent own-address']]);
  });
});

const withField = (header: string) => ({ message: Buffer.from(`${header}\r\n${MAIL.toString()}`) });
const to = (...all: string[]) => ({
  envelope: { mailFrom: { address: 'bob@partner.example' }, recipients: all.map((address) => ({ address })) },
});
const ADDRESSES: Effect = { ...HELD, notify: ['admin@example.com'] };

describe('because of a machine, a list or nobody', () => {
  test.each(['Auto-Submitted: auto-generated', 'List-Id: <x.example>'])(
    '(%s) nobody is told but those whose mail was held',
    async (header) => {
      const world = keepWorld();
      await send(world, [HELD, TELL, { ...ADDRESSES, rule: 'b' }], withField(header));
      expect(world.sent.map((mail) => mail.to)).toEqual(['Alice@Example.com']);
      expect(outcomes(world)).toEqual(['not-sent automatic', 'sent rule']);
    },
  );

  test('(a null sender) too', async () => {
    const event = { envelope: { mailFrom: { address: '' }, recipients: [{ address: 'alice@example.com' }] } };
    const world = keepWorld();
    await send(world, [HELD, TELL], { event });
    expect(outcomes(world)).toEqual(['not-sent null-sender', 'sent rule']);
  });
});

describe('nothing goes round in circles', () => {
  test('a notice of ours is told of to nobody, also when S3 does not say whether it is one', async () => {
    const world = keepWorld();
    await send(world, [HELD]);
    const message = world.sent[0]?.raw ?? Buffer.alloc(0);
    await send(world, [HELD, TELL], { ...call(2), message });
    world.faults.set('exists', new TemporaryError('s3 HeadObject: SlowDown'));
    await send(world, [HELD, TELL], { ...call(3), message });
    expect(world.sent).toHaveLength(1);
    expect(outcomes(world).slice(1)).toEqual(['not-sent a-notice', 'not-sent a-notice']);
  });

  test('one that was made up is told of: its sender must not be able to keep quiet', async () => {
    const world = keepWorld();
    await send(world, [HELD, TELL], withField(`X-Mailroom-Notice: v1 ${'0'.repeat(32)}`));
    await send(world, [HELD], { ...call(2), ...withField('X-Mailroom-Notice: v1') });
    expect(world.sent).toHaveLength(3);
  });

  test('what comes to the address of the notices alone is told of to nobody', async () => {
    const world = keepWorld();
    await send(world, [HELD, TELL], { event: to('Mailroom@example.com') });
    expect([world.sent, outcomes(world)]).toEqual([[], ['not-sent own-address']]);
  });
});

describe('who is told of held mail', () => {
  test('is nobody outside, when a user of ours wrote to them', async () => {
    const event = { flowDirection: 'OUTBOUND', ...to('wendy@good.example', 'alice@example.com') };
    const world = keepWorld();
    await send(world, [{ ...HELD, recipients: [0, 1] }], { event });
    await send(world, [HELD], { event: { ...event, invocationId: 'call-2' } });
    expect(world.sent.map((mail) => mail.to)).toEqual(['alice@example.com']);
  });

  test('is twenty people at most, and the log says how many are left out', async () => {
    const all = Array.from({ length: 23 }, (_, index) => `a${index}@example.com`);
    const world = keepWorld();
    await send(world, [{ ...HELD, recipients: [...all.keys()] }], { event: to(...all) });
    expect(world.sent).toHaveLength(20);
    expect(world.logs[0]).toMatchObject({ level: 'warn', outcome: 'capped', reason: 'receivers', count: 3 });
  });
});

describe('too many notices', () => {
  test('in an hour to one address are left out and counted; another address and hour have their own', async () => {
    const world = keepWorld();
    for (let number = 0; number < 5; number++) await send(world, [TELL], call(number));
    expect(world.sent).toHaveLength(3);
    expect(outcomes(world).filter((outcome) => outcome === 'capped rate')).toHaveLength(2);
    await send(world, [{ ...TELL, to: ['ADMIN@example.com'] }], call(9));
    expect(world.sent).toHaveLength(3);
    await send(world, [{ ...TELL, to: ['other@example.com'] }], call(6));
    await send(world, [TELL], { ...call(7), now: NOW + 3_600_000 });
    expect(world.sent).toHaveLength(5);
  });

  test('cost a handful of calls each, and turns are taken once when many come together', async () => {
    const world = keepWorld();
    const { objectStore } = world.invocation().ports;
    const turns = { bucket: 'keep', prefix: 'notices/h/r', turns: 100 };
    const { signal } = new AbortController();
    for (let number = 0; number < 100; number++) await takeTurn(objectStore, turns, signal);
    world.calls.length = 0;
    expect(await takeTurn(objectStore, turns, signal)).toBe(false);
    expect(world.calls.length).toBeLessThan(10);
    const other = { ...turns, prefix: 'notices/h/s', turns: 3 };
    const together = await Promise.all(Array.from({ length: 8 }, () => takeTurn(objectStore, other, signal)));
    expect(together.filter(Boolean)).toHaveLength(3);
  });
});

describe('a notice that cannot be sent', () => {
  test('because the mail system hangs holds the mail for five seconds at most, and ends the others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('over')), ms);
      return controller.signal;
    });
    const world = keepWorld();
    const invocation = world.invocation();
    const hung = {
      ...invocation,
      ports: {
        ...invocation.ports,
        sendMail: (_mail: unknown, signal: AbortSignal) =>
          new Promise<never>((_resolve, reject) => {
            const end = () => reject(new TemporaryError('ses SendEmail: hangs'));
            if (signal.aborted) end();
            else signal.addEventListener('abort', end);
          }),
      },
    };
    const sending = sendNotices(hung, await messageOf(hung), [HELD, TELL], (_rule, text) => text);
    await vi.advanceTimersByTimeAsync(5_000);
    await sending;
    expect(outcomes(world)).toEqual(['failed ses SendEmail: hangs', 'failed ses SendEmail: hangs']);
    timeout.mockRestore();
    vi.useRealTimers();
  });

  test.each<[string, CallOptions, string]>([['no bucket', { bucket: undefined }, 'failed no-keep-bucket']])(
    'for %s is told and counted, and throws nothing',
    async (_why, options, outcome) => {
      const world = keepWorld();
      await send(world, [HELD], options);
      expect(outcomes(world)).toEqual([outcome]);
    },
  );

  test('for a failure of SES or S3 too, and the next one is tried', async () => {
    const world = keepWorld();
    world.faults.set('send', new TemporaryError('ses SendEmail: Throttling'));
    await send(world, [HELD, TELL]);
    world.faults.clear();
    world.faults.set('put', new TemporaryError('s3 PutObject: SlowDown'));
    await send(world, [TELL], call(2));
    expect(outcomes(world)).toEqual([
      'failed ses SendEmail: Throttling',
      'failed ses SendEmail: Throttling',
      'failed s3 PutObject: SlowDown',
    ]);
  });
});
