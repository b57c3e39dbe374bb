/**
 * Mail from the organization's users, as a mail program submits it (RFC 6409): SMTP on loopback with AUTH (RFC 4954).
 * The password travels in clear text because nothing leaves this machine; there is no TLS here.
 *
 * A user may send with the own address or an alias only, in MAIL FROM and in the From header: what leaves here is signed
 * for the organization's domain.
 */
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerSession,
} from 'smtp-server';
import type { Log } from '../../shared/log.ts';
import { internetDate } from '../header-lines.ts';
import { scanHeader } from '../ses/header-fields.ts';
import type { Directory, Spool } from '../types.ts';
import { authorProblem, isOwnAddress } from './author.ts';
import { type Collector, createCollector, dataHandler } from './data.ts';
import {
  COMMON_OPTIONS,
  clientOf,
  domainOf,
  envelopeAddress,
  listen,
  NEVER_SERVED,
  reply,
  type SmtpListener,
  senderProblem,
} from './listener.ts';

export interface SubmissionOptions {
  readonly directory: Directory;
  readonly spool: Spool;
  readonly now: () => Date;
  /** A UUID, for the Message-ID of a message without one. */
  readonly newId: () => string;
  readonly log: Log;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  readonly collector?: Collector;
}

/** Guessing passwords takes a connection for each few guesses. */
const MAX_FAILED_LOGINS = 5;

/** Starts the server. Rejects with the system's error when the port is taken. */
export function startSubmission(options: SubmissionOptions): Promise<SmtpListener> {
  const { directory, port, host = '127.0.0.1', collector = createCollector() } = options;
  const failures = new WeakMap<SMTPServerSession, number>();
  const server = new SMTPServer({
    ...COMMON_OPTIONS,
    disabledCommands: NEVER_SERVED,
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    authRequiredMessage: '5.7.0 Authentication required',
    onAuth: (auth, session, callback) => {
      const user = authenticate(auth, directory);
      if (user !== undefined) return callback(null, { user });
      const failed = (failures.get(session) ?? 0) + 1;
      failures.set(session, failed);
      return callback(
        failed < MAX_FAILED_LOGINS
          ? reply(535, '5.7.8 User or password is wrong')
          : reply(421, '4.7.0 Too many failed logins'),
      );
    },
    // Not at once, for pipelining clients: see inbound.ts.
    onMailFrom: (address, session, callback) => {
      setImmediate(callback, checkSender(address, session, directory));
    },
    onRcptTo: (address, _session, callback) => {
      const recipient = recipientOf(address.address, directory);
      setImmediate(callback, recipient instanceof Error ? recipient : null);
    },
    onData: dataHandler({
      collector,
      log: options.log,
      where: 'smtp-submission',
      accept: (session, bytes) => accept(options, session, bytes),
    }),
  });
  return listen(server, port, host);
}

/** The mailbox's own address when the password is right. Nobody acts for another (RFC 4616 authzid). */
function authenticate(auth: SMTPServerAuthentication, directory: Directory): string | undefined {
  const { username, password, authzid } = auth;
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  if (typeof authzid === 'string' && authzid !== '' && authzid.toLowerCase() !== username.toLowerCase())
    return undefined;
  if (!directory.authenticate(username, password)) return undefined;
  return directory.expand(username.toLowerCase())[0];
}

function userOf(session: SMTPServerSession): string {
  const user: unknown = session.user;
  return typeof user === 'string' ? user : '';
}

/** The refusal, or null. */
function checkSender(
  sender: SMTPServerAddress,
  session: SMTPServerSession,
  directory: Directory,
): Error | null {
  const problem = senderProblem(sender, session);
  if (problem !== null) return problem;
  if (isOwnAddress(directory, userOf(session), envelopeAddress(sender.address) ?? '')) return null;
  return reply(553, '5.7.1 The sender must be your own address');
}

/** In lower case when it is of the organization: there the local part has no case. */
function recipientOf(written: string, directory: Directory): string | Error {
  const address = envelopeAddress(written);
  if (address === undefined || !address.includes('@')) return reply(553, '5.1.3 Not a mail address in ASCII');
  if (!directory.domains.includes(domainOf(address))) return address;
  return directory.knows(address) ? address.toLowerCase() : reply(550, '5.1.1 No such user here');
}

async function accept(
  options: SubmissionOptions,
  session: SMTPServerSession,
  bytes: Uint8Array,
): Promise<string | Error> {
  const { directory, spool, now, newId } = options;
  const user = userOf(session);
  const client = clientOf(session);
  const sender = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
  const mailFrom = envelopeAddress(sender);
  if (client === undefined || mailFrom === undefined) return reply(501, '5.5.4 The envelope is not valid');
  // A first line that continues nothing would continue what is added above it.
  if (bytes[0] === 0x20 || bytes[0] === 0x09)
    return reply(554, '5.6.0 The message starts with a folded line');
  const problem = authorProblem(bytes, directory, user);
  if (problem !== undefined) return reply(550, `5.7.1 ${problem}`);
  const recipients = new Set<string>();
  for (const { address } of session.envelope.rcptTo) {
    const recipient = recipientOf(address, directory);
    if (recipient instanceof Error) return recipient;
    recipients.add(recipient);
  }
  const id = await spool.accept({
    direction: 'outbound',
    origin: 'submission',
    mailFrom,
    recipients: [...recipients],
    bytes: completed(bytes, now(), newId()),
    client,
    authenticatedUser: user,
  });
  return `2.6.0 Queued as ${id}`;
}

/** RFC 6409 §8.2, §8.3: Date and Message-ID are added when they are missing; the rest stays as it is. */
function completed(bytes: Uint8Array, now: Date, uuid: string): Uint8Array {
  const names = new Set(scanHeader(bytes).fields.map(({ name }) => name));
  const digits = uuid.replaceAll('-', '');
  const id = `mail.${digits.slice(0, 8)}.${digits.slice(8, 12)}.${digits.slice(12, 28)}`;
  const added = [
    names.has('date') ? '' : `Date: ${internetDate(now.getTime())}\r\n`,
    names.has('message-id') ? '' : `Message-ID: <${id}@storage.wm.amazon.com>\r\n`,
  ].join('');
  return added === '' ? bytes : Buffer.concat([Buffer.from(added, 'latin1'), bytes]);
}
