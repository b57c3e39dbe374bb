/** What the stand-in wrote down of every message: `messages/ID/trace.jsonl`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TraceEntry } from '../local/types.ts';

/** Of one message; times in milliseconds since 1970. */
export interface Passage {
  readonly id: string;
  readonly acceptedMs: number;
  /** One for each mailbox that got a copy. */
  readonly deliveredMs: readonly number[];
  /** A function replaced its content in time. */
  readonly rewritten: boolean;
}

function isEntry(value: unknown): value is TraceEntry {
  return typeof value === 'object' && value !== null && 'kind' in value && 'time' in value;
}

function entriesOf(text: string): readonly TraceEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
    .filter(isEntry);
}

function passageOf(id: string, entries: readonly TraceEntry[]): Passage {
  const times = (kind: TraceEntry['kind']): number[] =>
    entries.filter((entry) => entry.kind === kind).map((entry) => Date.parse(entry.time));
  const [acceptedMs] = times('received');
  if (acceptedMs === undefined) throw new Error(`message ${id} has no beginning`);
  const rewritten = entries.some((entry) => entry.kind === 'put' && entry.data['late'] === false);
  return { id, acceptedMs, deliveredMs: times('delivered'), rewritten };
}

/** The messages that are not among `known`. */
export async function readPassages(data: string, known: ReadonlySet<string>): Promise<readonly Passage[]> {
  const folder = join(data, 'messages');
  const passages: Passage[] = [];
  for (const id of await readdir(folder)) {
    if (known.has(id)) continue;
    passages.push(passageOf(id, entriesOf(await readFile(join(folder, id, 'trace.jsonl'), 'utf8'))));
  }
  return passages;
}
