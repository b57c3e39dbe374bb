/** Content that cannot be changed, or that WorkMail does not take: what the policy says is done, and the log tells why. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { parseMessage } from '../../shared/mime/index.ts';
import { MAX_HTML_TOKENS } from '../../shared/mime/limits.ts';
import type { PutResult } from '../../shared/workmail/message-flow.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  policyOf,
  restarted,
  ruleEvent,
  typeForAll,
  type World,
} from './support/world.ts';

const HEAD = 'version: 1\norganization:\n  domains: [example.com]\n  trustSesHeaders: always\n';
const BANNER = 'This message comes from outside.';
const OFFER = fixture('inbound-pass.eml');
const LONG = Buffer.from(OFFER.toString().replace('here is', `${'long '.repeat(300)}\r\nhere is`));

function policy(settings: string, actions = `prependDisclaimer: { text: "${BANNER}" }`) {
  return policyOf(
    `${HEAD}rules:\n  - name: banner\n    when: {}\n    ${settings}\n    do: [{ ${actions} }]\n`,
  );
}

function worldOf(
  settings: string,
  message: Uint8Array,
  more: Partial<Parameters<typeof createWorld>[0]> = {},
) {
  return createWorld({ policy: policy(settings), message, ...more });
}

const call = (world: World, event = ruleEvent()) =>
  createFlowHandler([rules], () => world.ports)(event, CONTEXT);
const bytes = (world: World) => Buffer.from(world.messages.get(MESSAGE_ID) ?? []);
const puts = (world: World) => world.calls.filter((made) => made.startsWith('flow-put')).length;
const decision = (world: World) =>
  world.logs.find(({ event, step }) => event === 'decision' && step === 'rewrite');

/** WorkMail refuses the first so many. */
function refusing(
  world: World,
  times: number,
  result: PutResult = { kind: 'rejected', reason: 'MIME error' },
) {
  const { messageFlow } = world.ports;
  let left = times;
  const put: typeof messageFlow.put = async (id, location, signal) => {
    left -= 1;
    world.calls.push('flow-put');
    return left >= 0 ? result : messageFlow.put(id, location, signal);
  };
  return createFlowHandler([rules], () => ({ ...world.ports, messageFlow: { ...messageFlow, put } }));
}

