/**
 * An SMTP gateway (WorkMail Administrator Guide, "Configuring SMTP gateways"): a server of the organization's own that
 * takes outbound mail in place of SES. TLS 1.2 or newer with a certificate that verifies, a user and a password by
 * basic authentication (RFC 4954 PLAIN or LOGIN), and what the gateway does not take goes back to the sender.
 *
 * One try: the guide says that mail is bounced when the gateway cannot be reached, and speaks of no second one.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { PermanentError } from '../../shared/errors.ts';

/** As the console asks for it. */
export interface GatewaySettings {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM of the authorities to believe in place of the usual ones, for a gateway on this machine. */
  readonly caFile?: string;
}

export interface GatewayMessage {
  /** Empty for the null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly bytes: Uint8Array;
}

/** What became of it; every recipient is in one of the two. */
export interface GatewayOutcome {
  readonly accepted: readonly string[];
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly recipient: string;
  /** What the sender is told. */
  readonly text: string;
  /** RFC 3463. */
  readonly status: string;
}

export type Gateway = (message: GatewayMessage) => Promise<GatewayOutcome>;

export interface GatewayTimeouts {
  readonly connectMs: number;
  /** For the greeting, and for each answer after it. */
  readonly answerMs: number;
}

/** A gateway that accepts the connection and says nothing must not hold a message for ever. RFC 5321 §4.5.3.2 allows minutes; a user waits for the bounce. */
const TIMEOUTS: GatewayTimeouts = { connectMs: 10_000, answerMs: 60_000 };
/** RFC 8314 §3.3: TLS from the first byte; at every other port STARTTLS is required. */
const IMPLICIT_TLS_PORT = 465;
/** A reply that goes on and on would fill the bounce. */
const MAX_REPLY_CHARS = 300;

/** @param organizationFile `caFile` is looked for beside it. @throws PermanentError when it cannot be read. */
export async function openGateway(settings: GatewaySettings, organizationFile: string): Promise<Gateway> {
  const { caFile } = settings;
  if (caFile === undefined) return (message) => sendThroughGateway(settings, message);
  const path = resolve(dirname(organizationFile), caFile);
  const authorities = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new PermanentError(`the SMTP gateway's caFile cannot be read: ${String(error)}`);
  });
  return (message) => sendThroughGateway(settings, message, { authorities });
}

/** Hands a message over. Never rejects: what went wrong is said for each recipient. */
export async function sendThroughGateway(
  settings: GatewaySettings,
  message: GatewayMessage,
  options: { readonly authorities?: string; readonly timeouts?: GatewayTimeouts } = {},
): Promise<GatewayOutcome> {
  const connection = connectionTo(settings, options.authorities, options.timeouts ?? TIMEOUTS);
  // Errors between the steps come as events, those of a step to its callback as well: the first one counts.
  const broken = new Promise<never>((_resolve, reject) => connection.on('error', reject));
  broken.catch(() => undefined);
  let stage: Stage = 'connect';
  try {
    await Promise.race([broken, step((done) => connection.connect(done))]);
    stage = 'login';
    const method = basicMethod(connection);
    if (method === undefined) return refuseAll(message, NO_BASIC_AUTHENTICATION);
    const login = { user: settings.user, pass: settings.password, method };
    await Promise.race([broken, step((done) => connection.login(login, done))]);
    stage = 'send';
    return await Promise.race([broken, submit(connection, message)]);
  } catch (error) {
    return refuseAll(message, reasonOf(stage, error));
  } finally {
    connection.close();
  }
}

type Stage = 'connect' | 'login' | 'send';
type Reason = Omit<Refusal, 'recipient'>;

// RFC 3463 §3.8: X.7.4, security features not supported.
const NO_BASIC_AUTHENTICATION: Reason = {
  text: 'The SMTP gateway of the organization offers no basic authentication.',
  status: '5.7.4',
};

