import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import type { RuleResponse } from '../../shared/workmail/types.ts';
import { full, fullWith, journalOnly, nothing, rulesOnly } from './support/policies.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  policyOf,
  ruleEvent,
  typeForAll,
  type World,
  type WorldOptions,
} from './support/world.ts';

const STEPS = [capture, dmarc, rules];
const BANK = { '_dmarc.bank.example': ['v=DMARC1; p=reject'] };

function worldWith(options: Partial<WorldOptions> = {}): World {
  return createWorld({ policy: full, message: fixture('inbound-pass.eml'), txt: BANK, ...options });
}

function call(world: World, event: unknown = ruleEvent()): Promise<RuleResponse> {
  return createFlowHandler(STEPS, () => world.ports)(event, CONTEXT);
}

function decisions(world: World): string[] {
  return world.logs
    .filter((record) => record.event === 'decision')
    .map((record) => `${record['step']}: ${record['outcome']} (${record['reason']})`);
}

function text(world: World): string {
  return Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
}

describe('an inbound message from outside', () => {
  it('is captured as it came, gets the banner, and is delivered', async () => {
    const world = worldWith();
    const original = text(world);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(decisions(world)).toEqual([
      'capture: stored (captured)',
      'dmarc: default (pass)',
      'rewrite: rewritten (rules-matched)',
    ]);
    expect(text(world)).toContain('This message comes from outside.');
    expect(text(world).startsWith('X-Mailroom-Mark: v1 ')).toBe(true);
    expect(world.effects.map((effect) => effect.replace(/[0-9a-f]{32,}/g, 'HASH'))).toEqual([
      'put raw/HASH.eml',
      'put event/HASH.json',
      `put rewritten/${MESSAGE_ID}/HASH`,
      `flow-put rewritten/${MESSAGE_ID}/HASH`,
    ]);
    expect(world.calls.filter((made) => made.startsWith('get '))).toHaveLength(1);
    const raw = [...world.objects].find(([key]) => key.startsWith('journal/raw/'))?.[1] ?? Buffer.alloc(0);
    expect(Buffer.from(raw).toString('latin1')).toBe(original);
  });

  it('is recorded with the event, the digest and the size', async () => {
    const world = worldWith();
    const event = ruleEvent({ unknownField: { kept: true } });
    await call(world, event);
    const record: unknown = JSON.parse(
      Buffer.from(world.objects.get(`journal/event/${String(event['invocationId'])}.json`) ?? []).toString(),
    );
    expect(record).toMatchObject({
      version: 1,
      event,
      raw: { size: fixture('inbound-pass.eml').length, content: 'original' },
    });
    const rawKey = [...world.objects.keys()].find((key) => key.startsWith('journal/raw/'));
    expect(`journal/${(record as { raw: { key: string } }).raw.key}`).toBe(rawKey);
  });

  it('is captured once, and the second time says so', async () => {
    const world = worldWith({ policy: journalOnly });
    await call(world);
    await call(world);
    expect(decisions(world)).toEqual([
      'capture: stored (captured)',
      'capture: already-stored (captured-before)',
    ]);
    expect(world.effects).toHaveLength(2);
  });

  it('is told in the log without addresses, subjects or bodies', async () => {
    const world = worldWith();
    await call(world);
    const log = world.logs.map((record) => JSON.stringify(record)).join('\n');
    expect(log).not.toMatch(/@|alice|bob|Offer|Good morning|comes from outside/i);
    for (const record of world.logs) {
      expect(record).toMatchObject({ messageId: MESSAGE_ID, invocationId: ruleEvent()['invocationId'] });
    }
    const edit = world.logs.find((record) => record.event === 'edit');
    expect(edit).toMatchObject({
      rule: 'external banner',
      change: 'prependDisclaimer',
      mediaType: 'text/plain',
    });
  });
});

