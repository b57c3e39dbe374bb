/**
 * The DMARC step between the world and the library: what a retry knows after our own rewrite has broken the signature that
 * proved the message, the header field, single recipients, groups, and name servers that do not answer.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { TemporaryError } from '../../shared/errors.ts';
import { MARK_HEADER } from '../../shared/workmail/mark.ts';
import { mail, signed, testKeyRecord } from '../support/senders.ts';
import {
  answerOrDeath,
  CONTEXT,
  createWorld,
  MESSAGE_ID,
  policyOf,
  restarted,
  ruleEvent,
  typeForAll,
  type World,
  type WorldOptions,
} from './support/world.ts';

const DOMAIN = 'signs.example';
const TXT = {
  [`_dmarc.${DOMAIN}`]: ['v=DMARC1; p=reject'],
  [`test._domainkey.${DOMAIN}`]: [testKeyRecord],
  '_dmarc.bank.example': ['v=DMARC1; p=reject'],
  'elsewhere.example': ['v=spf1 ip4:203.0.113.66 -all'],
};
const BANNER = `rules:
  - name: banner
    when: { direction: inbound }
    do: [{ prependDisclaimer: { text: "CAUTION" } }]
`;
const policy = (dmarcKeys: string, more = '', trust = 'always') =>
  policyOf(
    `version: 1\norganization: { domains: [example.com], trustSesHeaders: ${trust} }\ndmarc: { mode: enforce, actions: { none: default, quarantine: junk, reject: drop }, ${dmarcKeys} }\n${more}`,
  );

const SPF =
  'pass (spfCheck: domain of elsewhere.example designates 203.0.113.66 as permitted sender) client-ip=203.0.113.66; envelope-from=x@elsewhere.example; helo=elsewhere.example';
/** As SES puts it on top; SES found that SPF passed, for another domain than the author's, and DMARC failed. */
const block = (from: string) =>
  [
    'Return-Path: <x@elsewhere.example>',
    'Received: from elsewhere.example (elsewhere.example [203.0.113.66])',
    ' by inbound-smtp.us-east-1.amazonaws.com with SMTP id abcdefghijklmnopqrstuvwxyz0123456789abcd',
    ' for alice@example.com;',
    ' Fri, 20 Nov 2026 10:00:00 +0000 (UTC)',
    'X-SES-Spam-Verdict: PASS',
    'X-SES-Virus-Verdict: PASS',
    `Received-SPF: ${SPF};`,
    'Authentication-Results: amazonses.com;',
    ` spf=${SPF};`,
    ` dmarc=fail header.from=${from};`,
    'X-SES-RECEIPT: AEFBQUFBQUFBQUFHcThkTGhKb0VFY2Zza2dYQUJRRGRGZ0E5',
    '',
  ].join('\r\n');
const bytes = (text: string) => Buffer.from(text, 'latin1');

let genuine: Buffer;
const forged = bytes(`${block('bank.example')}${mail({ from: 'ceo@bank.example', subject: 'Offer' })}`);
beforeAll(async () => {
  const message = await signed(mail({ from: `ann@${DOMAIN}`, subject: 'Offer' }), DOMAIN);
  genuine = bytes(`${block(DOMAIN)}${message}`);
});

function call(world: World, event: unknown = ruleEvent(), mode: 'enforce' | 'monitor' = 'enforce') {
  const handler = createFlowHandler(
    [dmarc, rules],
    () => world.ports,
    () => mode,
  );
  return handler(event, CONTEXT);
}

const decisionsOf = (world: World) =>
  world.logs.filter(({ event, step }) => event === 'decision' && step === 'dmarc');
const textOf = (world: World) => Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
const fieldsIn = (text: string) => text.match(/^x-mailroom-auth[ \t]*:.*(\r\n[ \t].*)*/gim) ?? [];

