import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../local/cli/explain.ts';
import { type Explanation, explain as explainInput } from '../../../local/cli/explanation.ts';
import { explanationText } from '../../../local/cli/explanation-text.ts';
import { policyOf } from '../../handlers/support/world.ts';
import { mailroom, type Ran, ROOT } from './run.ts';

const FOLDER = 'test/fixtures/policy/messages';
const POLICY = `${FOLDER}/policy.yaml`;

/** In this process: a command line takes a second. */
async function inProcess(args: readonly string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0),
  ];
  try {
    return { code: await run([...args]), stdout: out.join(''), stderr: err.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

async function explain(args: readonly string[]): Promise<string> {
  const done = await inProcess([POLICY, ...args]);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return done.stdout;
}

async function explained(message: string, ...options: readonly string[]): Promise<Explanation> {
  return JSON.parse(await explain([`${FOLDER}/${message}`, '--json', ...options]));
}

function text(message: string, ...options: readonly string[]): Promise<string> {
  return explain([`${FOLDER}/${message}`, ...options]);
}

/** A resolver that knows one record and counts what it is asked. */
const RECORDS: Readonly<Record<string, string>> = { '_dmarc.shop.example': 'v=DMARC1; p=quarantine' };
let resolver: Socket;
let asked: string[] = [];
beforeAll(async () => {
  resolver = createSocket('udp4');
  resolver.on('message', (query, peer) => {
    const { id = 0, questions = [] } = decode(query);
    const name = questions[0]?.name ?? '';
    asked.push(name);
    const record = RECORDS[name];
    const rcode = record === undefined ? 3 : 0;
    const answers = record === undefined ? [] : [{ type: 'TXT' as const, name, ttl: 60, data: record }];
    resolver.send(
      encode({ type: 'response', id, flags: rcode, questions, answers }),
      peer.port,
      peer.address,
    );
  });
  resolver.bind(0, '127.0.0.1');
  await once(resolver, 'listening');
});
afterAll(() => {
  resolver.close();
});

describe('mailroom explain: rules', () => {
  it('says which rule acts, which conditions hold, and who gets a change without matching', async () => {
    const found = await explained('outside.eml');
    const delivered = { scope: 'inside', outcome: { outcome: 'deliver' }, result: 'DEFAULT', because: [] };
    expect(found.recipients).toEqual([
      { address: 'alice@example.com', ...delivered },
      { address: 'bob@example.com', ...delivered },
    ]);
    expect(found).toMatchObject({ direction: 'inbound', journal: true, senderScope: { scope: 'outside' } });
    expect(found.rules.map(({ name, acts }) => [name, acts])).toEqual([
      ['external banner', true],
      ['footer', false],
      ['staff only', false],
    ]);
    expect(found.rules[0]?.conditions.map(({ clause, key, held }) => [clause, key, held])).toEqual([
      ['when', 'direction', true],
      ['when', 'senderScope', true],
      ['unless', 'senderScope', false],
      ['unless', 'from', false],
    ]);
    expect(found.rules[2]).toMatchObject({ alsoFor: [], notFor: [1] });
  });

  it('names recipients outside the match when mail goes out', async () => {
    const found = await explained('outgoing.eml', '--outbound');
    expect(found.rules[1]).toMatchObject({ name: 'footer', acts: true, alsoFor: [0], notFor: [] });
    const shown = await text('outgoing.eml', '--outbound');
    expect(shown).toContain('gets the change without matching: [0] bob@example.com\n');
    expect(shown).toContain('DMARC: nothing to do, it is for inbound mail\n');
  });

  it('takes the envelope from the options', async () => {
    const options = [
      '--recipient',
      'bob@example.com',
      '--recipient',
      'Zoe@Elsewhere.example',
      '--sender',
      '',
    ];
    const found = await explained('outgoing.eml', '--outbound', ...options);
    expect(found).toMatchObject({ envelopeSender: '', recipientsFrom: 'arguments' });
    expect(found.recipients.map((one) => one.scope)).toEqual(['inside', 'outside']);
  });
});

describe('mailroom explain: changes', () => {
  it('names the parts that change with their byte ranges, and leaves attachments alone', async () => {
    const found = await explained('outside.eml');
    const [banner, tag] = found.rules[0]?.changes ?? [];
    expect(banner?.outcome.kind === 'edited' && banner.outcome.parts.map((part) => part.path)).toEqual([
      '1.1',
      '1.2',
    ]);
    expect(tag?.outcome.kind).toBe('edited');
    expect(found.parts.filter((part) => part.edited).map((part) => part.path)).toEqual(
      expect.arrayContaining(['1.1', '1.2']),
    );
    expect(found.parts.find((part) => part.path === '2')).toMatchObject({
      edited: false,
      untouched: 'it is an attachment',
    });
    expect(found.bytesAfter).toBeGreaterThan(found.bytesBefore);
    const shown = await text('outside.eml');
    expect(shown).toMatch(/prependDisclaimer: part 1\.1, text\/plain: 17 bytes inserted at byte 1377\n/);
    expect(shown).toContain('prependSubject: the header: 6 bytes inserted at byte 1103\n');
    expect(shown).toContain('part 2, text/plain, bytes');
    expect(shown).toContain('unchanged, it is an attachment\n');
    expect(shown).toMatch(/Nothing was sent\.\n$/);
  });

  it('says why a signed message is left alone', async () => {
    const found = await explained('signed.eml');
    expect(found.rules[0]?.acts).toBe(true);
    expect(found.rules[0]?.changes[0]?.outcome).toMatchObject({ kind: 'untouched' });
    expect(await text('signed.eml')).toMatch(/prependDisclaimer: left out, signed: it is signed/);
  });

  it('changes no file', async () => {
    const before = readFileSync(join(ROOT, FOLDER, 'outside.eml'));
    await explained('outside.eml', '--inbound');
    expect(readFileSync(join(ROOT, FOLDER, 'outside.eml')).equals(before)).toBe(true);
  });
});

describe('mailroom explain: DMARC', () => {
  it('decides without DNS where the published policy does not matter', async () => {
    const { dmarc } = await explained('outside.eml');
    expect(dmarc).toMatchObject({ kind: 'decided', decision: { action: 'default', reason: 'pass' } });
  });

  it('says that the policy was not looked up, and what would follow from each', async () => {
    expect((await explained('fails.eml')).dmarc).toEqual({
      kind: 'not-looked-up',
      mode: 'enforce',
      actions: { none: 'default', quarantine: 'junk', reject: 'drop' },
    });
    expect(await text('fails.eml')).toContain(
      'with p=none: default, with p=quarantine: junk, with p=reject: drop\n',
    );
  });

  it('looks the policy up at the resolver that --dns names', async () => {
    asked = [];
    const { dmarc } = await explained('fails.eml', '--dns', `127.0.0.1:${resolver.address().port}`);
    expect(asked).toContain('_dmarc.shop.example');
    expect(dmarc).toMatchObject({
      kind: 'decided',
      decision: { action: 'junk', reason: 'fail-quarantine', published: 'quarantine' },
    });
  });

  it('looks the policy up in the file that --zone names', async () => {
    const { dmarc } = await explained('fails.eml', '--zone', join(ROOT, 'local/sample/zone.db'));
    expect(dmarc).toMatchObject({
      kind: 'decided',
      decision: { action: 'junk', reason: 'fail-quarantine', published: 'quarantine' },
    });
    expect(dmarc).not.toHaveProperty('notCertain');
  });

  it('says that an outcome is not certain where nobody was asked', async () => {
    const policy = policyOf(`version: 1
organization: { domains: [example.com] }
dmarc: { mode: enforce, domains: [{ domains: shop.example, treatAs: reject }] }
`);
    const bytes = readFileSync(join(ROOT, FOLDER, 'fails.eml'));
    const common = { direction: 'inbound', sender: undefined, lookupDns: undefined, withKey: true } as const;
    const told = await explainInput({ ...common, policy, bytes, recipients: ['alice@example.com'] });
    expect(told.dmarc).toMatchObject({ kind: 'decided', notCertain: true });
    const text = explanationText(told, 'fails.eml');
    expect(text).toContain('DMARC (enforce): junk, but that is not certain\n  fail-local-policy:');
    expect(text).toContain('with --dns or --zone the outcome may be another');
  });
});

/** In this process: a command line takes a second. */
async function toldOf(
  rule: string,
  header: string,
  body: string,
): Promise<Explanation & { readonly text: string }> {
  const policy = policyOf(`version: 1\norganization: { domains: [example.com] }\nrules: [${rule}]\n`);
  const bytes = Buffer.from(`From: a@b.example\r\n${header}\r\n\r\n${body}\r\n`);
  const recipients = ['alice@example.com'];
  const common = { direction: 'inbound', sender: undefined, lookupDns: undefined, withKey: true } as const;
  const found = await explainInput({ ...common, policy, bytes, recipients });
  return { ...found, text: explanationText(found, 'x.eml') };
}

describe('mailroom explain: what WorkMail refuses', () => {
  const BANNER = '{ name: banner, when: {}, do: [{ prependDisclaimer: { text: Outside } }] }';

  it('a line of the limit is taken', async () => {
    const found = await toldOf(BANNER, 'Subject: Hi', 'y'.repeat(1000 - '\r\n'.length));
    expect(found).toMatchObject({ form: 'asked', edits: 1 });
    expect(found).not.toHaveProperty('refused');
  });

  it('a longer line in the body is repaired', async () => {
    const found = await toldOf(BANNER, 'Subject: Hi', 'y'.repeat(1000));
    expect(found).toMatchObject({ form: 'repaired' });
    expect(found).not.toHaveProperty('refused');
    expect(found.text).toContain(
      'repaired for WorkMail: the message itself: lines that are too long to be sent, encoded',
    );
  });

  it('what AWS does not tell in full is said with what would follow', async () => {
    const found = await toldOf(BANNER, 'Subject: Hi\r\nSubject: Ho', 'Hi');
    expect(found.doubts).toEqual({ problems: ["Duplicate header 'subject'."], next: 'unchanged' });
    expect(found.text).toContain(
      "  WorkMail may refuse it: Duplicate header 'subject'. Then its content stays as it came.\n",
    );
  });

  it('what is certain and cannot be repaired is said, and that the content stays', async () => {
    const tag = '{ name: tag, when: {}, do: [{ prependSubject: x }], repair: false, ifRejected: junk }';
    const found = await toldOf(tag, 'Subject: Hi', 'y'.repeat(1000));
    expect(found).toMatchObject({ edits: 0, bytesAfter: found.bytesBefore, consequence: { kind: 'junk' } });
    expect(found.refused).toMatch(/longer than/);
    expect(found.text).toMatch(
      /^Result: WorkMail would refuse the changed message \(.*\), so its content stays as it came\.$/m,
    );
    expect(found.text).toContain('rule "tag" then asks for: junk (rejected), for everyone');
    expect(found.text).not.toMatch(/: changed$/m);
  });
});

describe('mailroom explain: before and after', () => {
  it('shows decoded text part by part with --diff, and writes the changed message with --out, never over a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mailroom-explain-'));
    const out = join(folder, 'after.eml');
    const args = ['explain', POLICY, `${FOLDER}/outside.eml`, '--diff', '--out', out];
    const { stdout } = await mailroom(args);
    expect(stdout).toMatch(/^Before and after:\n[\s\S]* {2}part 1\.1, text\/plain:\n {4}\+ /m);
    expect(await text('outside.eml')).not.toContain('Before and after');
    expect(readFileSync(out).length).toBe((await explained('outside.eml')).bytesAfter);
    await expect(run(args.slice(1))).rejects.toThrow('it is there already');
    await rm(folder, { recursive: true, force: true });
  });
});

