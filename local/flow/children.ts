/** Messages that come of another one: its internal copy, its bounce, its journal record, what a mailbox sends on. */
import { PermanentError } from '../../shared/errors.ts';
import { type EventLog, NO_EVENT_LOG } from '../event-log/writer.ts';
import type { Engine } from './engine.ts';
import { childId } from './ids.ts';
import type { ChildRole, Entry } from './types.ts';

type ChildFields = Pick<
  Entry,
  | 'direction'
  | 'mailFrom'
  | 'returnPath'
  | 'recipients'
  | 'client'
  | 'verdicts'
  | 'sesBlock'
  | 'redirectedBy'
  | 'bytes'
>;

/** A message that comes of `parent`; its id is computed, so that after a crash it is the same message. */
export function childEntry(engine: Engine, parent: Entry, role: ChildRole, fields: ChildFields): Entry {
  return {
    ...fields,
    id: childId(parent.id, role),
    traceId: parent.traceId,
    parent: { id: parent.id, role },
    receivedAt: engine.deps.now(),
    origin: 'internal',
  };
}

/** Journal records and notices about them: nobody's mail, which neither the event log nor the journal has. */
export function isJournalMail({ parent }: Entry): boolean {
  return parent?.role === 'journal' || parent?.role === 'report';
}

/** The mailbox whose rule sends this message on. Undefined for every other, also for one that came back in so. */
export function redirectingMailbox({ direction, redirectedBy }: Entry): string | undefined {
  return direction === 'outbound' ? redirectedBy?.at(-1) : undefined;
}

/** Where the events of a message go. A notice that leaves for the world was submitted by no user, so it is not sent by one. */
export function eventsOf(engine: Engine, entry: Entry): EventLog {
  const isOurs = entry.parent !== undefined && redirectingMailbox(entry) === undefined;
  const isNotice = isOurs && entry.direction === 'outbound';
  return isNotice || isJournalMail(entry) ? NO_EVENT_LOG : engine.events;
}

/** What is to be delivered. @throws PermanentError when somebody deleted it */
export async function contentOf(engine: Engine, entry: Entry): Promise<Uint8Array> {
  const bytes = await engine.contents.current(entry.id);
  if (bytes === undefined) throw new PermanentError('the content of a message is missing');
  return bytes;
}