describe.each([true, false])('a retry after our own rewrite, mark key: %s', (withKey) => {
  const world = (options: Omit<WorldOptions, 'withKey'>) => createWorld({ ...options, withKey });

  it('of mail that passes only by its signature, which the banner has broken, delivers it', async () => {
    const options = { policy: policy('header: true', BANNER), message: genuine, txt: TXT, withKey };
    const first = world(options);
    // The kept decision where nothing else tells what is ours, the new content, the Put.
    first.killAfter = withKey ? 2 : 3;
    await answerOrDeath(first, call(first));
    expect(textOf(first)).toContain('CAUTION');
    expect(decisionsOf(first)).toMatchObject([
      { outcome: 'default', reason: 'pass', disagreement: 'ses-fail-own-pass', aligned: ['dkim exact'] },
    ]);
    const second = restarted(first, options);
    expect(typeForAll(await call(second))).toBe('DEFAULT');
    expect(decisionsOf(second)).toMatchObject([{ outcome: 'as-before' }]);
    expect(textOf(second)).toBe(textOf(first));
    expect(fieldsIn(textOf(second))).toHaveLength(1);
    // What would be decided on the message as it is now.
    const naive = world({
      ...options,
      message: bytes(textOf(second).replace(new RegExp(`^${MARK_HEADER}:.*\r\n`, 'im'), '')),
    });
    naive.objects.clear();
    expect(typeForAll(await call(naive))).toBe('DROP');
  });

  it('of mail that fails junks it again, without another look at it', async () => {
    const options = {
      policy: policy('recipients: [{ to: alice@example.com, actions: { reject: junk } }]', BANNER),
      message: forged,
      txt: TXT,
      withKey,
    };
    const first = world(options);
    expect(typeForAll(await call(first))).toBe('MOVE_TO_JUNK');
    expect(textOf(first)).toContain('CAUTION');
    const second = restarted(first, options);
    expect(typeForAll(await call(second))).toBe('MOVE_TO_JUNK');
    expect(second.calls.filter((each) => each.startsWith('txt'))).toEqual([]);
    expect(textOf(second)).toBe(textOf(first));
  });
});

it('a retry whose kept decision is gone destroys nothing', async () => {
  const junking = policy('recipients: [{ to: alice@example.com, actions: { reject: junk } }]', BANNER);
  const first = createWorld({ policy: junking, message: forged, txt: TXT });
  await call(first);
  const second = restarted(first, { policy: policy('unknown: junk', BANNER), message: forged, txt: TXT });
  for (const key of second.objects.keys()) if (key.includes('decisions/')) second.objects.delete(key);
  expect(typeForAll(await call(second))).toBe('MOVE_TO_JUNK');
  expect(decisionsOf(second)).toMatchObject([{ outcome: 'junk', reason: 'decision-gone' }]);
});