describe('mailroom explain: what a file cannot tell', () => {
  it.each([
    [['--at', 'noon'], '--at takes a date, or a time with its zone'],
    [['--at', '2026-11-20T21:30:00'], '--at takes a date, or a time with its zone'],
    [['--group', 'sales'], '--group takes NAME=ADDRESS,ADDRESS'],
    [['--group', 'sales=alice'], '--group takes an address'],
  ])('%j is wrong use', async (options, message) => {
    await expect(run([POLICY, `${FOLDER}/outside.eml`, ...options])).rejects.toThrow(message);
  });

  it('the reason of DMARC is what the DNS says, and told as not known without it', async () => {
    const policy = policyOf(`version: 1
organization: { domains: [example.com], trustSesHeaders: always }
dmarc: { mode: monitor }
rules:
  - { name: r, when: { direction: inbound, dmarcReason: fail-quarantine }, do: [{ moveToJunk: true }] }
`);
    const bytes = readFileSync(join(ROOT, FOLDER, 'fails.eml'));
    const common = {
      policy,
      bytes,
      direction: 'inbound',
      sender: undefined,
      recipients: ['alice@example.com'],
      withKey: true,
    } as const;
    const without = await explainInput({ ...common, lookupDns: undefined });
    expect(without.rules[0]?.acts).toBe(false);
    expect(without.unknown).toEqual(['the reason for which DMARC decides (give --dns)']);
    const lookupDns = async (name: string) =>
      name === '_dmarc.shop.example'
        ? ({ kind: 'records', records: ['v=DMARC1; p=quarantine'] } as const)
        : ({ kind: 'nxdomain' } as const);
    const found = await explainInput({ ...common, lookupDns });
    expect(found.rules[0]?.acts).toBe(true);
    expect(found.unknown).toEqual([]);
    expect(explanationText(found, 'x.eml')).toContain(
      'when dmarcReason: holds, DMARC decided by fail-quarantine',
    );
  });

  it('is asked for where a rule needs it, and taken from the options', async () => {
    const policy = policyOf(`version: 1
organization: { domains: [example.com] }
rules:
  - { name: group, when: { sentTo: "group:staff" }, do: [{ moveToJunk: true }] }
  - { name: first, when: { firstContact: true }, do: [{ deleteMessage: true }] }
  - { name: later, when: {}, do: [{ prependSubject: x }], activateOn: 2027-01-01 }
`);
    const bytes = readFileSync(join(ROOT, FOLDER, 'outside.eml'));
    const at = Date.parse('2026-11-20T12:00:00Z');
    const common = {
      policy,
      bytes,
      direction: 'inbound',
      sender: undefined,
      lookupDns: undefined,
      withKey: true,
      at,
    } as const;
    const asked = await explainInput({ ...common, recipients: ['alice@example.com'] });
    expect(asked.unknown).toHaveLength(2);
    expect(asked.rules.map(({ state }) => state)).toEqual(['no-match', 'no-match', 'inactive']);
    const asText = explanationText(asked, 'x.eml');
    expect(asText).toContain(
      'no recipient is known to hear of this author for the first time; it is not known',
    );
    expect(asText).not.toContain('Where rules want different things:');
    const groups = new Map([['staff', new Set(['alice@example.com'])]]);
    const told = await explainInput({
      ...common,
      recipients: ['alice@example.com', 'bob@example.com'],
      groups,
      firstContact: true,
      at: Date.parse('2027-01-02T00:00:00Z'),
    });
    expect(told.unknown).toEqual([]);
    expect(told.rules.map(({ state }) => state)).toEqual(['acts', 'acts', 'acts']);
    expect(explanationText(told, 'x.eml')).toContain('Where rules want different things:');
    expect(told.recipients.map(({ outcome }) => outcome.outcome)).toEqual(['deleteMessage', 'deleteMessage']);
    expect(told).toMatchObject({ gone: true, edits: 0 });
  });
});

