/**
 * What Mailroom changes is sealed (ARC, RFC 8617) where the policy says so: a chain that our own reading and mailauth's
 * find whole, over the very content that WorkMail gets, and the message all the same where there can be no seal.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arcKeyPlace, createArcKey } from '../../handlers/edge/arc-key.ts';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { validateArc } from '../../shared/auth/arc/index.ts';
import { sealArc } from '../../shared/auth/arc/seal.ts';
import { sealSlices } from '../../shared/auth/arc/seal-slices.ts';
import { evidenceWanted } from '../../shared/auth/evidence-wanted.ts';
import type { LookupTxt } from '../../shared/auth/types.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import { peerStatus } from '../conformance/arc/peer.ts';
import { mail, sealed, signed, testKeyRecord } from '../support/senders.ts';
import { expectSameAfterCalls, expectSameAfterDeath } from './support/retries.ts';
import {
  answerOrDeath,
  CONTEXT,
  createWorld,
  MESSAGE_ID,
  policyOf,
  ruleEvent,
  type World,
  type WorldOptions,
} from './support/world.ts';
import '../support/properties.ts';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ED25519 = generateKeyPairSync('ed25519');
const spki = RSA.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
const TXT = {
  '_dmarc.signs.example': ['v=DMARC1; p=reject'],
  'test._domainkey.signs.example': [testKeyRecord],
  'test._domainkey.forwards.example': [testKeyRecord],
  'arc._domainkey.example.com': [`v=DKIM1; k=rsa; p=${spki}`],
};
const BANNER =
  'rules: [{ name: banner, when: { direction: inbound }, do: [{ prependDisclaimer: { text: CAUTION } }] }]\n';
const policy = (more: string, dmarcKeys = '', trust = 'auto') =>
  policyOf(
    `version: 1\norganization: { domains: [example.com], trustSesHeaders: ${trust} }\ndmarc: { mode: enforce, seal: { domain: Example.com, selector: ARC }${dmarcKeys} }\n${more}`,
  );
const arcKey = (key: KeyObject | Error = RSA.privateKey) => ({
  load: async () => {
    if (key instanceof Error) throw key;
    return key;
  },
});
const NOW = Date.UTC(2026, 10, 21);
const letter = mail({ from: 'bob@signs.example', subject: 'Offer' });
const arrived = async () => Buffer.from(await signed(letter, 'signs.example'), 'latin1');

async function optionsFor(changes: Partial<WorldOptions> = {}): Promise<WorldOptions> {
  const message = await arrived();
  return { policy: policy(BANNER), message, txt: TXT, arcKey: arcKey(), now: () => NOW, ...changes };
}

const handler = (world: World, event = ruleEvent()) =>
  createFlowHandler([dmarc, rules], () => world.ports)(event, CONTEXT);

const lookupTxt: LookupTxt = async (name) => {
  const records = Object.entries(TXT).find(([key]) => key === name)?.[1];
  return records === undefined ? { kind: 'nxdomain' } : { kind: 'records', records };
};

interface Outcome {
  readonly world: World;
  readonly text: string;
  /** Ours and mailauth's. */
  readonly chain: readonly [string, string];
  readonly sealers: readonly string[];
  /** What the seal leaves open to be changed. */
  readonly open: string | undefined;
}

async function run(changes: Partial<WorldOptions> = {}, before?: (world: World) => void): Promise<Outcome> {
  const world = createWorld(await optionsFor(changes));
  before?.(world);
  await handler(world);
  const bytes = world.messages.get(MESSAGE_ID) ?? Buffer.of();
  const { signal } = new AbortController();
  const arc = await validateArc(parseMessage(bytes), { lookupTxt, signal });
  return {
    world,
    text: Buffer.from(bytes).toString('latin1'),
    chain: [arc.result, await peerStatus(bytes, lookupTxt)],
    sealers: arc.sets.map(({ sealer }) => sealer),
    open: arc.open,
  };
}