describe('the header field', () => {
  const told = policy('header: true');
  const lines = (...strangers: string[]) =>
    mail({
      from: 'ceo@bank.example',
      subject: 'Offer',
      more: strangers.map((each) => `${each}\r\n`).join(''),
    });
  const toJunk = policy('header: true, recipients: [{ to: alice@example.com, actions: { reject: junk } }]');
  const VALUE =
    'example.com; x-mailroom=junk reason=fail-reject; dmarc=fail policy.dmarc=reject header.from=bank.example';

  it('stands alone whatever came in under its name, also where the header has no clear end', async () => {
    const strangers = [
      'X-Mailroom-Auth: example.com; x-mailroom=default reason=pass',
      'x-mailroom-auth \t: example.com; x-mailroom=default',
      'X-MAILROOM-AUTH:\r\n example.com; x-mailroom=default\r\n\treason=pass',
    ];
    for (const junk of [[], ['this line is no field'], ['\x01\x02']]) {
      const message = bytes(
        `${block('bank.example')}${lines(...strangers.slice(0, 2), ...junk, ...strangers.slice(2))}`,
      );
      const world = createWorld({ policy: toJunk, message, txt: TXT });
      expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
      const [field, ...others] = fieldsIn(textOf(world));
      expect(others).toEqual([]);
      expect(field?.replace(/\r\n\s+/g, ' ')).toContain(VALUE);
    }
  });

  const FORGED = 'X-Mailroom-Auth: example.com; x-mailroom=default reason=pass';
  const CARELESS = { '_dmarc.bank.example': ['v=DMARC1; p=none'] };

  it('of a stranger does not stay because WorkMail would refuse the message as it is', async () => {
    const long = `${'x'.repeat(3_000)}\r\n`;
    const message = bytes(`${block('bank.example')}${lines(FORGED)}${long}`);
    const world = createWorld({ policy: told, message, txt: CARELESS });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    const found = fieldsIn(textOf(world)).map((each) => each.replace(/\r\n\s+/g, ' '));
    expect(found).toEqual([expect.stringContaining('x-mailroom=default reason=fail-none')]);
    // Of honest mail nothing is written anew for the field.
    const honest = createWorld({
      policy: told,
      message: bytes(`${block('bank.example')}${lines()}${long}`),
      txt: CARELESS,
    });
    await call(honest);
    expect(honest.effects.filter((each) => each.startsWith('flow-put'))).toEqual([]);
  });

  it('of a stranger that cannot be taken out goes to junk with its message', async () => {
    const message = bytes(`${block('bank.example')}${lines(FORGED)}`);
    const world = createWorld({ policy: told, message, txt: CARELESS });
    const refusing = {
      ...world.ports,
      messageFlow: {
        ...world.ports.messageFlow,
        put: async () => ({ kind: 'rejected', reason: 'INVALID_CONTENT' }) as const,
      },
    };
    const handler = createFlowHandler([dmarc, rules], () => refusing);
    expect(typeForAll(await handler(ruleEvent(), CONTEXT))).toBe('MOVE_TO_JUNK');
  });

  it('costs one Put with the rules, and is there once after three calls', async () => {
    const both = policy(
      'header: true, recipients: [{ to: alice@example.com, actions: { reject: junk } }]',
      BANNER,
    );
    const world = createWorld({ policy: both, message: forged, txt: TXT });
    for (const _ of [1, 2, 3]) expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(world.effects.filter((each) => each.startsWith('flow-put'))).toHaveLength(1);
    expect(fieldsIn(textOf(world))).toHaveLength(1);
  });

  it('is added to signed mail, of which nothing else changes', async () => {
    const part =
      'MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol="application/pkcs7-signature"\r\n';
    const body =
      '--b\r\nContent-Type: text/plain\r\n\r\nSigned.\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nMA==\r\n--b--';
    const message = bytes(
      `${block('bank.example')}${mail({ from: 'ceo@bank.example', subject: 'Offer', more: part, body })}`,
    );
    const world = createWorld({ policy: toJunk, message, txt: TXT });
    await call(world);
    expect(fieldsIn(textOf(world))).toHaveLength(1);
    expect(textOf(world).endsWith(message.toString('latin1'))).toBe(true);
  });

  it('is written also where the policy only watches, and never where the function does', async () => {
    const watching = policyOf(
      'version: 1\norganization: { domains: [example.com], trustSesHeaders: always }\ndmarc: { mode: monitor, header: true }\n',
    );
    const world = createWorld({ policy: watching, message: forged, txt: TXT });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(fieldsIn(textOf(world))[0]?.replace(/\r\n\s+/g, ' ')).toContain(
      'x-mailroom=default reason=fail-reject policy.would-be=junk',
    );
    const still = createWorld({ policy: watching, message: forged, txt: TXT });
    await call(still, ruleEvent(), 'monitor');
    expect(still.effects).toEqual([]);
  });

  it('says why nothing could be decided', async () => {
    const world = createWorld({ policy: policy('header: true, onTemporaryError: junk'), message: forged });
    world.faults.set('txt', () => new TemporaryError('dns TXT: ESERVFAIL'));
    expect(typeForAll(await call(world))).toBe('MOVE_TO_JUNK');
    expect(fieldsIn(textOf(world))).toEqual([
      'X-Mailroom-Auth: example.com; x-mailroom=junk reason=temporary-error',
    ]);
  });

  it('is not put on outbound mail', async () => {
    const world = createWorld({ policy: told, message: forged, txt: TXT });
    await call(world, ruleEvent({ flowDirection: 'OUTBOUND' }));
    expect(fieldsIn(textOf(world))).toEqual([]);
  });
});

