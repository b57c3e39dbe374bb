/** `mailroom dmarc simulate`: messages, a data folder, both logs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../local/cli/dmarc.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { simulateEvents } from '../../../local/dmarc/simulate/sources.ts';
import { readPolicy } from '../../../shared/policy/index.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { printed } from './printed.ts';

const ZONE = `$TTL 60
_dmarc.reject.example. TXT "v=DMARC1; p=reject"
_dmarc.soft.example.   TXT "v=DMARC1; p=quarantine"
_dmarc.testing.example. TXT "v=DMARC1; p=reject; t=y"
; @servfail _dmarc.slow.example.
`;
const POLICY = `version: 1
organization:
  domains: [example.com]
  trustSesHeaders: always
dmarc:
  mode: monitor
  actions: { none: default, quarantine: junk, reject: junk }
  exceptions:
    - from: [reject.example]
      authenticatedBy: { spf: [list.example] }
      action: default
      reason: the list of our trade
`;

/** As SES hands it over (workmail-contracts.md §3.2). */
function message(from: string, dmarc: string, envelope = 'spammer.example', spf = 'pass'): string {
  return `Return-Path: <x@${envelope}>
Received: from mail.${envelope} (mail.${envelope} [192.0.2.7]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id abc123 for alice@example.com; Fri, 20 Nov 2026 10:00:00 +0000 (UTC)
X-SES-Spam-Verdict: PASS
X-SES-Virus-Verdict: PASS
Received-SPF: ${spf} (spfCheck: domain of ${envelope} designates 192.0.2.7 as permitted sender) client-ip=192.0.2.7; envelope-from=x@${envelope}; helo=mail.${envelope};
Authentication-Results: amazonses.com;
 spf=${spf} (spfCheck: domain of ${envelope} designates 192.0.2.7 as permitted sender) client-ip=192.0.2.7; envelope-from=x@${envelope}; helo=mail.${envelope};
 dmarc=${dmarc} header.from=${from};
X-SES-RECEIPT: AEFBQUFBQUFBQUF
From: Somebody <x@${from}>
To: alice@example.com
Subject: hello
Date: Fri, 20 Nov 2026 10:00:00 +0000

hello
`.replaceAll('\n', '\r\n');
}

const received = (traceId: string, from: string, dmarcVerdict: string, dmarcPolicy?: string) => ({
  '@timestamp': '2026-11-20T10:00:00.000Z',
  traceId,
  event: {
    eventName: 'ORGANIZATION_EMAIL_RECEIVED',
    recipients: ['alice@example.com'],
    from,
    subject: 'x',
    messageId: '<x>',
    spamVerdict: 'PASS',
    dkimVerdict: 'GRAY',
    dmarcVerdict,
    ...(dmarcPolicy === undefined ? {} : { dmarcPolicy }),
    spfVerdict: 'PASS',
    messageTimestamp: '2026-11-20T10:00:00.000Z',
  },
});

let folder: string;
let flags: readonly string[];
beforeAll(async () => {
  folder = await temporaryFolder('simulate');
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await mkdir(join(folder, 'mail'));
  await write('zone.db', ZONE);
  await write('policy.yaml', POLICY);
  await write('bad.yaml', 'version: 1\ndmarc: { mode: sometimes }\n');
  await write('rules.yaml', 'version: 1\norganization:\n  domains: [example.com]\n');
  flags = ['--policy', join(folder, 'policy.yaml'), '--zone', join(folder, 'zone.db')];
  const mail = {
    '1-forged': message('reject.example', 'fail'),
    '2-soft': message('soft.example', 'fail'),
    '3-testing': message('testing.example', 'fail'),
    '4-list': message('reject.example', 'fail', 'list.example'),
    '5-none': message('nothing.example', 'none'),
    '6-slow': message('slow.example', 'fail'),
  };
  for (const [name, text] of Object.entries(mail)) await write(join('mail', `${name}.eml`), text);
  await write(join('mail', 'notes.txt'), '');
  // Text with colons at the start of its lines, and no mail.
  await write(join('mail', 'policy.yaml'), POLICY);
});

const simulate = (path: string, ...more: string[]) =>
  printed(run, ['simulate', join(folder, path), ...flags, ...more]);

async function listOf(path: string): Promise<unknown> {
  return JSON.parse((await simulate(path, '--json')).text).list;
}