const results = (text: string) =>
  (/^ARC-Authentication-Results: i=\d+; ((?:.|\r\n[ \t])*)/m.exec(text)?.[1] ?? '').replace(/\s+/g, ' ');

describe('new content', () => {
  it('is sealed on top of everything, with what was found when it came', async () => {
    const { world, text, chain, sealers, open } = await run();
    expect(open).toBeUndefined();
    expect(chain).toEqual(['pass', 'pass']);
    expect(sealers).toEqual(['example.com']);
    expect([...text.matchAll(/^([A-Za-z-]+):/gm)].slice(0, 4).map(([, name]) => name)).toEqual([
      'ARC-Seal',
      'ARC-Message-Signature',
      'ARC-Authentication-Results',
      'X-Mailroom-Mark',
    ]);
    expect(results(text)).toBe(
      'example.com; dmarc=pass header.from=signs.example; dkim=pass header.d=signs.example header.s=test; arc=none',
    );
    expect(text).toContain('CAUTION');
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'decision', outcome: 'rewritten', sealed: true }),
    );
  });

  it.each(['CAUTION', 'Subject: Offer', 'bob@signs.example'])(
    'is not whole any more without %j',
    async (what) => {
      const { text } = await run();
      const bytes = Buffer.from(text.replace(what, 'other'), 'latin1');
      const { signal } = new AbortController();
      expect((await validateArc(parseMessage(bytes), { lookupTxt, signal })).result).toBe('fail');
      expect(await peerStatus(bytes, lookupTxt)).toBe('fail');
    },
  );

  it('continues the chain of a forwarder', async () => {
    const forwarded = await sealed(await signed(letter, 'signs.example'), 'forwards.example', 'dmarc=pass');
    const { chain, sealers, text } = await run({ message: Buffer.from(forwarded, 'latin1') });
    expect(chain).toEqual(['pass', 'pass']);
    expect(sealers).toEqual(['forwards.example', 'example.com']);
    expect(results(text)).toContain('arc=pass');
  });

  it('says that the chain was broken when it came, and stays so', async () => {
    const forwarded = await sealed(letter, 'forwards.example', 'dmarc=pass');
    const message = Buffer.from(forwarded.replace('Hi there', 'Hi'), 'latin1');
    const { chain, text } = await run({ message });
    expect(chain).toEqual(['fail', 'fail']);
    expect(text).toMatch(/^ARC-Seal:(?:.|\r\n[ \t])*cv=fail/);
  });

  it('is sealed for the field X-Mailroom-Auth alone too', async () => {
    const { chain, text } = await run({ policy: policy('', ', header: true') });
    expect(chain).toEqual(['pass', 'pass']);
    expect(text).toContain('X-Mailroom-Auth: example.com;');
  });

  it.each([true, false])('is the same after a retry, with one seal; mark key: %s', async (withKey) => {
    const retried = {
      options: await optionsFor({ withKey }),
      run: (world: World) => answerOrDeath(world, handler(world)),
      comparable: (answer: unknown) => answer,
    };
    await expectSameAfterCalls(retried);
    await expectSameAfterDeath(retried);
    let seconds = 0;
    const later = await optionsFor({ withKey, now: () => NOW + seconds * 1000 });
    // A seal tells its time, so what a killed try left behind is another object.
    const stateAfterDeath = ({ messages }: World) => {
      const text = Buffer.from(messages.get(MESSAGE_ID) ?? []).toString('latin1');
      return [/^ARC-Seal:/gm, /CAUTION/g].map((what) => text.match(what)?.length);
    };
    const whole = await expectSameAfterDeath({
      ...retried,
      run: (world) => {
        seconds += 60;
        return retried.run(world);
      },
      options: later,
      stateAfterDeath,
    });
    expect(stateAfterDeath(whole)).toEqual([1, 1]);
  });
});