describe('recipients', () => {
  const people = ['alice', 'bob', 'carol'].map((name) => ({ address: `${name}@example.com` }));
  const event = (change: Record<string, unknown> = {}) =>
    ruleEvent({ envelope: { mailFrom: { address: 'ceo@bank.example' }, recipients: people }, ...change });
  const single = policy(
    'recipients: [{ to: bob@example.com, actions: { reject: junk } }, { to: "group:trainees", mode: monitor }]',
  );
  const groups = { trainees: ['carol@example.com'] };
  const types = (response: Awaited<ReturnType<typeof call>>) =>
    response.actions.map(({ action, recipients, allRecipients }) => [
      action.type,
      allRecipients === true ? 'all' : recipients,
    ]);

  it('each get what their entry says, by address and by group', async () => {
    const world = createWorld({ policy: single, message: forged, txt: TXT, groups });
    const byType = new Map(
      (await call(world, event())).actions.map((each) => [each.action.type, each.recipients]),
    );
    expect(byType.get('DROP')).toEqual(['alice@example.com']);
    expect(byType.get('MOVE_TO_JUNK')).toEqual(['bob@example.com']);
    expect(
      decisionsOf(world).map(({ outcome, wouldBe, recipients }) => [outcome, wouldBe, recipients]),
    ).toEqual([
      ['drop', 'drop', [0]],
      ['junk', 'junk', [1]],
      ['default', 'drop', [2]],
    ]);
  });

  it('whom a truncated event does not show get what holds for anybody', async () => {
    const world = createWorld({ policy: single, message: forged, txt: TXT, groups });
    const response = await call(world, event({ truncated: true }));
    expect(types(response)).toContainEqual(['DROP', 'all']);
    expect(types(response)).toContainEqual(['MOVE_TO_JUNK', ['bob@example.com']]);
  });

  it('whom a truncated event does not show is not treated as those whom the policy names', async () => {
    const strict = policyOf(
      'version: 1\norganization: { domains: [example.com], trustSesHeaders: always }\ndmarc: { mode: enforce, recipients: [{ to: alice@example.com, actions: { reject: drop } }, { to: "*", mode: monitor }] }\n' +
        BANNER,
    );
    const world = createWorld({ policy: strict, message: forged, txt: TXT });
    const response = await call(world, ruleEvent({ truncated: true }));
    expect(types(response)).toContainEqual(['DEFAULT', 'all']);
    expect(types(response)).toContainEqual(['DROP', ['Alice@Example.com']]);
    // Somebody gets it, so the rules are asked about it.
    expect(textOf(world)).toContain('CAUTION');
  });

  it('who is added where recipients differ gets what holds for anybody', async () => {
    const junk = policyOf(
      'version: 1\norganization: { domains: [example.com], trustSesHeaders: always }\nrules: [{ name: copy, when: { direction: inbound }, do: [{ addRecipients: [dave@example.com] }] }]\ndmarc: { mode: enforce, recipients: [{ to: alice@example.com, mode: monitor }] }\n',
    );
    const world = createWorld({ policy: junk, message: forged, txt: TXT });
    const both = { mailFrom: { address: 'ceo@bank.example' }, recipients: people.slice(0, 2) };
    const response = await call(world, ruleEvent({ envelope: both }));
    const junked = types(response).find(([type]) => type === 'MOVE_TO_JUNK')?.[1];
    expect(junked).toContain('dave@example.com');
  });

  it('nobody’s copy is destroyed without the record that is wanted, those included that are not shown', async () => {
    const journal = 'journal: { capture: true, onTimeout: deliver, onTemporaryError: deliver }\n';
    const world = createWorld({
      policy: policy('recipients: [{ to: bob@example.com, actions: { reject: junk } }]', journal),
      message: forged,
      txt: TXT,
    });
    world.faults.set('s3-put', () => new TemporaryError('s3 PutObject: 503'));
    const handler = createFlowHandler([capture, dmarc, rules], () => world.ports);
    const response = await handler(event({ truncated: true }), CONTEXT);
    expect(types(response).map(([type]) => type)).not.toContain('DROP');
  });

  it('of a group that is not in the directory are nobody, and the log says so', async () => {
    const world = createWorld({ policy: single, message: forged, txt: TXT });
    const byType = new Map(
      (await call(world, event())).actions.map((each) => [each.action.type, each.recipients]),
    );
    expect(byType.get('MOVE_TO_JUNK')).toEqual(['bob@example.com']);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ kind: 'lookup', what: 'group', step: 'dmarc' }),
    );
  });

  it('wait where the directory does not answer now', async () => {
    const world = createWorld({ policy: single, message: forged, txt: TXT });
    world.faults.set('directory', () => new TemporaryError('workmail ListUsers: 503'));
    await expect(call(world, event())).rejects.toThrow(TemporaryError);
  });

  it('are bounced with the words of the policy, where the envelope sender is proved', async () => {
    const bouncing = policyOf(
      'version: 1\norganization: { domains: [example.com], trustSesHeaders: always }\ndmarc: { mode: enforce, actions: { reject: bounce }, bounceText: "Ask our postmaster." }\n',
    );
    const world = createWorld({ policy: bouncing, message: forged, txt: TXT });
    expect((await call(world)).actions[0]?.action).toEqual({
      type: 'BOUNCE',
      parameters: { bounceMessage: 'Ask our postmaster.' },
    });
  });

  it('get proved mail without the spam check where the policy says so', async () => {
    const sure = policy(`domains: [{ domains: ${DOMAIN}, whenProved: neverJunk }]`, '', 'auto');
    const world = createWorld({ policy: sure, message: genuine, txt: TXT });
    expect(typeForAll(await call(world))).toBe('BYPASS_SPAM_CHECK');
  });
});