describe('an inbound message that fails DMARC', () => {
  const message = fixture('inbound-fail.eml');

  it('is captured, then dropped as the policy says, and not rewritten', async () => {
    const world = worldWith({ message });
    expect(typeForAll(await call(world))).toBe('DROP');
    expect(decisions(world)).toEqual(['capture: stored (captured)', 'dmarc: drop (fail-reject)']);
    expect(world.effects.some((effect) => effect.includes('rewritten'))).toBe(false);
  });

  it('is junked and still gets its banner', async () => {
    const world = worldWith({ message, policy: fullWith(['reject: drop', 'reject: junk']) });
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(text(world)).toContain('This message comes from outside.');
  });

  it('is only watched in monitor mode', async () => {
    const world = worldWith({ message, policy: fullWith(['mode: enforce', 'mode: monitor']) });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.logs.find((record) => record['step'] === 'dmarc')).toMatchObject({ wouldBe: 'drop' });
  });

  it('is known to the rules by the reason of the decision, in monitor mode too; without it the condition does not hold', async () => {
    const policyWith = (dmarcSection: string) =>
      policyOf(
        `version: 1\norganization: { domains: example.com, trustSesHeaders: always }\n${dmarcSection}\nrules:\n  - { name: r, when: { direction: inbound, dmarcReason: [fail-reject, fail-quarantine] }, do: [{ prependSubject: "[FAILS]" }] }\n`,
      );
    const watched = worldWith({ message, policy: policyWith('dmarc: { mode: monitor }') });
    await call(watched);
    expect(text(watched)).toMatch(/^Subject: \[FAILS\]/m);
    const without = worldWith({ message, policy: policyWith('') });
    await call(without);
    expect(text(without)).not.toContain('[FAILS]');
    const noDns = worldWith({ message, policy: policyWith('dmarc: { mode: monitor }'), txt: {} });
    await call(noDns);
    expect(text(noDns)).not.toContain('[FAILS]');
  });

  it('gets DEFAULT instead of junk when the event does not tell the direction', async () => {
    const world = worldWith({ message, policy: fullWith(['reject: drop', 'reject: junk']) });
    const { flowDirection: _, invocationId: __, ...older } = ruleEvent();
    expect(typeForAll(await call(world, older))).toBe('DEFAULT');
    expect([...world.objects.keys()]).toContain(`journal/event/message-${MESSAGE_ID}.json`);
  });
});

describe('other messages', () => {
  it('outbound: no DMARC, a footer, DEFAULT', async () => {
    const world = worldWith({ message: fixture('outbound.eml') });
    const event = ruleEvent({
      flowDirection: 'OUTBOUND',
      envelope: {
        mailFrom: { address: 'alice@example.com' },
        recipients: [{ address: 'bob@partner.example' }],
      },
    });
    expect(typeForAll(await call(world, event))).toBe('DEFAULT');
    expect(text(world)).toContain('Example Ltd');
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'skip', step: 'dmarc', reason: 'outbound' }),
    );
  });

  it('signed: left untouched, with a reason', async () => {
    const world = worldWith({ message: fixture('signed.eml'), policy: rulesOnly });
    const before = text(world);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(text(world)).toBe(before);
    expect(world.effects).toEqual([]);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'skip', step: 'rewrite', reason: 'signed' }),
    );
  });

  it('no step has anything to do: not even fetched', async () => {
    const world = worldWith({ policy: nothing });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.calls).toEqual(['policy ']);
  });

  it('a mark that a sender made up is ignored', async () => {
    const forged = `X-Mailroom-Mark: v1 ${'A'.repeat(22)} ${'A'.repeat(43)}\r\n`;
    const message = Buffer.concat([Buffer.from(forged), fixture('inbound-pass.eml')]);
    const world = worldWith({ message });
    await call(world);
    expect(text(world)).toContain('This message comes from outside.');
    expect(decisions(world)[0]).toBe('capture: stored (captured)');
  });

  it('a mark copied from another message is ignored', async () => {
    const first = worldWith();
    await call(first);
    const stolen = text(first).split('\r\n', 1)[0] ?? '';
    expect(stolen).toContain('X-Mailroom-Mark');
    const message = Buffer.concat([Buffer.from(`${stolen}\r\n`), fixture('inbound-pass.eml')]);
    const other = '5bb5a1a0-0000-4000-8000-000000000002';
    const world = worldWith({ message });
    world.messages.set(other, message);
    await call(world, ruleEvent({ messageId: other }));
    expect(Buffer.from(world.messages.get(other) ?? []).toString()).toContain('comes from outside');
  });
});
