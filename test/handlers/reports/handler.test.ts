/** The daily reports against a world of tables: once each, whatever is killed or tried again, and only to who wants them. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createReportsHandler } from '../../../handlers/reports/handler.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { policyOf } from '../support/world.ts';
import { createReportWorld, DAY, POLICY, type ReportWorld, seen } from './world.ts';

const CONTEXT = { getRemainingTimeInMillis: () => 600_000 };
const ZONE = {
  '_dmarc.bank.example': 'v=DMARC1; p=reject; rua=mailto:dmarc@bank.example',
  '_dmarc.shop.example': 'v=DMARC1; p=none; rua=mailto:a@collector.example,mailto:b@shop.example',
  'shop.example._report._dmarc.collector.example': 'v=DMARC1;',
  '_dmarc.quiet.example': 'v=DMARC1; p=reject',
};

function run(world: ReportWorld, event: unknown = {}, mode: 'off' | 'monitor' | 'enforce' = 'enforce') {
  return createReportsHandler(
    () => world.ports,
    () => mode,
  )(event, CONTEXT);
}

function filled(): ReportWorld {
  const world = createReportWorld(ZONE);
  for (const domain of ['bank.example', 'bank.example', 'shop.example', 'quiet.example']) seen(world, domain);
  seen(world, 'bank.example', { sourceIp: '2001:db8::1' });
  return world;
}

function receivers({ sent }: ReportWorld): string[] {
  return sent.map(({ to }) => to).sort();
}

const ALL = ['a@collector.example', 'b@shop.example', 'dmarc@bank.example'];

describe('the reports of a day', () => {
  it('go to everybody whom a record names and who wants them, once', async () => {
    const world = filled();
    await expect(run(world)).resolves.toEqual({ domains: 3, made: 2, sent: 3 });
    expect(receivers(world)).toEqual(ALL);
    await expect(run(world)).resolves.toEqual({ domains: 0, made: 0, sent: 0 });
    expect(receivers(world)).toEqual(ALL);
  });

  it('hold one row for messages that have the same results', async () => {
    const world = filled();
    await run(world);
    const [file] = [...world.objects].filter(([key]) => key.startsWith(`reports/made/${DAY}/bank.example/`));
    const xml = gunzipSync(file?.[1] ?? '').toString();
    expect(xml.match(/<count>\d+<\/count>/g)).toEqual(['<count>2</count>', '<count>1</count>']);
    expect(xml).toContain('<source_ip>2001:db8::1</source_ip>');
  });

  it.each(Array.from({ length: 14 }, (_, index) => [index + 1]))(
    'killed after effect %i and run again, no mail goes out twice',
    async (effects) => {
      const first = filled();
      first.killAfter = effects;
      const ended = await Promise.race([run(first), first.killed]);
      const next = createReportWorld(ZONE, undefined, first);
      await run(next);
      const sent = receivers(next);
      expect(new Set(sent).size).toBe(sent.length);
      // Killed between the claim and SES's answer, one report is missing rather than doubled.
      expect(sent.length).toBeGreaterThanOrEqual(ended === 'killed' ? 2 : 3);
      expect(next.objects.has(`reports/done/${DAY}/bank.example.json`)).toBe(true);
    },
  );

  it('that SES does not take are tried again under the same names, and given up after three times', async () => {
    const world = filled();
    const error = new TemporaryError('ses SendEmail: ThrottlingException 429');
    world.mailError = () => error;
    await expect(run(world)).rejects.toThrow('2 domains are left for later');
    world.mailError = undefined;
    const next = createReportWorld(ZONE, undefined, world);
    await run(next);
    expect(receivers(next)).toEqual(ALL);
    const stubborn = filled();
    stubborn.mailError = () => new PermanentError('ses SendEmail: MessageRejected 400');
    for (const _ of [1, 2, 3]) await expect(run(stubborn)).rejects.toBeInstanceOf(TemporaryError);
    await expect(run(stubborn)).resolves.toMatchObject({ sent: 0 });
  });

  it('wait for a name that cannot be looked up', async () => {
    const world = filled();
    world.deadNames.add('shop.example._report._dmarc.collector.example');
    // One of three: the owner's affair, and no alarm of ours.
    await expect(run(world)).resolves.toMatchObject({ domains: 3, sent: 2 });
    expect(world.objects.has(`reports/done/${DAY}/shop.example.json`)).toBe(false);
    expect(receivers(world)).toEqual(['b@shop.example', 'dmarc@bank.example']);
    const next = createReportWorld(ZONE, undefined, world);
    await run(next);
    expect(receivers(next)).toEqual(ALL);
  });

  it('are not ended by many forged domains in a row whose DNS is dead', async () => {
    const dead = Array.from({ length: 60 }, (_, at) => `d${at}.forger.example`);
    const world = createReportWorld(ZONE);
    for (const domain of [...dead, 'bank.example', 'shop.example']) seen(world, domain);
    for (const domain of dead) world.deadNames.add(`_dmarc.${domain}`);
    // So many that it may be our own DNS.
    await expect(run(world)).rejects.toThrow('60 domains are left');
    expect(receivers(world)).toEqual(ALL);
  });

  it('wait for each other where there is much mail, and not where there is little', async () => {
    const most = { large: 0, small: 0 };
    const counted = async (messages: number, kind: 'large' | 'small') => {
      const world = createReportWorld(
        Object.fromEntries(
          [1, 2, 3].map((at) => [`_dmarc.n${at}.example`, `v=DMARC1; p=none; rua=mailto:a@n${at}.example`]),
        ),
      );
      for (let at = 0; at < messages; at += 1)
        for (const domain of ['n1.example', 'n2.example', 'n3.example']) seen(world, domain);
      const reading = new Set<string>();
      const { get } = world.ports.objectStore;
      const ports = {
        ...world.ports,
        objectStore: {
          ...world.ports.objectStore,
          async get(...args: Parameters<typeof get>) {
            reading.add(args[1].split('/')[2] ?? '');
            most[kind] = Math.max(most[kind], reading.size);
            await new Promise((resolve) => setImmediate(resolve));
            return get(...args);
          },
          async putIfAbsent(...args: Parameters<typeof world.ports.objectStore.putIfAbsent>) {
            reading.delete(args[0].key.split('/')[3] ?? '');
            return world.ports.objectStore.putIfAbsent(...args);
          },
        },
      };
      await run({ ...world, ports });
      expect(world.sent).toHaveLength(3);
    };
    await counted(1_000, 'large');
    await counted(3, 'small');
    expect(most).toEqual({ large: 1, small: 3 });
  });

  it('are made and not sent where the functions only watch, and not made where they are off', async () => {
    const world = filled();
    await expect(run(world, {}, 'monitor')).resolves.toMatchObject({ made: 2, sent: 0 });
    expect(world.sent).toEqual([]);
    const off = filled();
    await expect(run(off, {}, 'off')).resolves.toEqual({ domains: 0, made: 0, sent: 0 });
    expect(off.asked).toEqual([]);
  });

  it('go neither to suppressed addresses, nor to their own sender, nor beyond the number for a day', async () => {
    const suppressing = createReportWorld(
      {
        ...ZONE,
        '_dmarc.loop.example': 'v=DMARC1; p=none; rua=mailto:dmarc@example.com',
        'loop.example._report._dmarc.example.com': 'v=DMARC1',
      },
      policyOf(`${POLICY}    suppress: [collector.example, b@shop.example]\n`),
    );
    for (const domain of ['shop.example', 'bank.example', 'loop.example']) seen(suppressing, domain);
    await run(suppressing);
    expect(receivers(suppressing)).toEqual(['dmarc@bank.example']);
    const few = createReportWorld(ZONE, policyOf(`${POLICY}    perDay: 1\n`));
    for (const domain of ['shop.example', 'bank.example']) seen(few, domain);
    await run(few);
    expect(few.sent).toHaveLength(1);
    expect(few.logs).toContainEqual(expect.objectContaining({ outcome: 'capped', reason: 'per-day' }));
  });

  it('say why nobody gets one', async () => {
    const zone = {
      '_dmarc.quiet.example': 'v=DMARC1; p=reject',
      '_dmarc.victim.example': 'v=DMARC1; p=none; rua=mailto:a@stranger.example',
      '_dmarc.shy.example': 'v=DMARC1; p=none; rua=mailto:a@shy.example',
      '_dmarc.example.com': 'v=DMARC1; p=none; rua=mailto:dmarc@example.com',
    };
    for (const [domain, reason] of [
      ['quiet.example', 'nobody-asks'],
      ['victim.example', 'not-authorized'],
      ['shy.example', 'suppressed'],
      ['example.com', 'suppressed'],
    ] as const) {
      const world = createReportWorld(zone, policyOf(`${POLICY}    suppress: [shy.example]\n`));
      seen(world, domain);
      await run(world);
      expect(world.sent).toEqual([]);
      expect(world.logs).toContainEqual(expect.objectContaining({ event: 'report-domain', reason }));
    }
  });

  it('that SES did not take keep their turn among those of the day', async () => {
    const policy = policyOf(`${POLICY}    perDay: 2\n`);
    const world = createReportWorld(ZONE, policy);
    for (const domain of ['shop.example', 'bank.example']) seen(world, domain);
    world.mailError = () => new TemporaryError('ses SendEmail: ServiceUnavailable 503');
    await expect(run(world)).rejects.toBeInstanceOf(TemporaryError);
    const next = createReportWorld(ZONE, policy, world);
    await run(next);
    expect(receivers(next)).toHaveLength(2);
  });

  it('take up what earlier days left, and a day by its name', async () => {
    const world = filled();
    await expect(run(world, { day: '2026-11-19' })).resolves.toMatchObject({ domains: 0 });
    await expect(run(world, { day: DAY })).resolves.toMatchObject({ sent: 3 });
    await expect(run(world, { day: 'yesterday' })).rejects.toBeInstanceOf(PermanentError);
  });

  it('leave out what is no observation', async () => {
    const world = filled();
    world.objects.set(`observed/${DAY}/bank.example/odd.json`, Buffer.from('{"version":1}'));
    world.objects.set(`observed/${DAY}/bank.example/big.json`, Buffer.alloc(100_000));
    await run(world);
    expect(world.logs).toContainEqual(expect.objectContaining({ outcome: 'unreadable', count: 2 }));
    expect(world.sent).toHaveLength(3);
  });

  it('name no address and no domain in the log', async () => {
    const world = filled();
    await run(world);
    expect(JSON.stringify(world.logs)).not.toMatch(/@|\.example/);
  });
});