it('a colleague whose key cannot be had now is not taken for a stranger by the rules', async () => {
  const message = await signed(mail({ from: 'ann@example.com', subject: 'Offer' }), 'example.com');
  const passing = block('example.com').replace('dmarc=fail', 'dmarc=pass');
  const reject =
    'rules: [{ name: ours, when: { direction: inbound, senderScope: outside }, do: [{ rejectMessage: { text: "Not ours" } }] }]\n';
  const of = (keys: string, more: string) => {
    const world = createWorld({ policy: policy(keys, more, 'auto'), message: bytes(`${passing}${message}`) });
    world.faults.set('txt', () => new TemporaryError('dns TXT: ESERVFAIL'));
    return world;
  };
  await expect(call(of('header: false', reject))).rejects.toThrow(TemporaryError);
  // Where no rule asks, nobody waits.
  expect(typeForAll(await call(of('header: false', '')))).toBe('DEFAULT');
});

it('name servers that never answer leave time for an answer', async () => {
  const world = createWorld({ policy: policy('onTemporaryError: junk'), message: forged });
  const silent = { ...world.ports, lookupDns: () => new Promise<never>(() => undefined) };
  const handler = createFlowHandler([dmarc], () => silent);
  const started = performance.now();
  expect(typeForAll(await handler(ruleEvent(), { getRemainingTimeInMillis: () => 1_500 }))).toBe(
    'MOVE_TO_JUNK',
  );
  expect(performance.now() - started).toBeLessThan(1_100);
  expect(world.logs).toContainEqual(
    expect.objectContaining({ step: 'dmarc', kind: 'temporary-error', action: 'junk' }),
  );
});

it('no record holds an address, a subject or a name', async () => {
  const world = createWorld({ policy: policy('header: true', BANNER), message: genuine, txt: TXT });
  await call(world);
  expect(JSON.stringify(world.logs)).not.toMatch(/@|Offer|alice|elsewhere/i);
});
