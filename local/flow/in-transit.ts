/**
 * What the Message Flow API reads and replaces. Get works for a day from a message's arrival, delivered or not. Put
 * counts while the message waits for a synchronous rule. After that, by the guide, "the message remains unchanged
 * even though Get returns the updated message". An outbound message that has left for SES is frozen, and so is from
 * its beginning one that a mailbox sends on: MessageFrozen is "usually the case for a redirected email".
 */
import type { InTransit, MessageSummary } from '../types.ts';
import type { Tell } from './archive.ts';
import { redirectingMailbox } from './children.ts';
import type { Contents } from './contents.ts';
import type { Work } from './engine.ts';
import { isMessageId } from './ids.ts';

/** The guide: content can be had for 24 hours. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Whether a mailbox sends this message on. */
export function isRedirected(work: Work | undefined): boolean {
  return work !== undefined && redirectingMailbox(work.entry) !== undefined;
}

export interface PutGate extends InTransit {
  /** Resolves when every Put that began in time is stored; those that come later are late. */
  close(work: Work): Promise<void>;
}

export function createInTransit(options: {
  readonly contents: Contents;
  readonly works: ReadonlyMap<string, Work>;
  summary(id: string): Promise<MessageSummary | undefined>;
  readonly tell: Tell;
  flush(id: string): void;
  now(): number;
}): PutGate {
  const { contents, works, summary, tell, now } = options;
  /** The last Put of each message: the next one begins after it. */
  const puts = new Map<string, Promise<unknown>>();

  const inTurn = <T>(id: string, task: () => Promise<T>): Promise<T> => {
    const before = puts.get(id) ?? Promise.resolve();
    const mine = before.then(task, task);
    puts.set(id, mine);
    const forget = (): void => {
      if (puts.get(id) === mine) puts.delete(id);
    };
    mine.then(forget, forget);
    return mine;
  };
  const find = async (id: string) => {
    if (!isMessageId(id)) return undefined;
    const entry = works.get(id)?.entry;
    const done = entry === undefined ? await summary(id) : undefined;
    const arrivedAt = entry?.receivedAt ?? (done === undefined ? undefined : Date.parse(done.time));
    const direction = entry?.direction ?? done?.direction;
    if (arrivedAt === undefined || direction === undefined || now() - arrivedAt > KEPT_MS) return undefined;
    return { direction };
  };
  return {
    async get(id) {
      return (await find(id)) === undefined ? undefined : contents.latest(id);
    },
    async put(id, bytes) {
      const found = await find(id);
      if (found === undefined) return 'not-found';
      if (isRedirected(works.get(id))) return 'frozen';
      const late = works.get(id)?.closed ?? true;
      if (late && found.direction === 'outbound') return 'frozen';
      await inTurn(id, () => contents.storeUpdate(id, bytes, late));
      const text = late
        ? 'Its content was replaced too late: Get shows the new content, what was delivered stays.'
        : 'Its content was replaced.';
      tell(id, 'put', text, { bytes: bytes.length, late });
      if (late) options.flush(id);
      return 'stored';
    },
    async describe(id) {
      const found = await find(id);
      return found === undefined ? undefined : { ...found, original: () => contents.original(id) };
    },
    async close(work) {
      work.closed = true;
      // A Put that failed was not confirmed to anyone.
      await puts.get(work.entry.id)?.catch(() => undefined);
    },
  };
}
