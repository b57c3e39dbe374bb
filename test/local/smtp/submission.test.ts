import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpListener } from '../../../local/smtp/listener.ts';
import { startSubmission } from '../../../local/smtp/submission.ts';
import { openSession, sendMail } from '../../support/smtp-client.ts';
import { NOW } from '../ses/world.ts';
import { directory, type RememberingSpool, rememberingLog, rememberingSpool } from './world.ts';

const UUID = '3bc66432-d00a-408d-b24e-ddb05356284f';
const DATE = 'Date: Sat, 21 Nov 2026 05:41:37 +0000\r\n';
const ID = 'Message-ID: <mail.3bc66432.d00a.408db24eddb05356@storage.wm.amazon.com>\r\n';
const REST = 'Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <a@b>\r\nSubject: s\r\n\r\nbody\r\n';
const MESSAGE = `From: Alice <alice@example.com>\r\n${REST}`;

let server: SmtpListener;
let spool: RememberingSpool;
let log: ReturnType<typeof rememberingLog>;

beforeEach(async () => {
  spool = rememberingSpool();
  log = rememberingLog();
  server = await startSubmission({
    directory,
    spool,
    now: () => NOW,
    newId: () => UUID,
    log: log.log,
    port: 0,
  });
});
afterEach(() => server.close());

const send = (mail: Partial<Parameters<typeof sendMail>[0]> = {}) =>
  sendMail({
    port: server.port,
    mailFrom: 'alice@example.com',
    recipients: ['dave@partner.example', 'Bob@Example.com'],
    data: MESSAGE,
    login: { user: 'alice@example.com', password: 'pw' },
    ...mail,
  });

describe('a message from a user', () => {
  it('is stored as it is, with who sent it', async () => {
    expect(await send()).toEqual({ code: 250, text: '250 2.6.0 Queued as id-1' });
    expect(spool.accepted).toEqual([
      {
        direction: 'outbound',
        origin: 'submission',
        mailFrom: 'alice@example.com',
        recipients: ['dave@partner.example', 'bob@example.com'],
        bytes: Buffer.from(MESSAGE),
        client: { address: '127.0.0.1', name: 'unknown', helo: 'client.test' },
        authenticatedUser: 'alice@example.com',
      },
    ]);
  });

  it.each([
    ['both', '', DATE + ID],
    ['the date', 'Message-ID: <x@y>\r\n', DATE],
    ['the id', 'date : Fri, 20 Nov 2026 10:00:00 +0000\r\n', ID],
  ])('gets %s when missing, and nothing else', async (_what, fields, added) => {
    const data = `From: alice@example.com\r\n${fields}\r\nbody\r\n`;
    await send({ data });
    expect(Buffer.from(spool.accepted[0]?.bytes ?? []).toString()).toBe(added + data);
  });

  it('may come from an alias, in both places', async () => {
    const reply = await send({
      mailFrom: 'A.Liddell@example.com',
      data: `From: a.liddell@EXAMPLE.com\r\nSender: alice@example.com\r\n${REST}`,
    });
    expect(reply.code).toBe(250);
    expect(spool.accepted).toMatchObject([
      { mailFrom: 'A.Liddell@example.com', authenticatedUser: 'alice@example.com' },
    ]);
  });

  it('a spool that fails: try again later', async () => {
    spool.before = () => Promise.reject(new Error('full'));
    expect((await send()).text).toMatch(/^451 4\.3\.0 /);
    expect(log.records).toHaveLength(1);
  });
});

