import { domainToASCII } from 'node:url';
import type { SMTPServer, SMTPServerAddress, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { SmtpClient } from '../types.ts';

/** A server that listens. */
export interface SmtpListener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, lets messages under way finish for a moment, then ends the rest. */
  close(): Promise<void>;
}

/** WorkMail's limit for a message as MIME, both ways. */
export const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;
/** WorkMail's limit, both ways. */
export const MAX_RECIPIENTS = 500;
/** Each connection may hold a message: more are told to come again. */
const MAX_CONNECTIONS = 200;
const CLOSE_GRACE_MS = 2_000;
/** RFC 5321 §4.5.3.1.2. */
const MAX_HELO_CHARS = 255;

/** What both servers have in common: no TLS on loopback, no reverse look-ups, no jokes from sendmail's youth. */
export const COMMON_OPTIONS: SMTPServerOptions = {
  name: 'localhost',
  banner: 'Mailroom',
  size: MAX_MESSAGE_BYTES,
  maxRecipients: MAX_RECIPIENTS,
  maxClients: MAX_CONNECTIONS,
  closeTimeout: CLOSE_GRACE_MS,
  disableReverseLookup: true,
  // SES does not take SMTPUTF8 (RFC 6531): an address beyond ASCII could not be copied into its headers.
  hideSMTPUTF8: true,
  logger: false,
};

/** Never served: certificates on loopback prove nothing, and the last three are no SMTP. */
export const NEVER_SERVED = ['STARTTLS', 'WIZ', 'SHELL', 'KILL'];

/** Starts a server on one address. Rejects with the system's error when the port is taken. */
export function listen(server: SMTPServer, port: number, host: string): Promise<SmtpListener> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      // A connection that breaks is its client's affair; without a listener it would end the process.
      server.on('error', () => undefined);
      const address = server.server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ host, port: bound, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** An error whose code and text are the reply. */
export function reply(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/** Who connected. XCLIENT's values count before the connection's own; `undefined` for a HELO name that is none. */
export function clientOf(session: SMTPServerSession): SmtpClient | undefined {
  const told = session.xClient.get('HELO');
  const helo = typeof told === 'string' ? told : session.hostNameAppearsAs;
  if (helo.length > MAX_HELO_CHARS || !/^[!-~]+$/.test(helo)) return undefined;
  const name = session.clientHostname.startsWith('[') ? 'unknown' : session.clientHostname;
  return { address: session.remoteAddress, name, helo };
}

/**
 * An envelope address with its domain in lower case and as A-labels (smtp-server shows U-labels), or undefined when it
 * holds anything but printable ASCII.
 */
export function envelopeAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  if (at < 0) return /^[!-~]*$/.test(address) ? address : undefined;
  const domain = address.slice(at + 1);
  const ascii = domain.startsWith('[') ? domain : domainToASCII(domain);
  const normal = `${address.slice(0, at)}@${ascii.toLowerCase()}`;
  return ascii !== '' && /^[!-~]+$/.test(normal) ? normal : undefined;
}

/** Why MAIL FROM is refused whoever it names, or null. The null sender (RFC 5321 §4.5.5) is no problem. */
export function senderProblem(sender: SMTPServerAddress, session: SMTPServerSession): Error | null {
  if (clientOf(session) === undefined) return reply(501, '5.5.4 HELO takes a host name of printable ASCII');
  if (sender.args !== false && 'SMTPUTF8' in sender.args)
    return reply(555, '5.6.7 SMTPUTF8 is not supported');
  if (envelopeAddress(sender.address) === undefined) return reply(553, '5.6.7 The address must be ASCII');
  return null;
}

/** Of an address; empty when it has none. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
