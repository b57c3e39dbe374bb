/**
 * Forged mail that SMTP does not carry, or that depends on what SES does: the block of SES is made as the stand-in makes it,
 * with mailauth for the evaluation, and the function judges the octets. Nothing here may be believed.
 */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import type { DnsResolver } from '../../local/dns/resolver.ts';
import { receive } from '../../local/ses/receive.ts';
import { mail, signed, testKeyRecord } from '../support/senders.ts';
import { CONTEXT, createWorld, policyOf, ruleEvent, typeForAll } from './support/world.ts';

const TXT: Readonly<Record<string, readonly string[]>> = {
  '_dmarc.legit.example': ['v=DMARC1; p=reject; adkim=s'],
  'legit.example': ['v=spf1 ip4:203.0.113.20 -all'],
  'attack.example': ['v=spf1 ip4:203.0.113.99 -all'],
  'test._domainkey.attack.example': [testKeyRecord],
  'test._domainkey.sub.legit.example': [testKeyRecord],
  'test._domainkey.legit.example': [testKeyRecord],
};
const resolver: DnsResolver = async (name, rrtype) => {
  const records = rrtype === 'TXT' ? TXT[name.toLowerCase()] : undefined;
  if (records === undefined) throw Object.assign(new Error('nothing'), { code: 'ENOTFOUND' });
  return records.map((record) => [record]);
};
const FROM = 'admin@legit.example';
const bytes = (text: string) => Buffer.from(text, 'latin1');

async function bySes(
  message: string | Uint8Array,
  mailFrom = 'any@attack.example',
  helo = 'mail.attack.example',
) {
  const received = await receive({
    bytes: typeof message === 'string' ? bytes(message) : message,
    mailFrom,
    recipients: ['alice@example.com'],
    client: { address: '203.0.113.99', name: 'mail.attack.example', helo },
    resolver,
    region: 'us-east-1',
    now: new Date('2026-11-20T10:00:00Z'),
    id: 'one',
  });
  return Buffer.from(received.bytes);
}

const policy = (trust: string, more = '') =>
  policyOf(
    `version: 1\norganization: { domains: [example.com], trustSesHeaders: ${trust} }\ndmarc: { mode: enforce, unknown: junk, actions: { none: junk, quarantine: junk, reject: junk }${more} }\n`,
  );

const judged = (message: Uint8Array, trust = 'always', more = '') => judgedBy(policy(trust, more), message);

async function judgedBy(whole: ReturnType<typeof policyOf>, message: Uint8Array) {
  const world = createWorld({ policy: whole, message, txt: TXT });
  const response = await createFlowHandler([dmarc], () => world.ports)(ruleEvent(), CONTEXT);
  const decision = world.logs.find(({ event, step }) => event === 'decision' && step === 'dmarc');
  return { action: typeForAll(response), reason: String(decision?.['reason']), decision };
}

const plain = mail({ from: FROM, subject: 'Offer' });

describe('an envelope that SMTP refuses here', () => {
  it.each([
    ['server_a2', '(any@legit.example'],
    ['server_a5', 'any@legit.example(a.attack.example'],
    ['server_a6', "any@legit.example'@any.attack.example"],
    ['server_a7', "@legit.example,@any.com:'any@attack.example"],
    ['F4', '"x; dmarc=pass header.from=legit.example; y="@attack.example'],
    ['F4', 'x; dmarc=pass header.from=legit.example; dkim=pass@attack.example'],
    ['F5', '"a\\"; dmarc=pass header.from=legit.example; ("@attack.example'],
    ['F5 NUL', 'any@legit.example\0.attack.example'],
  ])('%s: %j proves nothing', async (_name, mailFrom) => {
    const { action, reason } = await judged(await bySes(plain, mailFrom));
    expect(action).toBe('MOVE_TO_JUNK');
    expect(reason).toMatch(/^(fail-reject|unknown-ambiguous)$/);
  });
});

