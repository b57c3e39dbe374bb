/**
 * Mail from the world, as SES takes it for WorkMail: SMTP (RFC 5321) on loopback, for the organization's recipients only.
 * What was accepted is stored: 250 is said when it is on disk, not before.
 *
 * XCLIENT (the extension of Postfix) lets a tester say which host the mail pretends to come from. It is taken from
 * loopback only, and the server listens nowhere else.
 */
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Log } from '../../shared/log.ts';
import type { Assumptions } from '../assumptions.ts';
import type { DnsResolver } from '../dns/resolver.ts';
import { inTransitContent } from '../native/ses-headers.ts';
import { receive } from '../ses/receive.ts';
import type { Directory, Spool } from '../types.ts';
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

export interface InboundOptions {
  readonly directory: Directory;
  readonly spool: Spool;
  readonly resolver: DnsResolver;
  readonly region: string;
  /** Whether messages in transit carry SES's header block; `present` when not given. */
  readonly sesHeaders?: Assumptions['sesHeaders'];
  readonly now: () => Date;
  /** Any text that is new each time: SES's id is made of it. */
  readonly newId: () => string;
  readonly log: Log;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  readonly collector?: Collector;
}

const LOOPBACK = ['127.0.0.1', '::1'];

/** Starts the server. Rejects with the system's error when the port is taken. */
export function startInbound(options: InboundOptions): Promise<SmtpListener> {
  const { port, host = '127.0.0.1', collector = createCollector() } = options;
  const server = new SMTPServer({
    ...COMMON_OPTIONS,
    disabledCommands: [...NEVER_SERVED, 'AUTH'],
    useXClient: LOOPBACK,
    // smtp-server stops reading a pipelining client whose next message it gets to without a turn of the event loop.
    onMailFrom: (address, session, callback) => {
      setImmediate(callback, senderProblem(address, session));
    },
    onRcptTo: (address, _session, callback) => {
      const recipient = recipientOf(address.address, options.directory);
      setImmediate(callback, recipient instanceof Error ? recipient : null);
    },
    onData: dataHandler({
      collector,
      log: options.log,
      where: 'smtp-inbound',
      accept: (session, bytes) => accept(options, session, bytes),
    }),
  });
  return listen(server, port, host);
}

/** The address as the organization knows it, lower case, or the refusal. */
function recipientOf(written: string, directory: Directory): string | Error {
  // RFC 5321 §4.1.1.3: postmaster without a domain is the one here.
  const full = written.includes('@') ? written : `${written}@${directory.domains[0] ?? ''}`;
  const address = envelopeAddress(full)?.toLowerCase();
  if (address === undefined) return reply(553, '5.6.7 The address must be ASCII');
  if (!directory.domains.includes(domainOf(address))) return reply(550, '5.7.1 Relaying denied');
  return directory.knows(address) ? address : reply(550, '5.1.1 No such user here');
}

async function accept(
  options: InboundOptions,
  session: SMTPServerSession,
  bytes: Uint8Array,
): Promise<string | Error> {
  const { directory, spool, resolver, region, sesHeaders = 'present', now, newId } = options;
  const client = clientOf(session);
  const sender = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
  const mailFrom = envelopeAddress(sender);
  const recipients = new Set<string>();
  for (const { address } of session.envelope.rcptTo) {
    const recipient = recipientOf(address, directory);
    if (recipient instanceof Error) return recipient;
    recipients.add(recipient);
  }
  if (client === undefined || mailFrom === undefined) return reply(501, '5.5.4 The envelope is not valid');
  const envelope = { mailFrom, recipients: [...recipients], client };
  const received = await receive({ ...envelope, bytes, resolver, region, now: now(), id: newId() });
  const id = await spool.accept({
    ...envelope,
    direction: 'inbound',
    origin: 'world',
    ...inTransitContent(received.bytes, bytes, sesHeaders),
    verdicts: received.verdicts,
  });
  return `2.6.0 Queued as ${id}`;
}
