/** What rules keep is kept once, as it came, and nothing of the sender's stands in a key or a log. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readAbout } from '../../../handlers/edge/keep/about.ts';
import { performKeeping } from '../../../handlers/edge/keep/keeping.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { Effect } from '../../../shared/policy/decision.ts';
import { type CallOptions, type KeepWorld, keepWorld, MAIL, messageOf } from './world.ts';

const HOLD: Effect = { kind: 'quarantine', rule: 'no programs', recipients: [0], notify: 'none' };
const COPY: Effect = { kind: 'saveCopy', rule: 'audit', folder: 'legal/2026' };
const SAVE: Effect = {
  kind: 'saveAttachments',
  rule: 'links',
  paths: ['2', '3'],
  link: 'https://files.example.com/',
};
const WITH_FILES = Buffer.from(
  [
    'From: bob@partner.example',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'Text.',
    '--b',
    'Content-Type: text/html; name="secret report.HTML"',
    'Content-Disposition: attachment; filename="secret report.HTML"',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('<script>alert(1)</script>').toString('base64'),
    '--b',
    'Content-Disposition: attachment; filename="a.very-long-extension"',
    '',
    'x',
    '--b--',
    '',
  ].join('\r\n'),
);

async function keep(world: KeepWorld, effects: readonly Effect[], options: CallOptions = {}) {
  const invocation = world.invocation(options);
  return performKeeping(invocation, await messageOf(invocation), effects);
}

describe('a held message', () => {
  test('is there as it came, with what an administrator has to know', async () => {
    const world = keepWorld();
    expect(await keep(world, [HOLD])).toEqual({ links: new Map(), failed: [] });
    const [message = '', about = ''] = [...world.objects.keys()];
    expect(message).toMatch(/^quarantine\/[0-9a-f]{32}\/message\.eml$/);
    expect(about).toBe(message.replace('message.eml', 'about.json'));
    expect(Buffer.from(world.objects.get(message) ?? []).equals(MAIL)).toBe(true);
    expect(readAbout(Buffer.from(world.objects.get(about) ?? []).toString())).toEqual({
      version: 1,
      id: message.split('/')[1],
      rule: 'no programs',
      reason: 'they harm',
      direction: 'inbound',
      recipients: ['Alice@Example.com'],
      author: 'bob@partner.example',
      subject: 'Grüße',
      heldAt: '2026-11-21T09:30:00.000Z',
      messageId: '5bb5a1a0-0000-4000-8000-000000000001',
      bytes: MAIL.length,
      sha256: createHash('sha256').update(MAIL).digest('hex'),
    });
    expect(JSON.stringify(world.logs)).not.toMatch(/bob|alice|Grüße/i);
  });

  test('stays the first one, whatever a retry gets, and however late', async () => {
    const world = keepWorld();
    await keep(world, [HOLD]);
    const before = new Map(world.objects);
    await keep(world, [HOLD], { message: Buffer.from(`X: rewritten\r\n${MAIL.toString()}`), now: 1 });
    expect(world.objects).toEqual(before);
    expect(world.logs.map(({ result }) => result)).toEqual(['stored', 'already-there']);
  });

  test('is another one for another rule or call', async () => {
    const world = keepWorld();
    await keep(world, [HOLD, { ...HOLD, rule: 'other' }]);
    await keep(world, [HOLD], { event: { invocationId: 'another' } });
    expect(world.objects.size).toBe(6);
  });

  test('is another one for other recipients, which a changed policy may ask for in a retry', async () => {
    const world = keepWorld();
    await keep(world, [HOLD]);
    await keep(world, [{ ...HOLD, recipients: [0, 1] }]);
    expect(world.objects.size).toBe(4);
  });

  test('says so when the event did not name everybody', async () => {
    const world = keepWorld();
    await keep(world, [HOLD], { event: { truncated: true } });
    const about = [...world.objects].find(([key]) => key.endsWith('about.json'))?.[1] ?? [];
    expect(readAbout(Buffer.from(about).toString())).toHaveProperty('recipientsCut', true);
  });

  test('is complete before it is listed: killed in between, a retry goes on', async () => {
    const world = keepWorld();
    await keep(world, [HOLD]);
    const [message = '', about = ''] = [...world.objects.keys()];
    world.objects.delete(about);
    await keep(world, [HOLD]);
    expect([...world.objects.keys()]).toEqual([message, about]);
  });
});

test('a copy is the message, under the folder of the rule', async () => {
  const world = keepWorld();
  await keep(world, [COPY]);
  await keep(world, [COPY]);
  const [[key = '', bytes] = []] = [...world.objects];
  expect(world.objects.size).toBe(1);
  expect(key).toMatch(/^copies\/legal\/2026\/[0-9a-f]{32}\.eml$/);
  expect(Buffer.from(bytes ?? []).equals(MAIL)).toBe(true);
});

test('attachments get links without a name of the sender, and a second call the same', async () => {
  const world = keepWorld();
  const { links } = await keep(world, [SAVE], { message: WITH_FILES });
  expect([...links.keys()]).toEqual(['2', '3']);
  expect(links.get('2')).toMatch(/^https:\/\/files\.example\.com\/attachments\/[0-9a-f]{32}\/1\.html$/);
  expect(links.get('3')).toMatch(/\/2$/);
  const key = (links.get('2') ?? '').slice('https://files.example.com/'.length);
  expect(Buffer.from(world.objects.get(key) ?? []).toString()).toBe('<script>alert(1)</script>');
  expect((await keep(world, [SAVE], { message: WITH_FILES })).links).toEqual(links);
  expect(JSON.stringify(world.logs)).not.toContain('secret');
});

test('a link leads to its own attachment, also when a changed policy means another one in a retry', async () => {
  const world = keepWorld();
  // Without extensions only their content tells the two apart.
  const message = Buffer.from(WITH_FILES.toString().replaceAll('secret report.HTML', 'report'));
  const first = await keep(world, [SAVE], { message });
  const second = await keep(world, [{ ...SAVE, paths: ['3'] }], { message });
  const at = (link = '') => world.objects.get(link.slice('https://files.example.com/'.length)) ?? [];
  expect(Buffer.from(at(second.links.get('3'))).toString()).toBe('x');
  expect(second.links.get('3')).not.toBe(first.links.get('2'));
});

describe('what cannot be kept', () => {
  test('for now is said, and keeps the others from nothing', async () => {
    const world = keepWorld();
    const slow = new TemporaryError('s3 PutObject: SlowDown');
    world.faults.set('put', slow);
    expect(await keep(world, [HOLD])).toEqual({ links: new Map(), failed: [HOLD], temporary: slow });
    expect(world.logs).toEqual([]);
    world.faults.clear();
    world.faults.set('put quarantine', slow);
    expect(await keep(world, [HOLD, COPY])).toMatchObject({ failed: [HOLD], temporary: slow });
    expect(world.objects.size).toBe(1);
  });

  test('for good is said for its effect, and the others are kept', async () => {
    const world = keepWorld();
    const gone: Effect = { ...SAVE, paths: ['9'] };
    expect((await keep(world, [gone, HOLD])).failed).toEqual([gone]);
    expect(world.objects.size).toBe(2);
    world.faults.set('put', new PermanentError('s3 PutObject: AccessDenied 403'));
    expect((await keep(world, [HOLD, COPY])).failed).toEqual([HOLD, COPY]);
    expect(world.logs.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  test('for want of a bucket is that too', async () => {
    const world = keepWorld();
    expect((await keep(world, [HOLD], { bucket: undefined })).failed).toEqual([HOLD]);
    expect(world.logs[0]).toMatchObject({ event: 'failure', reason: 'MAILROOM_KEEP_BUCKET is not set' });
  });
});

test.each(['', 'null', '{}', '{"version":1}', '[', '{"version":2,"id":"x"}'])(
  '%s describes nothing',
  (text) => {
    expect(readAbout(text)).toBeUndefined();
  },
);
