/** What the steps of a message's way share: where things are kept, whom to ask, whom to tell. */
import type { EventLog } from '../event-log/writer.ts';
import type { MailboxUse } from '../native/mailbox-use.ts';
import type { SendingCounts } from '../native/sending-quota.ts';
import type { Organization } from '../organization.ts';
import type { Gateway } from '../smtp/gateway.ts';
import type { LambdaInvoker, SmtpClient, Verdicts } from '../types.ts';
import type { ArchiveWriter } from './archive.ts';
import type { Contents } from './contents.ts';
import type { Disk } from './disk.ts';
import type { HeaderFacts } from './facts.ts';
import type { PutGate } from './in-transit.ts';
import type { Journal, QueueState } from './journal.ts';
import type { Turns } from './turns.ts';
import type { Entry } from './types.ts';

/** What comes in through the door of SES once more. */
export interface InternalDelivery {
  readonly bytes: Uint8Array;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly client: SmtpClient;
}

export interface FlowDeps {
  readonly organization: Organization;
  /** Everything is kept under it; made when it is missing. One flow at a time. */
  readonly dataDir: string;
  readonly lambda: LambdaInvoker;
  /** What SES does to mail that leaves: its own headers and signatures. @param fromDomain the author's. */
  sign(bytes: Uint8Array, fromDomain: string): Promise<Uint8Array>;
  /** The envelope sender with which SES sends what `sign` returned: bounces go back to SES. */
  envelopeSender(signed: Uint8Array): string;
  /** The host of SES from which mail leaves, as the one that takes in internal mail sees it. */
  readonly sesClient: SmtpClient;
  /** What SES does to mail that comes in: checks it and writes its header block. */
  receive(delivery: InternalDelivery): Promise<{ readonly bytes: Uint8Array; readonly verdicts: Verdicts }>;
  /** The organization's SMTP gateway; absent: what goes there is kept as a file only. */
  readonly gateway?: Gateway;
  /** Unix time in ms. */
  now(): number;
  /** Factor for every wait and rule timeout: 1 is WorkMail's time, 0.001 makes a minute 60 ms. */
  readonly timeScale: number;
  /** How many messages are worked on at once, and, apart from them, how many asynchronous calls. */
  readonly concurrency: number;
  /** The real one when absent. */
  readonly disk?: Disk;
}

/** A message on its way, in this process. What must outlive it is in the journal. */
export interface Work {
  readonly entry: Entry;
  readonly facts: HeaderFacts;
  /** Whether it may have been further already: after a restart or a failure. */
  again: boolean;
  /** Too late for a Put to have a say. */
  closed: boolean;
}

/** What there is before the flow starts and after it has stopped. */
export interface Stores {
  readonly deps: FlowDeps;
  /** Absolute. */
  readonly dataDir: string;
  readonly disk: Disk;
  readonly contents: Contents;
  readonly archive: ArchiveWriter;
  readonly events: EventLog;
  /** Messages on their way, by id. */
  readonly works: Map<string, Work>;
  readonly inTransit: PutGate;
}

export interface Engine extends Stores {
  readonly journal: Journal;
  readonly mailboxUse: MailboxUse;
  readonly sendingCounts: SendingCounts;
  readonly messageTurns: Turns;
  readonly callTurns: Turns;
  readonly stopping: AbortSignal;
  /** Takes in a message that came of another one. */
  spoolChild(entry: Entry, bytes: Uint8Array): Promise<void>;
}

/** What the journal has on a message; it has something on every message with work left. */
export function stateOf(engine: Engine, entry: Entry): QueueState {
  const state = engine.journal.states.get(entry.id);
  if (state === undefined) throw new RangeError(`message ${entry.id} is done already`);
  return state;
}