describe('a pass that nothing proves', () => {
  const claims =
    'Received: from a.example (a.example [203.0.113.66])\r\n by inbound-smtp.us-east-1.amazonaws.com with SMTP id abcdefghijklmnopqrstuvwxyz0123456789abcd\r\n for alice@example.com;\r\n Fri, 20 Nov 2026 10:00:00 +0000 (UTC)\r\nX-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nReceived-SPF: pass (spfCheck: domain of signs.example designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=x@signs.example; helo=a.example;\r\nAuthentication-Results: amazonses.com;\r\n spf=pass (spfCheck: domain of signs.example designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=x@signs.example; helo=a.example;\r\n dmarc=pass header.from=signs.example;\r\nX-SES-RECEIPT: AEFBQUFBQUFBQUFHcThkTGhKb0VFY2Zza2dYQUJRRGRGZ0E5\r\n';

  it('is not vouched for: a sender could have written the block', async () => {
    const message = Buffer.from(`Return-Path: <x@signs.example>\r\n${claims}${letter}`, 'latin1');
    const { text, world, chain } = await run({ message });
    expect(world.logs).toContainEqual(expect.objectContaining({ step: 'dmarc', reason: 'pass-unproved' }));
    expect(results(text)).toBe('example.com; arc=none');
    expect(chain).toEqual(['pass', 'pass']);
    const always = await run({ message, policy: policy(BANNER, '', 'always') });
    expect(results(always.text)).toContain('dmarc=pass');
  });
});

describe('without a seal goes on', () => {
  const unsealed = ({ text }: Outcome) => {
    expect(text).toContain('CAUTION');
    expect(text).not.toMatch(/^ARC-/m);
  };
  const failure = (level: string) =>
    expect.objectContaining({ level, event: 'failure', step: 'rewrite', kind: 'seal' });

  it.each([
    ['no key is named', undefined, 'error'],
    ['the key is not there', arcKey(new PermanentError('x')), 'error'],
    ['the key cannot be had now', arcKey(new TemporaryError('x')), 'warn'],
    ['something else is wrong', arcKey(new TypeError('secret')), 'error'],
  ])('a message for which %s', async (_name, key, level) => {
    const outcome = await run({ arcKey: key });
    unsealed(outcome);
    expect(outcome.world.logs).toContainEqual(failure(level));
    expect(JSON.stringify(outcome.world.logs)).not.toContain('secret');
  });

  it('a message whose chain could not be checked now', async () => {
    const forwarded = await sealed(await signed(letter, 'signs.example'), 'forwards.example', 'dmarc=pass');
    const options = await optionsFor({ message: Buffer.from(forwarded, 'latin1') });
    const world = createWorld(options);
    const { lookupDns } = world.ports;
    const ports: World['ports'] = {
      ...world.ports,
      lookupDns: async (name, type, signal) => {
        if (name.includes('forwards.example')) throw new TemporaryError('no answer');
        return lookupDns(name, type, signal);
      },
    };
    await createFlowHandler([dmarc, rules], () => ports)(ruleEvent(), CONTEXT);
    const text = Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
    expect(text).toContain('CAUTION');
    expect(text.match(/^ARC-Seal:/gm)).toHaveLength(1);
    expect(world.logs).toContainEqual(expect.objectContaining({ reason: 'not-sealed', why: 'temperror' }));
  });

  it('a message whose header ends in more than one way', async () => {
    const message = Buffer.from(letter.replace('\r\n\r\n', '\r\n'), 'latin1');
    const { text, world } = await run({ message, policy: policy('', ', header: true') });
    expect(text).toContain('X-Mailroom-Auth: ');
    expect(text).not.toMatch(/^ARC-/m);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ reason: 'not-sealed', why: 'header-malformed' }),
    );
  });

  it('what WorkMail refuses with one, where it takes it without', async () => {
    const options = await optionsFor();
    const world = createWorld(options);
    const { put } = world.ports.messageFlow;
    const messageFlow: World['ports']['messageFlow'] = {
      ...world.ports.messageFlow,
      async put(id, location, signal) {
        const object = world.objects.get(`${location.bucket}/${location.key}`) ?? Buffer.of();
        const isSealed = Buffer.from(object).toString('latin1').startsWith('ARC-');
        return isSealed ? { kind: 'rejected', reason: 'no such field' } : put(id, location, signal);
      },
    };
    await createFlowHandler([dmarc, rules], () => ({ ...world.ports, messageFlow }))(ruleEvent(), CONTEXT);
    const text = Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
    unsealed({ text } as Outcome);
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'again', form: 'unsealed' }));
    expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('mail that goes out, and mail that nothing changes', async () => {
    const world = createWorld(
      await optionsFor({ policy: policy(BANNER.replace('direction: inbound', 'direction: outbound')) }),
    );
    await handler(world, ruleEvent({ flowDirection: 'OUTBOUND' }));
    expect(Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1')).not.toMatch(/^ARC-/m);
    expect(JSON.stringify(world.logs)).not.toContain('seal');
    expect((await run({ policy: policy('') })).world.effects).toEqual([]);
  });
});

