import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Zone } from '../../../local/dns/zone.ts';
import { createCollector } from '../../../local/smtp/data.ts';
import { startInbound } from '../../../local/smtp/inbound.ts';
import { MAX_MESSAGE_BYTES, type SmtpListener } from '../../../local/smtp/listener.ts';
import type { AcceptedMessage } from '../../../local/types.ts';
import { openSession, sendMail } from '../../support/smtp-client.ts';
import { NOW, resolverOver, sampleZone } from '../ses/world.ts';
import { directory, type RememberingSpool, rememberingLog, rememberingSpool } from './world.ts';

const GOOD = { address: '203.0.113.10', name: 'mail.good.example' };
const FROM = 'news@good.example';
const TO = ['alice@example.com'];
const MESSAGE = 'From: news@good.example\r\nSubject: s\r\n\r\nbody\r\n';

let zone: Zone;
let server: SmtpListener;
let spool: RememberingSpool;
let log: ReturnType<typeof rememberingLog>;

const start = (maxHeldBytes?: number) =>
  startInbound({
    directory,
    spool,
    resolver: resolverOver(zone),
    region: 'us-east-1',
    now: () => NOW,
    newId: () => `id ${spool.accepted.length}`,
    log: log.log,
    port: 0,
    collector: createCollector(maxHeldBytes),
  });

beforeEach(async () => {
  zone = await sampleZone();
  spool = rememberingSpool();
  log = rememberingLog();
  server = await start();
});
afterEach(() => server.close());

const send = (mail: Partial<Parameters<typeof sendMail>[0]>) =>
  sendMail({ port: server.port, mailFrom: FROM, recipients: TO, data: MESSAGE, client: GOOD, ...mail });

/** What the client sent, as latin1: what follows SES's block. */
function content(message: AcceptedMessage | undefined): string {
  const text = Buffer.from(message?.bytes ?? []).toString('latin1');
  const seal = text.indexOf('X-SES-DKIM-SIGNATURE:');
  return text.slice(text.indexOf('\r\n', seal) + 2);
}

/** Writes everything at once and reads until the server closes. */
async function converse(bytes: Buffer | string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'data');
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** The reply codes without those of multi-line replies that go on. */
function codes(transcript: string): string {
  return [...transcript.matchAll(/^(\d{3}) /gm)].map(([, code]) => code).join(' ');
}

describe('a message from the world', () => {
  it('is stored with its envelope, its client and what SES found', async () => {
    const reply = await send({ recipients: ['Alice@Example.COM', 'staff@example.com'] });
    expect(reply).toEqual({ code: 250, text: '250 2.6.0 Queued as id-1' });
    expect(spool.accepted).toMatchObject([
      {
        direction: 'inbound',
        origin: 'world',
        mailFrom: FROM,
        recipients: ['alice@example.com', 'staff@example.com'],
        client: { ...GOOD, helo: 'mail.good.example' },
        verdicts: { spf: 'PASS', dkim: 'GRAY', dmarc: 'PASS' },
      },
    ]);
    expect(content(spool.accepted[0])).toBe(MESSAGE);
    const [stored] = spool.accepted;
    expect(stored).not.toHaveProperty('authenticatedUser');
    expect(Buffer.from(stored?.bytes ?? []).toString('latin1')).toMatch(
      /^Return-Path: <news@good\.example>\r\nReceived: from mail\.good\.example \(mail\.good\.example \[203\.0\.113\.10\]\)\r\n/,
    );
  });

  it('without XCLIENT comes from this machine', async () => {
    const data = 'From: security@bank.example\r\n\r\nbody\r\n';
    const mail = { port: server.port, recipients: TO, helo: 'me.test' };
    await sendMail({ ...mail, mailFrom: 'security@bank.example', data });
    expect(spool.accepted).toMatchObject([
      {
        client: { address: '127.0.0.1', name: 'unknown', helo: 'me.test' },
        verdicts: { spf: 'FAIL', dmarc: 'FAIL', dmarcPolicy: 'REJECT' },
      },
    ]);
  });

  it('may have the null sender', async () => {
    expect((await send({ mailFrom: '' })).code).toBe(250);
    expect(spool.accepted).toMatchObject([{ mailFrom: '' }]);
    expect(Buffer.from(spool.accepted[0]?.bytes ?? []).toString('latin1')).toContain('Return-Path: <>\r\n');
  });

  it('XCLIENT may name HELO and an IPv6 address', async () => {
    const session = await openSession(server.port);
    const lines = [
      'EHLO tester.test',
      'XCLIENT ADDR=IPV6:2001:db8::7 NAME=[UNAVAILABLE] HELO=mx.six.test',
      'EHLO tester.test',
      'MAIL FROM:<a@b.test>',
      'RCPT TO:<alice@example.com>',
      'DATA',
      Buffer.from('From: a@b.test\r\n\r\n.\r\n'),
    ];
    for (const line of lines) expect((await session.command(line)).code).toBeLessThan(400);
    session.socket.destroy();
    expect(spool.accepted[0]?.client).toEqual({
      address: '2001:db8::7',
      name: 'unknown',
      helo: 'mx.six.test',
    });
  });

  it('goes to each recipient once, and the domainless postmaster is the one here', async () => {
    await send({ recipients: ['alice@example.com', 'ALICE@example.com', 'postmaster'] });
    expect(spool.accepted[0]?.recipients).toEqual(['alice@example.com', 'postmaster@example.com']);
  });

  it('keeps A-labels in the envelope', async () => {
    await send({ mailFrom: 'a@xn--bcher-kva.example' });
    expect(spool.accepted[0]?.mailFrom).toBe('a@xn--bcher-kva.example');
  });
});