describe('mailroom dmarc simulate', () => {
  it('a folder of messages: what enforcing would do, beside what WorkMail does by itself', async () => {
    expect(await simulate('mail')).toEqual({
      code: 0,
      text: `Messages: 6. Enforced, this policy would do: junk 3, default 3.
Not simply delivered: 3.
Delivered, where WorkMail's own enforcement would drop it or put it to Junk: 1.
Held back, where WorkMail's own enforcement would deliver it: 0.
Not decided, because the DNS did not answer: 1. Try these again.

Why

reason           action   messages  WorkMail itself
fail-reject      junk     1         drop 1
fail-quarantine  junk     1         junk 1
fail-testing     junk     1         junk 1
exception        default  1         drop 1
no-record        default  1         default 1
unknown-dns      default  1         unknown 1

From

domain           messages  not simply delivered
reject.example   2         1
soft.example     1         1
testing.example  1         1
nothing.example  1         0
slow.example     1         0

Not simply delivered

message        from             reason           action  WorkMail itself
1-forged.eml   reject.example   fail-reject      junk    drop
2-soft.eml     soft.example     fail-quarantine  junk    junk
3-testing.eml  testing.example  fail-testing     junk    junk

Messages are judged with the DNS of today: a key that was withdrawn since then makes its signature fail.
Files that tell of no message: 2, beside 6.
`,
    });
  });

  it('a ramp, and recipients that are only watched: what is enforced in full, and for now', async () => {
    const play = async (section: string, ...more: string[]) => {
      await writeFile(join(folder, 'part.yaml'), `${POLICY}${section}`);
      const files = ['--policy', join(folder, 'part.yaml'), '--zone', join(folder, 'zone.db')];
      return (await printed(run, ['simulate', join(folder, 'mail'), ...files, ...more])).text;
    };
    // By their hashes soft.example is in from 2 percent on, testing.example from 5, reject.example from 85.
    for (const [share, now] of [
      [1, 'default 6'],
      [2, 'default 5, junk 1'],
      [84, 'default 4, junk 2'],
      [100, 'junk 3, default 3'],
    ])
      expect(
        await play(`  ramp: { share: ${share} }\n`),
      ).toContain(`Messages: 6. Enforced in full, this policy would do: junk 3, default 3.
For now, with its ramp (${share} % of the domains in From): ${now}.
`);
    const text = await play('  ramp: { share: 10 }\n');
    expect(text).toContain('Not decided, because the DNS did not answer: 1. Try these again.');
    expect(text).toMatch(/1-forged.eml +reject.example +fail-reject +junk +default +drop/);
    const watched = '  recipients: [{ to: [alice@example.com], mode: monitor }]\n';
    expect(
      await play(watched, '--recipient', 'alice@example.com'),
    ).toContain(`in full, this policy would do: junk 3, default 3.
For now, with recipients that it only watches: default 6.
`);
  });

  it('--csv and --json have every message, with the exception that held', async () => {
    const { text } = await simulate('mail', '--csv');
    expect(text.split('\r\n')).toHaveLength(8);
    expect(text).toContain('4-list.eml,reject.example,exception,default,drop,reject,the list of our trade,');
    expect(await listOf('mail')).toContainEqual(
      expect.objectContaining({
        id: '6-slow.eml',
        reason: 'unknown-dns',
        action: 'default',
        temporary: true,
      }),
    );
  });

  it('the data folder of a stand-in: what came in from outside, by its trace', async () => {
    await mkdir(join(folder, 'data', 'queue'), { recursive: true });
    for (const [id, direction] of [
      ['in', 'inbound'],
      ['out', 'outbound'],
    ] as const) {
      await mkdir(join(folder, 'data', 'messages', id), { recursive: true });
      const kept = join(folder, 'data', 'messages', id);
      await writeFile(join(kept, 'original.eml'), message('reject.example', 'fail'));
      await writeFile(join(kept, 'final.eml'), message('reject.example', 'fail'));
      await writeFile(
        join(kept, 'summary.json'),
        JSON.stringify({ direction, recipients: ['Alice@example.com'] }),
      );
    }
    expect(await listOf('data')).toMatchObject([{ id: 'in', reason: 'fail-reject', action: 'junk' }]);
  });

  it("WorkMail's event log, as it is and as CloudWatch exports it", async () => {
    const events = [
      received('t-1', 'x@reject.example', 'FAIL', 'REJECT'),
      received('t-2', 'x@good.example', 'PASS'),
      received('t-3', 'x@nothing.example', 'GRAY'),
      received('t-4', 'nobody', 'FAIL', 'NONE'),
      received('t-5', 'x@slow.example', 'PROCESSING_FAILED'),
      { ...received('t-6', 'x@reject.example', 'FAIL'), event: { eventName: 'MAILBOX_EMAIL_DELIVERED' } },
    ];
    const [first, ...rest] = events.map((event) => JSON.stringify(event));
    const exported = JSON.stringify({ timestamp: 1, message: first });
    await writeFile(join(folder, 'events.jsonl'), [exported, ...rest, 'no JSON'].join('\n'));
    expect(await listOf('events.jsonl')).toMatchObject([
      { id: 't-1', domain: 'reject.example', reason: 'fail-reject', action: 'junk', workmail: 'drop' },
      { id: 't-2', domain: 'good.example', reason: 'pass', action: 'default', workmail: 'default' },
      { id: 't-3', reason: 'no-record', action: 'default' },
      { id: 't-4', domain: '', reason: 'author-unreadable', action: 'junk' },
      { id: 't-5', reason: 'unknown-temperror', action: 'default' },
    ]);
    const { text } = await simulate('events.jsonl');
    expect(text).toContain('Not decided, because SES could not (the DNS did not answer it, or From has no');
    expect(text).not.toContain('Try these again');
    expect(text).toContain(
      'neither signers nor the field From, so exceptions, lists, trusted sealers, protected people',
    );
  });

  it('the log of a real organization, as it is read from CloudWatch', async () => {
    const parsed = await readPolicy(POLICY, 'policy.yaml', { now: 0 });
    if (!parsed.ok || parsed.policy.dmarc === undefined) throw new Error('the policy is wrong');
    const { policy } = parsed;
    const lookupDns = () => Promise.reject(new Error('nobody is asked'));
    const input = { policy, dmarc: parsed.policy.dmarc, lookupDns, recipients: [], nowMs: 0 };
    const events = [
      received('t-1', 'x@soft.example', 'FAIL', 'QUARANTINE'),
      received('t-1', 'x@soft.example', 'PASS'),
    ];
    const simulated = simulateEvents(
      events.map(({ traceId, event }) => ({ timeMs: 0, traceId, eventName: event.eventName, event })),
      input,
    );
    expect(simulated).toMatchObject({
      messages: [{ id: 't-1', reason: 'fail-quarantine', action: 'junk', workmail: 'junk' }],
      sources: ['event-log'],
    });
  });

  it("the function's log: what was decided then, a message once with the strictest", async () => {
    const decision = {
      level: 'info',
      event: 'decision',
      step: 'dmarc',
      outcome: 'default',
      reason: 'fail-reject',
    };
    const lines = [
      {
        ...decision,
        messageId: 'm-1',
        wouldBe: 'junk',
        published: 'reject',
        dmarc: 'fail',
        text: 'DMARC failed.',
      },
      { ...decision, messageId: 'm-1', wouldBe: 'default', published: 'reject', dmarc: 'fail' },
      { ...decision, messageId: 'm-2', reason: 'pass', dmarc: 'pass' },
      { ...decision, step: 'rules' },
      { event: 'effect' },
    ];
    await writeFile(join(folder, 'function.log'), lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(await listOf('function.log')).toEqual([
      {
        id: 'm-1',
        domain: '',
        reason: 'fail-reject',
        action: 'junk',
        workmail: 'drop',
        text: 'DMARC failed.',
        published: 'reject',
      },
      { id: 'm-2', domain: '', reason: 'pass', action: 'default', workmail: 'default', text: '' },
    ]);
    expect((await simulate('function.log')).text).toContain('--policy is not applied to it');
  });

  it('says that entries for groups are not applied', async () => {
    const written: string[] = [];
    const stderr = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => written.push(String(text)) > 0);
    const recipients = '  recipients: [{ to: [group:board], mode: enforce }]\n';
    await writeFile(join(folder, 'groups.yaml'), `${POLICY}${recipients}`);
    const files = ['--policy', join(folder, 'groups.yaml'), '--zone', join(folder, 'zone.db')];
    await printed(run, ['simulate', join(folder, 'mail'), ...files]);
    stderr.mockRestore();
    expect(written.join('')).toContain('The policy has entries for groups.');
  });

  it('nothing to simulate, and a policy that cannot be used: 1', async () => {
    expect(await simulate('zone.db')).toEqual({
      code: 1,
      text: 'There is no inbound message to simulate.\n',
    });
    for (const policy of ['bad.yaml', 'rules.yaml']) {
      const { code } = await printed(run, ['simulate', folder, '--policy', join(folder, policy)]);
      expect(code).toBe(1);
    }
  });

  it.each([
    [['simulate'], 'give a folder or file, or --log-group'],
    [['simulate', 'a', '--log-group', 'g'], 'give a folder or file, or --log-group'],
    [['simulate', 'a', 'b'], '"b" is too much'],
    [['simulate', 'a', '--since', '7d'], '--region and --since go with'],
    [['simulate', 'a'], 'give the policy with --policy'],
    [['simulate', 'a', '--policy', 'p', '--csv', '--json'], 'not both'],
    [['simulate', 'a', '--policy', 'p', '--recipient', 'x'], '--recipient takes an address'],
    [['simulate', 'a', '--policy', '/nowhere.yaml'], 'cannot read /nowhere.yaml'],
    [
      ['simulate', '/nowhere', '--policy', 'local/sample/policy.yaml'],
      'cannot read /nowhere: there is no such file',
    ],
  ])('%j is wrong use', async (args, words) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WrongUse);
    expect(String(error)).toContain(words);
  });
});