describe('who may send', () => {
  it('nobody without a login', async () => {
    const session = await openSession(server.port);
    expect((await session.command('EHLO c.test')).text).toMatch(/250[- ]AUTH PLAIN LOGIN/);
    expect((await session.command('MAIL FROM:<alice@example.com>')).text).toMatch(/^530 5\.7\.0 /);
    session.socket.destroy();
  });

  it('AUTH LOGIN and AUTH PLAIN with an initial response', async () => {
    const session = await openSession(server.port);
    await session.command('EHLO c.test');
    expect((await session.command('AUTH LOGIN')).code).toBe(334);
    expect((await session.command(Buffer.from('alice@example.com').toString('base64'))).code).toBe(334);
    expect((await session.command(Buffer.from('pw').toString('base64'))).code).toBe(235);
    session.socket.destroy();
  });

  it.each([
    ['a wrong password', '\0alice@example.com\0no'],
    ['an unknown user', '\0eve@example.com\0pw'],
    ['no password', '\0alice@example.com\0'],
    ['the identity of another (RFC 4616 authzid)', 'bob@example.com\0alice@example.com\0pw'],
  ])('not with %s', async (_what, token) => {
    const session = await openSession(server.port);
    await session.command('EHLO c.test');
    const reply = await session.command(`AUTH PLAIN ${Buffer.from(token).toString('base64')}`);
    expect(reply.code).toBeGreaterThanOrEqual(500);
    expect((await session.command('MAIL FROM:<alice@example.com>')).code).toBe(530);
    session.socket.destroy();
  });

  it('a guesser is sent away after five tries', async () => {
    const session = await openSession(server.port);
    await session.command('EHLO c.test');
    const token = Buffer.from('\0alice@example.com\0no').toString('base64');
    const codes: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1)
      codes.push((await session.command(`AUTH PLAIN ${token}`)).code);
    expect(codes).toEqual([535, 535, 535, 535, 421]);
    session.socket.destroy();
  });

  it('XCLIENT is not for users', async () => {
    const reply = await send({ client: { address: '203.0.113.10', name: 'mail.good.example' } });
    expect(reply.code).toBe(550);
  });

  it.each([
    ["another's address", 'bob@example.com'],
    ["a group's", 'staff@example.com'],
    ['one elsewhere', 'alice@bank.example'],
    ['the null sender', ''],
  ])('not with %s in MAIL FROM', async (_what, mailFrom) => {
    expect((await send({ mailFrom })).text).toMatch(/^553 5\.7\.1 /);
  });

  it.each([
    ['an unknown user of the organization', 'nobody@example.com', /^550 5\.1\.1 /],
    ['an address without a domain', 'postmaster', /^553 5\.1\.3 /],
    ['an address beyond ASCII', '\u00e9@partner.example', /^553 5\.1\.3 /],
  ])('not to %s', async (_what, recipient, reply) => {
    expect((await send({ recipients: [recipient] })).text).toMatch(reply);
  });
});

describe('the author is the user', () => {
  it.each([
    ['another user', 'From: bob@example.com\r\n'],
    ['somebody elsewhere', 'From: ceo@bank.example\r\n'],
    ['a group', 'From: staff@example.com\r\n'],
    ['two From fields', 'From: alice@example.com\r\nFrom: ceo@bank.example\r\n'],
    ['two From fields, the other way round', 'From: ceo@bank.example\r\nFrom: alice@example.com\r\n'],
    ['two authors', 'From: alice@example.com, ceo@bank.example\r\n'],
    ['a From with a blank before the colon', 'From: alice@example.com\r\nFrom : ceo@bank.example\r\n'],
    ['a From that is folded before the colon', 'From\r\n : ceo@bank.example\r\nFrom: alice@example.com\r\n'],
    ['a From on a folded first line', ' From: ceo@bank.example\r\nFrom: alice@example.com\r\n'],
    ['a first line that is folded', ' X: y\r\nFrom: alice@example.com\r\n'],
    ['an address in the name', 'From: "ceo@bank.example" <alice@example.com>, <ceo@bank.example>\r\n'],
    ['a route', 'From: <@alice@example.com:ceo@bank.example>\r\n'],
    ['no From', 'To: bob@example.com\r\n'],
    ['a From without an address', 'From: alice\r\n'],
    ['a Sender of another', 'From: alice@example.com\r\nSender: bob@example.com\r\n'],
    ['two Senders', 'From: alice@example.com\r\nSender: alice@example.com\r\nSender: bob@example.com\r\n'],
    ['two addresses in Sender', 'From: alice@example.com\r\nSender: alice@example.com, bob@example.com\r\n'],
    ['an empty Sender', 'From: alice@example.com\r\nSender:\r\n'],
  ])('not %s', async (_what, header) => {
    expect((await send({ data: header + REST })).code).toBeGreaterThanOrEqual(550);
    expect(spool.accepted).toEqual([]);
  });
});
