/**
 * Sends mail, in a process of its own so that its share of the processor can be told apart: `load.ts ORDER`, where
 * ORDER is JSON. Each session is opened once and takes the next message as soon as it is free (or when the message is
 * due). Prints a report as JSON.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { openSession, type SmtpSession } from '../test/support/smtp-client.ts';
import { RECIPIENT, SENDER, sampleMessage } from './sample.ts';

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly messages: number;
  readonly messageBytes: number;
  /** Messages due each second; 0: as fast as they are taken. */
  readonly perSecond: number;
  /** Begins every Subject. */
  readonly name: string;
}

export interface LoadReport {
  /** Milliseconds since 1970: before the first MAIL FROM, and after the last 250. */
  readonly begunMs: number;
  readonly acceptedMs: number;
  /** Processor time of the sender, in milliseconds. */
  readonly cpuMs: number;
}

async function say(session: SmtpSession, line: string | Buffer): Promise<void> {
  const { code, text } = await session.command(line);
  if (code >= 400) throw new Error(`the server said: ${text}`);
}

async function openAs(port: number): Promise<SmtpSession> {
  const session = await openSession(port);
  const { address, name, helo } = SENDER.client;
  for (const line of [`EHLO ${helo}`, `XCLIENT ADDR=${address} NAME=${name}`, `EHLO ${helo}`])
    await say(session, line);
  return session;
}

/** No line of the sample begins with a dot, so nothing has to be stuffed (RFC 5321 §4.5.2). */
async function send(session: SmtpSession, order: LoadOrder, index: number): Promise<void> {
  const message = sampleMessage(`${order.name}-${index}`, order.messageBytes);
  await say(session, `MAIL FROM:<${SENDER.mailFrom}>`);
  await say(session, `RCPT TO:<${RECIPIENT}>`);
  await say(session, 'DATA');
  await say(session, Buffer.concat([message, Buffer.from('.\r\n')]));
}

async function sendAll(order: LoadOrder): Promise<LoadReport> {
  const sessions = await Promise.all(Array.from({ length: order.connections }, () => openAs(order.port)));
  const cpuBefore = process.cpuUsage();
  const begunMs = Date.now();
  let next = 0;
  const work = async (session: SmtpSession): Promise<void> => {
    for (let index = next++; index < order.messages; index = next++) {
      const dueMs = order.perSecond === 0 ? 0 : begunMs + (index * 1000) / order.perSecond;
      if (dueMs > Date.now()) await wait(dueMs - Date.now());
      await send(session, order, index);
    }
  };
  await Promise.all(sessions.map(work));
  const acceptedMs = Date.now();
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const { socket } of sessions) socket.end('QUIT\r\n');
  return { begunMs, acceptedMs, cpuMs: (user + system) / 1000 };
}

function isOrder(value: unknown): value is LoadOrder {
  return typeof value === 'object' && value !== null && 'port' in value && 'perSecond' in value;
}

if (import.meta.main) {
  const order: unknown = JSON.parse(process.argv[2] ?? '');
  if (!isOrder(order)) throw new Error('ORDER is not an order');
  process.stdout.write(JSON.stringify(await sendAll(order)));
}
