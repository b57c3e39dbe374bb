/**
 * The queue's memory: one file, `queue/journal.jsonl`, to which every change of a message's state is appended before
 * it counts. Reading it from the start gives the state back, whenever the process ended. Appends that come together
 * share one fsync, which is what keeps the number of fsyncs per message small. A line cut short by a crash is the
 * last one, was never confirmed, and is skipped.
 */
import { PermanentError } from '../../shared/errors.ts';
import type { Disk, LogFile } from './disk.ts';
import type { Attempts, ChildRole, Decision, Entry } from './types.ts';

export type JournalRecord =
  /** A message came in. With a `parent`, that one's step of this role is thereby done: one record, so never half. */
  | { readonly op: 'accept'; readonly entry: Entry }
  | { readonly op: 'attempt'; readonly id: string; readonly rule: string; readonly attempts: Attempts }
  | { readonly op: 'decide'; readonly id: string; readonly decision: Decision }
  /** Every copy is where it belongs; asynchronous calls may still be owed. */
  | { readonly op: 'delivered'; readonly id: string }
  /** An asynchronous call that need not be made again. */
  | { readonly op: 'called'; readonly id: string; readonly rule: string }
  /** Written when the journal is made anew: the child itself may be long done. */
  | { readonly op: 'child'; readonly id: string; readonly role: ChildRole }
  | { readonly op: 'done'; readonly id: string };

/** What the journal knows of a message that is not done. */
export interface QueueState {
  readonly entry: Entry;
  readonly decision: Decision | undefined;
  readonly delivered: boolean;
  /** By rule. */
  readonly attempts: ReadonlyMap<string, Attempts>;
  readonly called: ReadonlySet<string>;
  readonly children: ReadonlySet<ChildRole>;
}

/** Appended since the file was last made anew; then it is done again, so that it does not grow for ever. */
const RENEW_AFTER_CHARS = 8 * 1024 * 1024;

export type QueueStates = ReadonlyMap<string, QueueState>;

/** The state that the lines of a journal add up to. Lines that are none of ours are counted, not believed. */
export function replay(text: string): {
  readonly states: Map<string, QueueState>;
  readonly unreadable: number;
} {
  const states = new Map<string, QueueState>();
  let unreadable = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const record = parseRecord(line);
    if (record === undefined) unreadable++;
    else change(states, record);
  }
  return { states, unreadable };
}

/** The shortest journal for a state. */
export function snapshot(states: QueueStates): string {
  const records: JournalRecord[] = [];
  for (const [id, state] of states) {
    records.push({ op: 'accept', entry: state.entry });
    for (const [rule, attempts] of state.attempts) records.push({ op: 'attempt', id, rule, attempts });
    if (state.decision !== undefined) records.push({ op: 'decide', id, decision: state.decision });
    for (const role of state.children) records.push({ op: 'child', id, role });
    for (const rule of state.called) records.push({ op: 'called', id, rule });
    if (state.delivered) records.push({ op: 'delivered', id });
  }
  return records.map(toLine).join('');
}

function change(states: Map<string, QueueState>, record: JournalRecord): void {
  if (record.op === 'accept') {
    const { entry } = record;
    const fresh = {
      entry,
      decision: undefined,
      delivered: false,
      attempts: new Map(),
      called: new Set<string>(),
    };
    states.set(entry.id, { ...fresh, children: new Set() });
    if (entry.parent !== undefined) change(states, { op: 'child', ...entry.parent });
    return;
  }
  const { id } = record;
  const state = states.get(id);
  if (state === undefined) return;
  if (record.op === 'done') states.delete(id);
  else states.set(id, changed(state, record));
}

function changed(state: QueueState, record: Exclude<JournalRecord, { op: 'accept' | 'done' }>): QueueState {
  switch (record.op) {
    case 'attempt':
      return { ...state, attempts: new Map(state.attempts).set(record.rule, record.attempts) };
    case 'decide':
      return { ...state, decision: record.decision };
    case 'delivered':
      return { ...state, delivered: true };
    case 'called':
      return { ...state, called: new Set(state.called).add(record.rule) };
    case 'child':
      return { ...state, children: new Set(state.children).add(record.role) };
  }
}

export interface Journal {
  /** The messages that are not done, as the disk has them. */
  readonly states: QueueStates;
  /** Resolves when the record is on the disk and `states` shows it. Rejects when it is not; then it does not count. */
  append(record: JournalRecord): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the journal in `directory`, and makes it anew from what it holds.
 * @throws PermanentError when it cannot be read or written.
 */
export async function openJournal(
  disk: Disk,
  directory: string,
): Promise<{ readonly journal: Journal; readonly unreadable: number }> {
  const path = `${directory}/journal.jsonl`;
  try {
    const bytes = await disk.read(path);
    const { states, unreadable } = replay(Buffer.from(bytes ?? []).toString('utf8'));
    // Damage is kept for whoever wants to look into it.
    if (unreadable > 0) disk.link(path, `${path}.damaged`);
    const renew = () => startLog(disk, directory, snapshot(states));
    return { journal: sharingAppends(states, await renew(), renew), unreadable };
  } catch (error) {
    throw new PermanentError(`the queue cannot be opened: ${String(error)}`);
  }
}

/** Puts a journal with this text in the place of the old one; a crash leaves the old or the new. */
async function startLog(disk: Disk, directory: string, text: string): Promise<LogFile> {
  const path = `${directory}/journal.jsonl`;
  await disk.create(`${path}.tmp`, Buffer.from(text));
  disk.rename(`${path}.tmp`, path);
  await disk.syncDirectory(directory);
  return disk.openLog(path);
}

interface Waiting {
  readonly record: JournalRecord;
  resolve(): void;
  reject(error: unknown): void;
}

/** Collects what is appended while the disk is busy and writes it as one. */
function sharingAppends(
  states: Map<string, QueueState>,
  first: LogFile,
  renew: () => Promise<LogFile>,
): Journal {
  let log = first;
  let appended = 0;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const text = batch.map((item) => toLine(item.record)).join('');
    await log.append(text);
    for (const item of batch) change(states, item.record);
    appended += text.length;
    if (appended < RENEW_AFTER_CHARS) return;
    const old = log;
    // When this fails nobody knows which file bears the name: nothing more is taken in until a restart has looked.
    log = await renew().catch(brokenLog);
    appended = 0;
    await old.close();
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch);
        for (const item of batch) item.resolve();
      } catch (error) {
        for (const item of batch) item.reject(error);
      }
    }
    writing = undefined;
  };
  return {
    states,
    append: (record) =>
      new Promise((resolve, reject) => {
        waiting.push({ record, resolve, reject });
        // It begins in the next turn, so that appends of this turn are in its first batch.
        writing ??= Promise.resolve().then(drain);
      }),
    async close() {
      await writing;
      await log.close();
    },
  };
}

function brokenLog(error: unknown): LogFile {
  return { append: () => Promise.reject(error), close: () => Promise.resolve() };
}

function toLine(record: JournalRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Looks at what tells a line of ours from damage. What one line holds was written whole or not at all. */
function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null || !('op' in value)) return false;
  if (value.op === 'accept') {
    if (!('entry' in value) || typeof value.entry !== 'object' || value.entry === null) return false;
    return 'id' in value.entry && typeof value.entry.id === 'string' && 'recipients' in value.entry;
  }
  const ops: readonly unknown[] = ['attempt', 'decide', 'delivered', 'called', 'child', 'done'];
  return ops.includes(value.op) && 'id' in value && typeof value.id === 'string';
}