it('asks for the chain of every message only where mail is sealed', () => {
  expect(evidenceWanted(policy('').dmarc).chain).toBe(true);
  expect(evidenceWanted({ ...policy('').dmarc, seal: undefined } as never).chain).toBe(false);
});

describe('the key', () => {
  const from = (text: string) =>
    createArcKey('ssm://arc', { read: async () => Buffer.from(text) })?.load(
      'arc',
      new AbortController().signal,
    );
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('is RSA or Ed25519 in PEM, read once, and again after a failure', async () => {
    expect((await from(pem(RSA.privateKey)))?.asymmetricKeyType).toBe('rsa');
    expect((await from(pem(ED25519.privateKey)))?.asymmetricKeyType).toBe('ed25519');
    const answers = ['nothing', pem(ED25519.privateKey), pem(RSA.privateKey)];
    const source = createArcKey('arc.pem', { read: async () => Buffer.from(answers.shift() ?? '') });
    const { signal } = new AbortController();
    await expect(source?.load('arc', signal)).rejects.toThrow(PermanentError);
    const key = await source?.load('arc', signal);
    expect(await source?.load('arc', signal)).toBe(key);
    // Another selector is another key.
    expect((await source?.load('arc2', signal))?.asymmetricKeyType).toBe('rsa');
  });

  it.each([
    ['nothing', ''],
    ['a public key', RSA.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['a key for something else', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
    ['a short key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
  ])('is not %s', async (_name, text) => {
    await expect(from(text)).rejects.toThrow(/^MAILROOM_ARC_KEY_URI: /);
  });

  it('is where the variable says, or beside the key of the mark', () => {
    const place = (arcKeyUri?: string, markKeyUri?: string) => arcKeyPlace({ arcKeyUri, markKeyUri });
    expect(place('arc.pem', 'ssm://mark')).toBe('arc.pem');
    expect(place(undefined, 'ssm:///mailroom/mark-key')).toBe('ssm:///mailroom/mark-key-arc');
    expect(place(undefined, 'kms://alias/mark')).toBeUndefined();
    expect(place()).toBeUndefined();
  });

  it('has no name by default', () => {
    expect(createArcKey(undefined, { read: () => Promise.reject(new Error('asked')) })).toBeUndefined();
  });
});

it('slices are sealed as what they make together', () => {
  const whole = Buffer.from(mail({ from: 'a@b.example', subject: 'x', body: 'one \r\ntwo\r\n\r\n\r\n' }));
  const input = {
    domain: 'example.com',
    selector: 'arc',
    privateKey: ED25519.privateKey,
    results: 'example.com; arc=none',
    received: 'none',
    signedAt: NOW / 1000,
  } as const;
  const expected = sealArc(parseMessage(whole), input);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const slices = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      expect(sealSlices(slices, input)).toEqual(expected);
    }),
  );
  const long = [Buffer.from(`X: ${'y'.repeat(300_000)}\r\n`), whole];
  expect(sealSlices(long, input)).toEqual({ ok: false, why: 'header-too-large' });
});