function connectionTo(
  { address, port }: GatewaySettings,
  authorities: string | undefined,
  { connectMs, answerMs }: GatewayTimeouts,
): SMTPConnection {
  return new SMTPConnection({
    host: address,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: true,
    connectionTimeout: connectMs,
    greetingTimeout: answerMs,
    socketTimeout: answerMs,
    tls: { minVersion: 'TLSv1.2', ...(authorities === undefined ? {} : { ca: authorities }) },
  });
}

function step(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

/** What the gateway's answer to EHLO offers of the two; read before anything else is said. */
function basicMethod(connection: SMTPConnection): 'PLAIN' | 'LOGIN' | undefined {
  const hello = connection.lastServerResponse === false ? '' : connection.lastServerResponse;
  const offered = /^250[ -]AUTH[ =](.*)$/im.exec(hello)?.[1]?.toUpperCase().split(/\s+/) ?? [];
  return (['PLAIN', 'LOGIN'] as const).find((method) => offered.includes(method));
}

async function submit(connection: SMTPConnection, message: GatewayMessage): Promise<GatewayOutcome> {
  const bytes = Buffer.from(message.bytes);
  const envelope = {
    from: message.mailFrom,
    to: [...message.recipients],
    size: bytes.length,
    use8BitMime: bytes.some((byte) => byte > 127),
  };
  const sent = await new Promise<SMTPConnection.SentMessageInfo>((resolve, reject) => {
    connection.send(envelope, bytes, (error, info) => (error === null ? resolve(info) : reject(error)));
  });
  const reasons = new Map(sent.rejected.map((recipient, index) => [recipient, sent.rejectedErrors?.[index]]));
  return {
    accepted: message.recipients.filter((recipient) => !reasons.has(recipient)),
    refused: message.recipients
      .filter((recipient) => reasons.has(recipient))
      .map((recipient) => ({ recipient, ...reasonOf('send', reasons.get(recipient)) })),
  };
}

function refuseAll({ recipients }: GatewayMessage, reason: Reason): GatewayOutcome {
  return { accepted: [], refused: recipients.map((recipient) => ({ recipient, ...reason })) };
}

/** The sentence for the sender, and RFC 3463's code. The user name and the password are in none of them. */
function reasonOf(stage: Stage, error: unknown): Reason {
  const code = textOf(error, 'code');
  const reply = replyOf(error);
  if (stage === 'login' && reply !== '')
    return { text: `The SMTP gateway refused the organization's user: ${reply}`, status: '5.7.8' };
  if (stage === 'send' && reply !== '')
    return {
      text: `The SMTP gateway refused the message: ${reply}`,
      status: /(?:^|[ -])([45]\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1]?.replace(/^4/, '5') ?? '5.0.0',
    };
  if (code === 'ETLS' || isCertificateTrouble(error))
    return { text: `The SMTP gateway's TLS cannot be trusted: ${plain(messageOf(error))}`, status: '5.7.5' };
  if (stage === 'send')
    return {
      text: `The SMTP gateway did not confirm the message: ${plain(messageOf(error))}`,
      status: '5.4.2',
    };
  return { text: `The SMTP gateway cannot be reached: ${plain(messageOf(error))}`, status: '5.4.1' };
}

/** OpenSSL's and Node's names for what is wrong with a certificate or a handshake. */
function isCertificateTrouble(error: unknown): boolean {
  const words = `${textOf(error, 'code')} ${messageOf(error)}`;
  return (
    /\b(?:certificate|self[- ]signed|altnames|SSL|TLS)\b/i.test(words) || /CERT|ERR_TLS|ERR_SSL/.test(words)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function replyOf(error: unknown): string {
  return plain(textOf(error, 'response'));
}

function textOf(error: unknown, key: 'code' | 'response'): string {
  const value: unknown = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : '';
}

/** One line of printable ASCII: it goes into a report that others read. */
function plain(text: string): string {
  return text
    .replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, MAX_REPLY_CHARS);
}
