/** An SMTP client for tests that sends exactly the bytes it is given: no library in between tidies them up. */
import { connect, type Socket } from 'node:net';

export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

export interface Submission {
  readonly port: number;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly data: string | Uint8Array;
  readonly helo?: string;
  /** XCLIENT ADDR and NAME, as Postfix documents them. */
  readonly client?: { readonly address: string; readonly name: string };
  readonly login?: { readonly user: string; readonly password: string };
}

/** Dot-stuffs (RFC 5321 §4.5.2) and ends the data; the content's own line ends stay as they are. */
function onTheWire(data: string | Uint8Array): Buffer {
  const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
  const stuffed = text.replace(/(^|\r\n)\./g, '$1..');
  return Buffer.from(stuffed.endsWith('\r\n') ? `${stuffed}.\r\n` : `${stuffed}\r\n.\r\n`, 'latin1');
}

export interface SmtpSession {
  readonly command: (line: string | Buffer) => Promise<SmtpReply>;
  readonly greeting: SmtpReply;
  readonly socket: Socket;
}

/** Opens a session and waits for the greeting. Rejects when the connection ends before a reply. */
export async function openSession(port: number): Promise<SmtpSession> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let waiting: { resolve: (reply: SmtpReply) => void; reject: (error: Error) => void } | undefined;
  const settle = () => {
    const match = /^(?:\d{3}-.*\r\n)*(\d{3}) .*\r\n/.exec(received);
    if (match === null || waiting === undefined) return;
    received = received.slice(match[0].length);
    waiting.resolve({ code: Number(match[1]), text: match[0].trim() });
    waiting = undefined;
  };
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    settle();
  });
  const fail = (error?: Error) => waiting?.reject(error ?? new Error('the server closed the connection'));
  socket.on('error', fail);
  socket.on('close', () => fail());
  const reply = () =>
    new Promise<SmtpReply>((resolve, reject) => {
      waiting = { resolve, reject };
      settle();
    });
  const greeting = await reply();
  return {
    greeting,
    socket,
    command(line) {
      const answer = reply();
      socket.write(typeof line === 'string' ? `${line}\r\n` : line);
      return answer;
    },
  };
}

/** Sends one message; resolves to the reply that settled it: the first refusal, or the answer to DATA. */
export async function sendMail(mail: Submission): Promise<SmtpReply> {
  const session = await openSession(mail.port);
  const { command } = session;
  const lines = [`EHLO ${mail.helo ?? 'client.test'}`];
  if (mail.client !== undefined) {
    lines.push(
      `XCLIENT ADDR=${mail.client.address} NAME=${mail.client.name}`,
      `EHLO ${mail.helo ?? mail.client.name}`,
    );
  }
  if (mail.login !== undefined) {
    lines.push(
      `AUTH PLAIN ${Buffer.from(`\0${mail.login.user}\0${mail.login.password}`).toString('base64')}`,
    );
  }
  lines.push(
    `MAIL FROM:<${mail.mailFrom}>`,
    ...mail.recipients.map((recipient) => `RCPT TO:<${recipient}>`),
    'DATA',
  );
  try {
    for (const line of lines) {
      const reply = await command(line);
      if (reply.code >= 400) return reply;
    }
    return await command(onTheWire(mail.data));
  } finally {
    session.socket.end('QUIT\r\n');
    session.socket.destroySoon();
  }
}
