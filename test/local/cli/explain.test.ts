import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../../local/cli/explanation.ts';
import { mailroom, type Ran, ROOT } from './run.ts';

const FOLDER = 'test/fixtures/policy/messages';
const POLICY = `${FOLDER}/policy.yaml`;

/** One process for each command line: explaining changes nothing, so tests can share what it said. */
const ran = new Map<string, Promise<Ran>>();

async function explain(args: readonly string[]): Promise<string> {
  const key = args.join('\0');
  const running = ran.get(key) ?? mailroom(['explain', POLICY, ...args]);
  ran.set(key, running);
  const done = await running;
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
    expect(found.recipients).toEqual([
      { address: 'alice@example.com', scope: 'inside' },
      { address: 'bob@example.com', scope: 'inside' },
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
});

describe('mailroom explain: what WorkMail refuses', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-explain-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const longest = 1000 - '\r\n'.length;
  it.each([
    ['a line of the limit is taken', 'Hi', longest, undefined],
    ['a line in the body', 'Hi', longest + 1, 'A line of the message is longer than 1000 characters.'],
    ['a line in the header', 'Hi\r\nX-Long: '.padEnd(longest + 5, 'x'), 10, /longer than 1000/],
  ])('%s', async (name, subject, length, refused) => {
    const file = join(folder, `${name}.eml`);
    const head = `From: a@b.example\r\nTo: alice@example.com\r\nSubject: ${subject}\r\n\r\n`;
    await writeFile(file, `${head}${'y'.repeat(length)}\r\n`);
    const found: Explanation = JSON.parse(await explain([file, '--json']));
    const shown = await explain([file]);
    expect(found.edits).toBeGreaterThan(0);
    if (refused === undefined) {
      expect(found).not.toHaveProperty('refused');
      expect(shown).toMatch(/^Result: 2 edits; /m);
    } else {
      expect(found.refused).toMatch(refused);
      expect(shown).toContain(
        'Result: WorkMail would refuse the changed message (A line of the message is longer than 1000 characters), so it is delivered as it came.\n',
      );
      expect(shown).not.toMatch(/: changed$/m);
    }
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
    const failed = await mailroom([
      'explain',
      'test/fixtures/policy/bad/rule-names.yaml',
      `${FOLDER}/outside.eml`,
    ]);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('rule-names.yaml:6:7: error: rules[2].name');
  });
});