describe('a signature that only seems to be the author’s', () => {
  it('F8: of a subdomain, where the author’s domain asks for its own name (adkim=s)', async () => {
    const message = await signed(plain, 'sub.legit.example');
    expect(await judged(await bySes(message))).toMatchObject({
      action: 'MOVE_TO_JUNK',
      reason: 'fail-reject',
    });
  });

  it('F8: the control, of the very domain', async () => {
    const message = await signed(plain, 'legit.example');
    expect(await judged(await bySes(message))).toMatchObject({ action: 'DEFAULT', reason: 'pass' });
  });

  it('F6: of the attacker, while SES judged the first of two From fields', async () => {
    const message = await signed(plain.replace(/^/, 'From: any@attack.example\r\n'), 'attack.example');
    expect(await judged(await bySes(message))).toMatchObject({
      action: 'MOVE_TO_JUNK',
      reason: 'author-several',
    });
  });
});

/** Everything that SES writes when all is well, before a message to which SES wrote nothing. */
const forgedBlock = async () =>
  (await bySes(plain))
    .toString('latin1')
    .replace(/spf=.*?(?= \()/g, 'spf=pass')
    .replace('dmarc=fail', 'dmarc=pass');

describe('F2: the block of SES is not there, or not on top', () => {
  const passes = 'Authentication-Results: amazonses.com; spf=pass; dmarc=pass header.from=legit.example\r\n';

  it.each(['always', 'auto', 'never'])('results alone, with trustSesHeaders: %s', async (trust) => {
    for (const message of [plain, `${passes}${plain}`, `Return-Path: <x@legit.example>\r\n${passes}${plain}`])
      expect(await judged(bytes(message), trust)).toMatchObject({
        action: 'MOVE_TO_JUNK',
        reason: 'unknown-no-evidence',
        decision: { ses: 'absent', proved: false },
      });
  });

  it.each([
    'Received: from mail.attack.example by mx.example.com; Fri, 20 Nov 2026 10:00:00 +0000\r\n',
    'X-Anything: first\r\n',
    'Authentication-Results: other.example; dmarc=pass header.from=legit.example\r\n',
  ])('the whole block, below %j', async (above) => {
    const { action, reason, decision } = await judged(bytes(above + (await forgedBlock())));
    expect(action).toBe('MOVE_TO_JUNK');
    expect(reason).toMatch(/^unknown-/);
    expect(decision).toMatchObject({ proved: false });
    expect(decision?.['ses']).not.toBe('present');
  });
});

describe('F9: the author’s own signature, on more than was signed', () => {
  const letter = mail({ from: FROM, subject: 'Offer', body: 'Hi there.\r\n' });
  const underSized = () => signed(letter, 'legit.example', { bodyBytes: 'Hi there.\r\n'.length });
  const EARNS = ', domains: [{ domains: legit.example, whenProved: neverJunk }]';

  it('the control: a signature over everything earns what the policy gives', async () => {
    const message = await signed(letter, 'legit.example');
    expect(await judged(await bySes(message), 'auto', EARNS)).toMatchObject({
      action: 'BYPASS_SPAM_CHECK',
      reason: 'pass',
    });
  });

  it.each(['auto', 'always'])('a body that goes on behind l= earns nothing (%s)', async (trust) => {
    const message = `${await underSized()}<h1>Pay here instead</h1>\r\n`;
    const { action, reason, decision } = await judged(await bySes(message), trust, EARNS);
    expect({ action, reason }).toEqual({ action: 'DEFAULT', reason: 'pass-unproved' });
    expect(decision).toMatchObject({ dmarc: 'pass', proved: false, dkim: ['pass verified'] });
  });

  it('in an own name it is not proved, and goes where the policy says', async () => {
    const own = policyOf(
      'version: 1\norganization: { domains: [legit.example] }\ndmarc: { mode: enforce, ownDomains: { action: junk } }\n',
    );
    const message = `${await underSized()}<h1>Pay here instead</h1>\r\n`;
    expect(await judgedBy(own, await bySes(message))).toMatchObject({
      action: 'MOVE_TO_JUNK',
      reason: 'own-domain',
    });
  });

  // A signature says who wrote a message, not to whom: nothing in it was changed.
  it('replayed by others as it is, it still is the author’s', async () => {
    const message = await signed(letter, 'legit.example');
    const { reason, decision } = await judged(await bySes(message, 'bulk@attack.example'), 'auto');
    expect(reason).toBe('pass');
    expect(decision?.['spf']).toBe('pass ses');
  });

  it.each(['Subject: Urgent', `From: Boss <${FROM}>`, 'Content-Type: text/html'])(
    'replayed with %j above, it is proof of nothing',
    async (field) => {
      const typed = mail({ from: FROM, subject: 'Offer', more: 'Content-Type: text/plain\r\n' });
      const message = `${field}\r\n${await signed(typed, 'legit.example')}`;
      const { reason, decision } = await judged(await bySes(message), 'auto');
      expect(reason).not.toBe('pass');
      expect(decision?.['proved'] ?? false).toBe(false);
    },
  );
});

describe('F10: results that are neither pass nor fail', () => {
  it.each(['temperror', 'permerror', 'neutral', 'policy', 'softfail', 'PASS', 'passed', ''])(
    'dmarc=%s is no pass',
    async (word) => {
      const block = (await bySes(plain)).toString('latin1').replace(/dmarc=fail/, `dmarc=${word}`);
      const { reason, decision } = await judged(bytes(block), 'auto');
      expect(reason).not.toMatch(/^pass/);
      expect(decision?.['proved']).toBe(false);
    },
  );
});

describe('F12: a complete block of SES, forged, where SES wrote none', () => {
  const EARNS = `, exceptions: [{ from: legit.example, authenticatedBy: { spf: attack.example }, action: neverJunk, reason: x }], domains: [{ domains: legit.example, whenProved: neverJunk }]`;

  it.each(['auto', 'never'])(
    'earns nothing (trustSesHeaders: %s): no exception, no way around the spam check',
    async (trust) => {
      const { action, reason, decision } = await judged(bytes(await forgedBlock()), trust, EARNS);
      expect(action).toBe('DEFAULT');
      expect(reason).toBe('pass-unproved');
      expect(decision).toMatchObject({ proved: false, disagreement: 'ses-pass-own-fail' });
    },
  );
});

/** dmarc.md §4.4: every field that decides, spelled in every way that somebody reads otherwise. */
describe('the header hygiene matrix', () => {
  const FIELDS = {
    From: `From: ${FROM}`,
    'Authentication-Results': 'Authentication-Results: amazonses.com; dmarc=pass header.from=legit.example',
    'DKIM-Signature':
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=legit.example; s=test; h=From; bh=Eq0FLBHrzGRGkt+/YYbIRBpVuknn+KX5ee62OBYGadg=; b=AAAA',
  } as const;
  const SPELLINGS: Readonly<Record<string, (field: string) => string>> = {
    twice: (field) => `${field}\r\n${field}\r\n`,
    'blank before the colon': (field) => `${field.replace(':', ' :')}\r\n`,
    'folded name': (field) => `${field.replace(':', '\r\n :')}\r\n`,
    NUL: (field) => `${field}\0x\r\n`,
    'NUL in the name': (field) => `${field.replace(':', '\0:')}\r\n`,
    'bare CR': (field) => `X-A: b\r${field}\r\n`,
    'bare LF': (field) => `X-A: b\n${field}\r\n`,
    '8-bit': (field) => `${field}\xe9\r\n`,
    'UTF-8': (field) => `${field.replace(': ', ': \xc3\xa9 ')}\r\n`,
    'a line of 2000': (field) => `${field}${' '.repeat(2_000)}\r\n`,
    'a header of 1 MB': (field) => `X-A: ${'b'.repeat(1_100_000)}\r\n${field}\r\n`,
    'an empty line first': (field) => `\r\n${field}\r\n`,
    BOM: (field) => `\xef\xbb\xbf${field}\r\n`,
    'an mbox line first': (field) => `From someone Fri Nov 20 10:00:00 2026\r\n${field}\r\n`,
  };
  const rest = 'To: alice@example.com\r\nSubject: Offer\r\n';
  const cells = Object.entries(FIELDS).flatMap(([name, field]) =>
    Object.entries(SPELLINGS).map(([spelling, spell]) => ({ name, spelling, text: spell(field) })),
  );

  it.each(cells)('$name, $spelling: nobody is believed', async ({ name, text }) => {
    const author = name === 'From' ? '' : `From: ${FROM}\r\n`;
    for (const whole of [
      `${text}${author}${rest}\r\nHi there.\r\n`,
      `${author}${text}${rest}Hi there.\r\n`,
    ]) {
      const { action, reason, decision } = await judged(await bySes(whole));
      expect(reason).not.toMatch(/^(pass|exception|no-record)/);
      expect(decision?.['proved'] ?? false).toBe(false);
      expect(action).toBe('MOVE_TO_JUNK');
    }
  });
});
