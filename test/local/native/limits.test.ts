/** WorkMail's limits for one message, as the SMTP servers answer them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MESSAGE_LIMITS, messageProblem } from '../../../local/native/limits.ts';
import { startInbound } from '../../../local/smtp/inbound.ts';
import { MAX_MESSAGE_BYTES, MAX_RECIPIENTS, type SmtpListener } from '../../../local/smtp/listener.ts';
import { startSubmission } from '../../../local/smtp/submission.ts';
import { openSession, sendMail } from '../../support/smtp-client.ts';
import { NOW, resolverOver, sampleZone } from '../ses/world.ts';
import { directory, type RememberingSpool, rememberingLog, rememberingSpool } from '../smtp/world.ts';

const servers: SmtpListener[] = [];
let spool: RememberingSpool;
beforeEach(() => {
  spool = rememberingSpool();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function doors(): Promise<readonly { readonly port: number; readonly login?: Login }[]> {
  const { log } = rememberingLog();
  const common = { directory, spool, now: () => NOW, newId: () => crypto.randomUUID(), log, port: 0 };
  const inbound = await startInbound({
    ...common,
    resolver: resolverOver(await sampleZone()),
    region: 'us-east-1',
  });
  const submission = await startSubmission(common);
  servers.push(inbound, submission);
  return [
    { port: inbound.port },
    { port: submission.port, login: { user: 'alice@example.com', password: 'pw' } },
  ];
}
const plainLogin = Buffer.from('\0alice@example.com\0pw').toString('base64');
type Login = { readonly user: string; readonly password: string };

/** A multipart of a text and these attachments. */
function withAttachments(parts: readonly string[]): string {
  const attachments = parts.map((part) => `--b\r\n${part}\r\n`).join('');
  return `From: alice@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n${attachments}--b--\r\n`;
}
const attachment = 'Content-Disposition: attachment\r\n\r\nx';

describe('limits of a message', () => {
  it('[M5] are those of the guide', () => {
    expect([MESSAGE_LIMITS, MAX_MESSAGE_BYTES, MAX_RECIPIENTS]).toEqual([
      { unencodedBytes: 29 * 1024 * 1024, attachments: 500 },
      40 * 1024 * 1024,
      500,
    ]);
  });

  it('[M1] [M2] [M4] both servers refuse what is beyond, and take what is not', async () => {
    const tooMany = withAttachments(Array.from({ length: 501 }, () => attachment));
    const inLines = `${'x'.repeat(998)}\r\n`.repeat(Math.ceil((29 * 1024 * 1024) / 1000) + 1);
    const tooLarge = `From: alice@example.com\r\n\r\n${inLines}`;
    for (const door of await doors()) {
      const mail = { ...door, mailFrom: 'alice@example.com', recipients: ['bob@example.com'] };
      expect((await sendMail({ ...mail, data: tooMany })).text).toMatch(/^554 5\.6\.0 .*500 attachments/);
      expect((await sendMail({ ...mail, data: tooLarge })).text).toMatch(/^552 5\.3\.4 .* unencoded/);
      expect((await sendMail({ ...mail, data: withAttachments([attachment]) })).code).toBe(250);
      const session = await openSession(door.port);
      expect((await session.command('EHLO x.example')).text).toContain('SIZE 41943040');
      if (door.login !== undefined) await session.command(`AUTH PLAIN ${plainLogin}`);
      expect((await session.command('MAIL FROM:<alice@example.com> SIZE=41943041')).code).toBe(552);
      session.socket.destroy();
    }
    expect(spool.accepted).toHaveLength(2);
  });

  it('[M3] the 501st recipient is told to come in a second message', async () => {
    const many = { ...directory, knows: () => true };
    const { log } = rememberingLog();
    const server = await startSubmission({
      directory: many,
      spool,
      now: () => NOW,
      newId: () => 'x',
      log,
      port: 0,
    });
    servers.push(server);
    const session = await openSession(server.port);
    await session.command('EHLO x.example');
    await session.command(`AUTH PLAIN ${plainLogin}`);
    await session.command('MAIL FROM:<alice@example.com>');
    const codes: number[] = [];
    for (let at = 0; at < 501; at++) codes.push((await session.command(`RCPT TO:<u${at}@example.com>`)).code);
    expect(new Set(codes.slice(0, 500))).toEqual(new Set([250]));
    expect(codes[500]).toBe(452);
    session.socket.destroy();
  });

  const limits = { unencodedBytes: 100, attachments: 2 };
  const base64 = (bytes: number) =>
    withAttachments([
      `Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${'A'.repeat((bytes / 3) * 4)}`,
    ]);

  it.each([
    ['[M1] what is small unencoded, however large it is as MIME', base64(90), undefined],
    ['[M1] as much as may be', withAttachments([`${attachment.slice(0, -1)}${'x'.repeat(98)}`]), undefined],
    ['[M1] one octet too many', base64(99), 552],
    ['[M4] as many attachments as may be', withAttachments([attachment, attachment]), undefined],
    ['[M4] one attachment too many', withAttachments([attachment, attachment, attachment]), 554],
    [
      '[M4] an attachment by its name alone',
      withAttachments([attachment, attachment, 'Content-Type: text/plain; name=a.txt\r\n\r\nx']),
      554,
    ],
    ['[M4] texts that are no attachments', withAttachments(['\r\nx', '\r\nx', '\r\nx', '\r\nx']), undefined],
    ['nothing', '', undefined],
  ])('%s', (_name, message, code) => {
    expect(messageProblem(Buffer.from(message), limits)?.code).toBe(code);
  });
});
