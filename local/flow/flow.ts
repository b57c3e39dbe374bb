/**
 * WorkMail's mail flow on one machine. In plain words: a message that SMTP accepts is written to the disk and entered
 * in the queue's journal before SMTP says 250. Then its rules are found, their functions called, each recipient's
 * copy delivered, sent, dropped or bounced, and each step entered in the journal. A process that is killed at any
 * moment and started again goes on where it was: nothing accepted is lost, nothing is delivered twice.
 *
 * Under the data directory:
 *   queue/journal.jsonl   what is under way and how far (journal.ts)
 *   messages/ID/          contents (contents.ts), summary and trace (archive.ts)
 *   mailboxes/ADDRESS/    Inbox and Junk as Maildir (maildir.ts)
 *   sent/                 what left for the world: ID.eml, and its envelope ID.json (effects.ts)
 *   events.jsonl          WorkMail's event log
 *   sending.jsonl         who wrote to how many today (native/sending-quota.ts)
 */
import { resolve } from 'node:path';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { EVENTS_FILE } from '../event-log/read.ts';
import { createEventLog, NO_EVENT_LOG } from '../event-log/writer.ts';
import type { InTransit, MessageArchive, Spool } from '../types.ts';
import { createArchive } from './archive.ts';
import { createContents } from './contents.ts';
import { createDisk } from './disk.ts';
import type { FlowDeps, Stores, Work } from './engine.ts';
import { createInTransit } from './in-transit.ts';
import { withLateReads } from './late-puts.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export type { FlowDeps } from './engine.ts';

export interface Flow {
  readonly spool: Spool;
  readonly inTransit: InTransit;
  readonly archive: MessageArchive;
  /**
   * Takes up what the journal has left over, and begins to accept. Says how many messages that were, and how many
   * lines of the journal could not be read (a crash in mid-write leaves one; more is damage, and kept for a look).
   * @throws PermanentError when the data directory is in use or its queue cannot be read.
   */
  start(): Promise<{ readonly resumed: number; readonly unreadable: number }>;
  /** Accepts no more, lets calls and deliveries under way end, and closes the journal. What waits stays in it. */
  stop(): Promise<void>;
  /** Resolves when no message is under way, also none that waits for another try. */
  idle(): Promise<void>;
}

/** One flow; it starts and stops once. */
export function createFlow(deps: FlowDeps): Flow {
  const stores = createStores(deps);
  let traffic: Traffic | undefined;
  return {
    archive: stores.archive,
    inTransit: stores.inTransit,
    spool: {
      async accept(message) {
        if (traffic === undefined) throw new TemporaryError('the flow does not run');
        return traffic.accept(message);
      },
    },
    async start() {
      if (traffic !== undefined) throw new PermanentError('the flow was started already');
      traffic = await startTraffic(stores);
      return { resumed: traffic.resumed, unreadable: traffic.unreadable };
    },
    async stop() {
      await traffic?.stop();
    },
    async idle() {
      await traffic?.idle();
    },
  };
}

function createStores(deps: FlowDeps): Stores {
  const { now } = deps;
  const disk = deps.disk ?? createDisk();
  const dataDir = resolve(deps.dataDir);
  const works = new Map<string, Work>();
  const contents = createContents(disk, `${dataDir}/messages`);
  const archive = createArchive({ directory: `${dataDir}/messages`, disk, contents, now });
  const { tell, flush, summary } = archive;
  const gate = createInTransit({ contents, works, summary, tell, flush, now });
  const inTransit = withLateReads(gate, works, tell);
  const events =
    deps.organization.native.eventLog === 'off'
      ? NO_EVENT_LOG
      : createEventLog({ path: `${dataDir}/${EVENTS_FILE}`, disk, now });
  return { deps, dataDir, disk, contents, archive, events, works, inTransit };
}