describe('mailroom explain: output', () => {
  it('speaks of the mark header that is added to a changed message, when there is a key', async () => {
    const mark = 'a mark header (X-Mailroom-Mark, about 90 bytes) is added at the top';
    expect(await text('outside.eml')).toContain(mark);
    expect(await text('outside.eml', '--no-mark-key')).not.toContain(mark);
    expect(await explained('outside.eml')).toMatchObject({ markHeader: true });
    expect(await explained('outside.eml', '--no-mark-key')).toMatchObject({ markHeader: false });
  });

  it('says why a message of the sender has no evidence, when it comes in', async () => {
    const hint = 'SES writes it on arrival';
    expect(await text('outgoing.eml')).toContain(hint);
    expect(await text('outgoing.eml', '--outbound')).not.toContain(hint);
    expect(await text('outside.eml')).not.toContain(hint);
  });

  it('lets nothing of a message or an argument control the terminal', async () => {
    const shown = await text('outside.eml', '--recipient', '\u001b[31mred\u202e@example.com');
    expect(shown).toContain('\\u{1b}[31mred\\u{202e}@example.com');
    expect(shown).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
  });

  it('answers 1 and the problems when the policy has errors', async () => {
    const failed = await inProcess(['test/fixtures/policy/bad/rule-names.yaml', `${FOLDER}/outside.eml`]);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('rule-names.yaml:6:7: error: rules[2].name');
  });
});