describe('a message that must stay as it is', () => {
  const signed = fixture('signed.eml');

  it('is delivered unchanged unless the rule says otherwise', async () => {
    const world = worldOf('mode: enforce', signed);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(bytes(world).equals(signed)).toBe(true);
    expect(puts(world)).toBe(0);
    expect(decision(world)).toMatchObject({ outcome: 'unchanged', reason: 'nothing-to-edit' });
  });

  it('wrap: is an attachment under the notice, octet by octet, and once', async () => {
    const world = worldOf('ifUntouchable: wrap', signed);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    const parsed = parseMessage(bytes(world));
    expect(parsed.root.contentType.mediaType).toBe('multipart/mixed');
    const inner = parsed.parts.find((part) => part.contentType.mediaType === 'message/rfc822');
    expect(bytes(world).subarray(inner?.body.start, inner?.body.end).equals(signed)).toBe(true);
    expect(bytes(world).toString()).toContain(BANNER);
    expect(decision(world)).toMatchObject({ outcome: 'rewritten', form: 'wrapped' });
    const next = restarted(world, { policy: policy('ifUntouchable: wrap'), message: signed });
    await call(next);
    expect(bytes(next).equals(bytes(world))).toBe(true);
  });

  it('junk: goes to the junk folder, also at a retry', async () => {
    const world = worldOf('ifUntouchable: junk', signed);
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(bytes(world).equals(signed)).toBe(true);
  });

  it('junk beside a change that can be made: both, and a retry knows', async () => {
    const both = policy(
      'ifUntouchable: junk',
      `prependDisclaimer: { text: "${BANNER}" } }, { addHeader: { name: X-Seen, value: "1" }`,
    );
    const world = createWorld({ policy: both, message: signed });
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(bytes(world).toString()).toContain('X-Seen: 1');
    const next = restarted(world, { policy: both, message: signed });
    expect(typeForAll(await call(next))).toBe('MOVE_TO_JUNK');
    expect(bytes(next).equals(bytes(world))).toBe(true);
  });

  describe('in one of its parts only', () => {
    const part = (type: string, body: string) => `--b\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
    const script = part('text/html', '<p>Offer<script>1</script></p>');
    const [header = ''] = OFFER.toString()
      .replace(/^(?:Content-|MIME-).*\r\n/gim, '')
      .split('\r\n\r\n', 1);
    const message = (...parts: readonly string[]) =>
      Buffer.from(
        `${header}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`,
      );
    const encoded = part('text/html\r\nContent-Transfer-Encoding: x-unknown', '<script>1</script>');
    const muchMarkup = part('text/html', `${'<b>\r\n'.repeat(MAX_HTML_TOKENS / 2)}<script>1</script>`);

    it.each([
      ['of an encoding that nobody knows', encoded],
      ['of more markup than is looked at', muchMarkup],
    ])('%s: what can be made elsewhere is no way around what the rule says', async (_what, left) => {
      const junk = policy('ifUntouchable: junk', 'removeActiveContent: true');
      const wrap = policy('ifUntouchable: wrap', 'removeActiveContent: true');
      const world = createWorld({ policy: junk, message: message(script, left) });
      expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
      expect(bytes(world).includes('<p>Offer<!----></p>')).toBe(true);
      const next = restarted(world, { policy: junk, message: message(script, left) });
      expect(typeForAll(await call(next))).toBe('MOVE_TO_JUNK');
      expect(bytes(next).equals(bytes(world))).toBe(true);
      const wrapped = createWorld({ policy: wrap, message: message(script, left) });
      expect(typeForAll(await call(wrapped))).toBe('DEFAULT');
      expect(decision(wrapped)).toMatchObject({ outcome: 'rewritten', form: 'wrapped' });
      expect(wrapped.logs).toContainEqual(
        expect.objectContaining({ event: 'skip', step: 'rewrite', path: '2' }),
      );
    });

    it('a message of many such parts does not fill the log', async () => {
      const many = message(script, ...Array.from({ length: 60 }, () => encoded));
      const world = createWorld({
        policy: policy('mode: enforce', 'removeActiveContent: true'),
        message: many,
      });
      expect(typeForAll(await call(world))).toBe('DEFAULT');
      expect(world.logs.filter(({ event }) => event === 'skip').length).toBeLessThanOrEqual(20);
    });
  });

  it('reject: bounces what may be answered, and junks what may not', async () => {
    const outbound = worldOf('ifUntouchable: reject', signed);
    const event = ruleEvent({ flowDirection: 'OUTBOUND' });
    expect(typeForAll(await call(outbound, event))).toBe('BOUNCE');
    const unproved = worldOf(
      'ifUntouchable: reject',
      Buffer.from(signed.toString().replace('spf=pass', 'spf=none')),
    );
    expect(typeForAll(await call(unproved))).toBe('MOVE_TO_JUNK');
    const nobody = ruleEvent({
      envelope: { mailFrom: { address: '' }, recipients: [{ address: 'alice@example.com' }] },
    });
    expect(typeForAll(await call(worldOf('ifUntouchable: reject', signed), nobody))).toBe('MOVE_TO_JUNK');
  });
});

describe('what WorkMail would refuse', () => {
  it('is repaired before the call, where the rule allows it', async () => {
    const world = worldOf('mode: enforce', LONG);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(puts(world)).toBe(1);
    expect(bytes(world).toString()).toContain(BANNER);
    expect(
      bytes(world)
        .toString('latin1')
        .split('\r\n')
        .every((line) => line.length < 999),
    ).toBe(true);
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'repair', kind: 'long-lines' }));
    expect(decision(world)).toMatchObject({ outcome: 'rewritten', form: 'repaired' });
  });

  it.each([
    ['deliverUnchanged', 'DEFAULT'],
    ['junk', 'MOVE_TO_JUNK'],
  ])('is not put where no repair is allowed: %s', async (wish, type) => {
    const world = worldOf(`repair: false\n    ifRejected: ${wish}`, LONG);
    expect(typeForAll(await call(world))).toBe(type);
    expect(puts(world)).toBe(0);
    expect(bytes(world).equals(LONG)).toBe(true);
    expect(decision(world)).toMatchObject({ outcome: 'unchanged', reason: 'not-transmissible' });
  });

  it('of a message with nothing to change nothing is repaired, and nothing put', async () => {
    const world = createWorld({
      policy: policy('mode: enforce', 'removeHeader: X-Not-There'),
      message: LONG,
    });
    await call(world);
    expect(puts(world)).toBe(0);
    expect(bytes(world).equals(LONG)).toBe(true);
  });

  it('by a criterion that AWS does not spell out is tried all the same', async () => {
    const twice = Buffer.from(
      OFFER.toString().replace('Subject: Offer', 'Subject: Offer\r\nSubject: Another'),
    );
    const world = worldOf('mode: enforce', twice);
    await call(world);
    expect(puts(world)).toBe(1);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'transit', problem: 'header-duplicate' }),
    );
  });
});

describe('what WorkMail refuses', () => {
  it.each([
    ['deliverUnchanged', 'DEFAULT'],
    ['junk', 'MOVE_TO_JUNK'],
    ['reject', 'BOUNCE'],
  ])('%s: %s', async (wish, type) => {
    const world = worldOf(`ifRejected: ${wish}`, OFFER);
    expect(typeForAll(await refusing(world, 9)(ruleEvent(), CONTEXT))).toBe(type);
    expect(bytes(world).equals(OFFER)).toBe(true);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'failure', kind: 'rejected', reason: 'MIME error' }),
    );
  });

  it('wrap: is put again as an attachment', async () => {
    const world = worldOf('ifRejected: wrap', OFFER);
    expect(typeForAll(await refusing(world, 1)(ruleEvent(), CONTEXT))).toBe('DEFAULT');
    expect(parseMessage(bytes(world)).root.contentType.mediaType).toBe('multipart/mixed');
    expect(decision(world)).toMatchObject({ outcome: 'rewritten', form: 'wrapped' });
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'again', kind: 'rejected', form: 'wrapped' }),
    );
  });

  it('for another reason than its content is not tried in another form', async () => {
    const world = worldOf('ifRejected: wrap', OFFER);
    const frozen = refusing(world, 9, { kind: 'frozen' });
    expect(typeForAll(await frozen(ruleEvent(), CONTEXT))).toBe('DEFAULT');
    expect(puts(world)).toBe(1);
  });
});