describe('octets', () => {
  it.each<[string, Buffer]>([
    ['every octet', Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))],
    ['line feeds alone', Buffer.from('a\nb\n\n.c\n')],
    ['carriage returns alone', Buffer.from('a\rb\r\r')],
    ['lines that start with dots', Buffer.from('.\r\n..\r\n...x\r\n.y\r\n')],
    ['nothing', Buffer.alloc(0)],
  ])('%s arrive as they were sent, however they are cut', async (_what, body) => {
    const head = 'From: a@b.test\r\n\r\n';
    const text = `${head}${body.toString('latin1')}\r\n`;
    const wire = Buffer.from(`${text.replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1');
    const sendInPieces = async (size: number) => {
      const session = await openSession(server.port);
      for (const line of ['EHLO c.test', 'MAIL FROM:<a@b.test>', 'RCPT TO:<alice@example.com>', 'DATA'])
        await session.command(line);
      session.socket.setNoDelay(true);
      for (let at = 0; at + size < wire.length; at += size) {
        session.socket.write(wire.subarray(at, at + size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const sent = Math.floor((wire.length - 1) / size) * size;
      expect((await session.command(wire.subarray(sent))).code).toBe(250);
      session.socket.destroy();
    };
    await Promise.all([1, 2, 3, 5, wire.length].map(sendInPieces));
    expect(spool.accepted.map(content)).toEqual(Array(5).fill(text));
  });

  it('only CRLF . CRLF ends a message: no other dot can smuggle a second one in', async () => {
    const smuggled =
      'MAIL FROM:<ceo@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nFrom: x@y.z\r\n\r\nx';
    for (const end of ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', '\r.\r\n', '\r\n\0.\r\n']) {
      spool.accepted.length = 0;
      const data = `From: a@b.test\r\n\r\nfirst${end}${smuggled}\r\n`;
      expect((await send({ data })).code).toBe(250);
      expect(spool.accepted).toHaveLength(1);
      expect(content(spool.accepted[0])).toBe(data);
    }
  });
});

describe('a pipelining client (RFC 2920)', () => {
  it('gets an answer to each command, and its messages are kept apart', async () => {
    const one = (body: string) =>
      `MAIL FROM:<a@b.test>\r\nRCPT TO:<alice@example.com>\r\nRCPT TO:<nobody@example.com>\r\nDATA\r\nFrom: a@b.test\r\n\r\n${body}\r\n.\r\n`;
    const transcript = await converse(`EHLO c.test\r\n${one('first')}${one('second')}QUIT\r\n`);
    expect(codes(transcript)).toBe('220 250 250 250 550 354 250 250 250 550 354 250 221');
    const bodies = spool.accepted.map(
      ({ bytes }) => Buffer.from(bytes).toString('latin1').split('\r\n\r\n')[1],
    );
    expect(bodies).toEqual(['first\r\n', 'second\r\n']);
    expect(spool.accepted.map(({ recipients }) => recipients)).toEqual([TO, TO]);
  });

  it('that sends commands without reading answers is waited for', async () => {
    const transcript = await converse(`EHLO c.test\r\n${'NOOP\r\n'.repeat(5_000)}QUIT\r\n`);
    expect(transcript.match(/^250 OK/gm)).toHaveLength(5_000);
  });
});

describe('what is refused', () => {
  const refused: [string, Partial<Parameters<typeof sendMail>[0]>, RegExp][] = [
    ['a recipient elsewhere', { recipients: ['x@partner.example'] }, /^550 5\.7\.1 /],
    ['one of a subdomain', { recipients: ['alice@sub.example.com'] }, /^550 5\.7\.1 /],
    ['a route to one elsewhere', { recipients: ['x%partner.example@example.com'] }, /^550 5\.1\.1 /],
    ['an unknown user', { recipients: ['nobody@example.com'] }, /^550 5\.1\.1 /],
    ['a name of Object.prototype', { recipients: ['constructor'] }, /^550 5\.1\.1 |^501 /],
    ['an address beyond ASCII', { mailFrom: '\u00e9@b.test' }, /^553 5\.6\.7 /],
    ['a NUL in an address', { mailFrom: 'a\0b@c.test' }, /^501 /],
    ['an escape in an address', { recipients: ['alice\u001b[2J@example.com'] }, /^501 /],
    ['a HELO beyond ASCII', { helo: 'h\u00e9lo' }, /^501 /],
    ['a HELO that is too long', { helo: 'h'.repeat(256) }, /^501 /],
    ['an XCLIENT name that is none', { client: { address: '203.0.113.10', name: 'a(b' } }, /^501 /],
    ['an XCLIENT address that is none', { client: { address: '999.1.1.1', name: 'a.test' } }, /^501 /],
  ];
  it.each(refused)('%s', async (_what, mail, reply) => {
    expect((await send(mail)).text).toMatch(reply);
    expect(spool.accepted).toEqual([]);
  });

  it.each([
    ['SMTPUTF8', 'MAIL FROM:<a@b.test> SMTPUTF8', 555],
    ['a size beyond the limit', `MAIL FROM:<a@b.test> SIZE=${MAX_MESSAGE_BYTES + 1}`, 552],
    ['AUTH', 'AUTH PLAIN AGFsaWNlAHB3', 500],
    ['STARTTLS', 'STARTTLS', 500],
    ['WIZ', 'WIZ x', 500],
    ['CR in a command', 'MAIL FROM:<a\r@b.test>', 501],
    ['DATA before RCPT', 'DATA', 503],
  ])('%s', async (_what, line, code) => {
    const session = await openSession(server.port);
    const greeting = await session.command('EHLO c.test');
    expect((await session.command(line)).code).toBe(code);
    expect(greeting.text).not.toMatch(/AUTH|STARTTLS|SMTPUTF8/);
    expect(greeting.text).toMatch(/250[- ]SIZE 41943040\r\n/);
    expect(greeting.text).toMatch(/250[- ]8BITMIME\r\n/);
    session.socket.destroy();
  });

  it('more than 500 recipients', async () => {
    const many: typeof directory = { ...directory, knows: () => true };
    await server.close();
    const options = {
      spool,
      resolver: resolverOver(zone),
      region: 'us-east-1',
      now: () => NOW,
      log: log.log,
    };
    server = await startInbound({ ...options, directory: many, newId: () => 'x', port: 0 });
    const rcpt = Array.from({ length: 501 }, (_, at) => `RCPT TO:<u${at}@example.com>\r\n`).join('');
    const transcript = await converse(
      `EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n${rcpt}DATA\r\nFrom: a@b.test\r\n\r\n.\r\nQUIT\r\n`,
    );
    expect(transcript.match(/^250 Accepted/gm)).toHaveLength(501);
    expect(transcript.match(/^452 /gm)).toHaveLength(1);
    expect(spool.accepted[0]?.recipients).toHaveLength(500);
  });

  it('a message larger than 40 MiB, whether or not its size was said; the next one is taken', async () => {
    const session = await openSession(server.port);
    for (const line of ['EHLO c.test', 'MAIL FROM:<a@b.test>', 'RCPT TO:<alice@example.com>', 'DATA'])
      await session.command(line);
    const line = Buffer.from(`${'x'.repeat(998)}\r\n`);
    const large = Buffer.alloc(MAX_MESSAGE_BYTES + 1_000, line);
    large.write('\r\n', large.length - 2);
    session.socket.write(large);
    expect(await session.command(Buffer.from('.\r\n'))).toMatchObject({
      code: 552,
      text: expect.stringMatching(/^552 5\.3\.4 /),
    });
    for (const next of ['MAIL FROM:<a@b.test>', 'RCPT TO:<alice@example.com>', 'DATA'])
      await session.command(next);
    expect((await session.command(Buffer.from(`${MESSAGE}.\r\n`))).code).toBe(250);
    session.socket.destroy();
    expect(spool.accepted).toHaveLength(1);
  });

  it('more at once than there is room for: come again', async () => {
    await server.close();
    server = await start(1_000);
    expect((await send({ data: `${MESSAGE}${'x'.repeat(2_000)}\r\n` })).text).toMatch(/^452 4\.3\.1 /);
    expect((await send({})).code).toBe(250);
  });

  it('room is taken until a message is stored, not only until it is received', async () => {
    await server.close();
    server = await start(1_000);
    let store = (): void => undefined;
    spool.before = () => new Promise((resolve) => (store = resolve));
    const data = `${MESSAGE}${'x'.repeat(600)}\r\n`;
    const first = send({ data });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await send({ data })).text).toMatch(/^452 4\.3\.1 /);
    spool.before = () => Promise.resolve();
    store();
    expect((await first).code).toBe(250);
    expect((await send({ data })).code).toBe(250);
  });
});

describe('any conversation', () => {
  it('ends in order, and the next client is served', async () => {
    const words = [
      'EHLO x',
      'HELO',
      'MAIL FROM:<a@b.test>',
      'MAIL FROM:',
      'RCPT TO:<alice@example.com>',
      'DATA',
    ];
    const odd = [
      '.',
      '..',
      'RSET',
      'XCLIENT ADDR=203.0.113.1',
      'XCLIENT',
      'VRFY',
      'HELP',
      '\0',
      '\r',
      '<',
      'a'.repeat(600),
    ];
    const piece = fc.oneof(
      fc.constantFrom(...words, ...odd).map((line) => `${line}\r\n`),
      fc.constantFrom('\n', '\r\n', ' ', '.', '\r\n.\r\n'),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    );
    const talk = async (text: string) => {
      const socket = connect(server.port, '127.0.0.1');
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
      });
      socket.on('error', () => socket.destroy());
      await once(socket, 'data');
      socket.end(Buffer.from(`${text}\r\n.\r\nQUIT\r\n`, 'latin1'));
      await once(socket, 'close');
      // Nothing that the client wrote comes back in a way that could be taken for a reply of its own.
      for (const line of received.split('\r\n')) expect(line).toMatch(/^(?:\d{3}[ -][ -~]*)?$/);
    };
    const conversations = fc.sample(fc.array(piece, { maxLength: 30 }), { numRuns: 60, seed: 20_261_121 });
    await Promise.all(conversations.map((pieces) => talk(pieces.join(''))));
    expect((await send({})).code).toBe(250);
  });
});

describe('250 means stored', () => {
  it('and is not said before', async () => {
    let store = (): void => undefined;
    spool.before = () => new Promise((resolve) => (store = resolve));
    let answered = false;
    const sending = send({}).then((reply) => {
      answered = true;
      return reply;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(answered).toBe(false);
    store();
    expect((await sending).code).toBe(250);
  });

  it('a spool that fails: try again later, and the log names no address', async () => {
    spool.before = () => Promise.reject(new Error('disk of alice@example.com is full'));
    expect((await send({})).text).toMatch(/^451 4\.3\.0 /);
    expect(log.records).toEqual([{ level: 'error', event: 'failure', where: 'smtp-inbound', why: 'Error' }]);
  });

  it('a client that leaves in the middle of DATA has sent nothing', async () => {
    const session = await openSession(server.port);
    for (const line of ['EHLO c.test', 'MAIL FROM:<a@b.test>', 'RCPT TO:<alice@example.com>', 'DATA'])
      await session.command(line);
    session.socket.write('From: a@b.test\r\n\r\nthe first half');
    await new Promise((resolve) => setTimeout(resolve, 50));
    session.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(spool.accepted).toEqual([]);
    expect((await send({})).code).toBe(250);
  });

  it('closing lets a message under way finish', async () => {
    let store = (): void => undefined;
    spool.before = () => new Promise((resolve) => (store = resolve));
    const sending = send({});
    await new Promise((resolve) => setTimeout(resolve, 400));
    const closed = server.close();
    store();
    expect((await sending).code).toBe(250);
    await closed;
    expect(spool.accepted).toHaveLength(1);
    server = await start();
  });

  it('rejects when the port is taken', async () => {
    const options = { directory, spool, resolver: resolverOver(zone), region: 'us-east-1', now: () => NOW };
    await expect(
      startInbound({ ...options, newId: () => 'x', log: log.log, port: server.port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
