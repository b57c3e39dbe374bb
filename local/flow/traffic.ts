/** The messages under way: how they come in, how a new process takes them up, how they are all brought to a stop. */
import { randomBytes } from 'node:crypto';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { EVENTS_FILE } from '../event-log/read.ts';
import { forgetOldEvents } from '../event-log/retention.ts';
import { createMailboxUse } from '../native/mailbox-use.ts';
import { openSendingCounts } from '../native/sending-quota.ts';
import type { AcceptedMessage } from '../types.ts';
import { makeDurableDirectory } from './disk.ts';
import type { Engine, Stores, Work } from './engine.ts';
import { type HeaderFacts, readHeaderFacts } from './facts.ts';
import { messageId } from './ids.ts';
import { openJournal, type QueueState } from './journal.ts';
import { summaryOf, tellArrival, travel } from './journey.ts';
import { FOLDERS, makeFolder } from './maildir.ts';
import { createTurns } from './turns.ts';
import type { Entry } from './types.ts';

/** WorkMail: recipients of one message. */
const MAX_RECIPIENTS = 500;

export interface Traffic {
  /** Messages that the last process left. */
  readonly resumed: number;
  /** Lines of its journal that could not be read. */
  readonly unreadable: number;
  accept(message: AcceptedMessage): Promise<string>;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws PermanentError when the data directory is in use or its queue cannot be read. */
export async function startTraffic(stores: Stores): Promise<Traffic> {
  const { dataDir, disk } = stores;
  await makeDurableDirectory(disk, dataDir, `${dataDir}/queue`);
  const unlock = disk.lock(`${dataDir}/queue/lock`);
  try {
    await makeDirectories(stores);
    const { journal, unreadable } = await openJournal(disk, `${dataDir}/queue`);
    const stopping = new AbortController();
    const underWay = createUnderWay(stores);
    const { concurrency, now, organization } = stores.deps;
    const { mailboxQuota, sendingQuotas, eventLogRetentionDays } = organization.native;
    await forgetOldEvents(disk, `${dataDir}/${EVENTS_FILE}`, eventLogRetentionDays, now());
    const engine: Engine = {
      ...stores,
      journal,
      mailboxUse: createMailboxUse(disk, dataDir, mailboxQuota),
      sendingCounts: await openSendingCounts({ disk, dataDir, quotas: sendingQuotas, now }),
      messageTurns: createTurns(concurrency, stopping.signal),
      callTurns: createTurns(concurrency, stopping.signal),
      stopping: stopping.signal,
      spoolChild: (entry, bytes) => take(engine, underWay, entry, bytes),
    };
    const left = [...journal.states.values()];
    for (const state of left) await resume(engine, underWay, state);
    return {
      resumed: left.length,
      unreadable,
      accept: (message) => accept(engine, underWay, message),
      idle: underWay.idle,
      async stop() {
        stopping.abort();
        await underWay.ended();
        stores.events.flush();
        await journal.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function makeDirectories({ deps, dataDir, disk }: Stores): Promise<void> {
  for (const part of ['messages', 'sent']) await makeDurableDirectory(disk, dataDir, `${dataDir}/${part}`);
  for (const mailbox of deps.organization.mailboxes) {
    for (const folder of FOLDERS) await makeFolder(disk, dataDir, mailbox, folder);
  }
}

/** Who is on the way, and who is being taken in. */
interface UnderWay {
  begin(engine: Engine, work: Work): void;
  /** Counts as under way until it settles. */
  taking<T>(promise: Promise<T>): Promise<T>;
  idle(): Promise<void>;
  /** Resolves when every journey has come to its end or to a stop. */
  ended(): Promise<void>;
}

function createUnderWay({ works, contents }: Stores): UnderWay {
  const running = new Set<Promise<unknown>>();
  let waiting: (() => void)[] = [];
  const leave = (promise: Promise<unknown>): void => {
    running.delete(promise);
    if (works.size > 0) return;
    for (const done of waiting) done();
    waiting = [];
  };
  return {
    begin(engine, work) {
      const { id } = work.entry;
      works.set(id, work);
      const journey = travel(engine, work).finally(() => {
        works.delete(id);
        contents.release(id);
        leave(journey);
      });
      running.add(journey);
    },
    taking(promise) {
      const taken = promise.finally(() => leave(taken));
      running.add(taken);
      return taken;
    },
    idle: () => (works.size === 0 ? Promise.resolve() : new Promise((done) => waiting.push(done))),
    async ended() {
      // A journey that ends may have begun another: the bounce of its message.
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

async function accept(engine: Engine, underWay: UnderWay, message: AcceptedMessage): Promise<string> {
  if (engine.stopping.aborted) throw new TemporaryError('the flow does not run');
  const entry = entryOf(message, engine.deps.now());
  try {
    await underWay.taking(take(engine, underWay, entry, message.bytes));
  } catch (error) {
    // The client keeps it and tries again: what is there of this try would only fill a disk that may be full.
    engine.contents.discard(entry.id);
    throw error;
  }
  return entry.id;
}

async function take(engine: Engine, underWay: UnderWay, entry: Entry, bytes: Uint8Array): Promise<void> {
  const work = { entry, facts: factsOf(entry, bytes), again: false, closed: false };
  await engine.contents.storeOriginal(entry.id, bytes);
  await engine.journal.append({ op: 'accept', entry });
  // From here on the message is ours, and nothing may throw: the client would send it once more.
  tellArrival(engine, work);
  engine.archive.summarize(summaryOf(work, undefined, 'in-transit'));
  underWay.begin(engine, work);
}

async function resume(engine: Engine, underWay: UnderWay, { entry, decision }: QueueState): Promise<void> {
  const bytes = await engine.contents.original(entry.id);
  if (bytes === undefined) {
    // Somebody deleted it: there is nothing left to deliver.
    await engine.journal.append({ op: 'done', id: entry.id });
    return;
  }
  const work = { entry, facts: factsOf(entry, bytes), again: true, closed: decision !== undefined };
  tellArrival(engine, work);
  engine.archive.tell(entry.id, 'retry', 'Started again: the message goes on where it was.');
  engine.archive.summarize(summaryOf(work, decision, 'in-transit'));
  underWay.begin(engine, work);
}

/** SES's own verdict counts where the header does not have it. */
function factsOf({ verdicts }: Entry, bytes: Uint8Array): HeaderFacts {
  const facts = readHeaderFacts(bytes);
  return { ...facts, isSpam: facts.isSpam || verdicts?.spam === 'FAIL' };
}

/** @throws PermanentError for what no SMTP server should have let through. */
function entryOf(message: AcceptedMessage, nowMs: number): Entry {
  const { direction, origin, mailFrom, recipients, client, authenticatedUser, bytes } = message;
  const { verdicts, sesBlock } = message;
  if (recipients.length === 0 || recipients.length > MAX_RECIPIENTS) {
    throw new PermanentError(`a message has 1 to ${MAX_RECIPIENTS} recipients`);
  }
  const id = messageId(nowMs, randomBytes(16));
  return {
    id,
    traceId: id,
    receivedAt: nowMs,
    direction,
    origin,
    mailFrom,
    returnPath: mailFrom,
    recipients: [...new Set(recipients)],
    client,
    ...(authenticatedUser === undefined ? {} : { authenticatedUser }),
    ...(verdicts === undefined ? {} : { verdicts }),
    ...(sesBlock === undefined ? {} : { sesBlock }),
    bytes: bytes.length,
  };
}
