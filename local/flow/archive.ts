/** The record of every message for whoever looks: `messages/ID/summary.json` and `trace.jsonl`. Kept until deleted. */
import { parseJson } from '../json.ts';
import type { MessageArchive, MessageSummary, TraceEntry } from '../types.ts';
import type { Contents } from './contents.ts';
import type { Disk } from './disk.ts';
import { isMessageId } from './ids.ts';

/** Summaries kept in memory; older ones are read again. */
const CACHED_SUMMARIES = 2_000;
/** A function that logs without end must not fill the disk through the trace. */
const MAX_TRACE_ENTRY_CHARS = 1024 * 1024;

export type Tell = (
  id: string,
  kind: TraceEntry['kind'],
  text: string,
  data?: Readonly<Record<string, unknown>>,
) => void;

export interface ArchiveWriter extends MessageArchive {
  /** Adds a step to the trace of a message; it is on its way to the disk with the next `flush`. */
  readonly tell: Tell;
  flush(id: string): void;
  /** The summary has changed. */
  summarize(summary: MessageSummary): void;
  /** Writes the summary to the disk. Until then it lives in memory, and after a restart the journal gives it back. */
  store(id: string): void;
}

export function createArchive(options: {
  /** `messages`. */
  readonly directory: string;
  readonly disk: Disk;
  readonly contents: Contents;
  now(): number;
}): ArchiveWriter {
  const { directory, disk, contents, now } = options;
  const pending = new Map<string, string[]>();
  const summaries = new Map<string, MessageSummary>();
  /** Those of `summaries` that are on the disk too. */
  const stored = new Set<string>();
  const listeners = new Set<(summary: MessageSummary) => void>();

  const readSummary = async (id: string): Promise<MessageSummary | undefined> => {
    if (!isMessageId(id)) return undefined;
    const cached = summaries.get(id);
    if (cached !== undefined) return cached;
    return parseSummary(await disk.read(`${directory}/${id}/summary.json`));
  };
  return {
    tell(id, kind, text, data = {}) {
      const entry: TraceEntry = { time: new Date(now()).toISOString(), kind, text, data };
      const lines = pending.get(id);
      if (lines === undefined) pending.set(id, [toLine(entry)]);
      else lines.push(toLine(entry));
    },
    flush(id) {
      const lines = pending.get(id);
      if (lines === undefined) return;
      disk.append(`${directory}/${id}/trace.jsonl`, lines.join(''));
      pending.delete(id);
    },
    summarize(summary) {
      summaries.delete(summary.id);
      summaries.set(summary.id, summary);
      for (const listener of listeners) listener(summary);
    },
    store(id) {
      const summary = summaries.get(id);
      if (summary !== undefined) disk.replace(`${directory}/${id}/summary.json`, JSON.stringify(summary));
      stored.add(id);
      if (summaries.size > CACHED_SUMMARIES) forgetOldest(summaries, stored);
    },
    async list(limit) {
      const ids = disk.list(directory).filter(isMessageId).sort().reverse();
      const found: MessageSummary[] = [];
      for (const id of ids) {
        if (found.length >= limit) break;
        const summary = await readSummary(id);
        if (summary !== undefined) found.push(summary);
      }
      return found;
    },
    summary: readSummary,
    async trace(id) {
      if (!isMessageId(id)) return undefined;
      const written = await disk.read(`${directory}/${id}/trace.jsonl`);
      const lines = pending.get(id) ?? [];
      if (written === undefined && lines.length === 0) return undefined;
      const text = Buffer.from(written ?? []).toString('utf8') + lines.join('');
      return text.split('\n').flatMap((line) => parseTraceEntry(line) ?? []);
    },
    content: async (id, which) => (isMessageId(id) ? contents.archived(id, which) : undefined),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** In order of change; what is nowhere else stays. */
function forgetOldest(summaries: Map<string, MessageSummary>, stored: Set<string>): void {
  for (const id of stored) {
    if (summaries.size <= CACHED_SUMMARIES) return;
    summaries.delete(id);
    stored.delete(id);
  }
}

function toLine(entry: TraceEntry): string {
  const line = JSON.stringify(entry);
  if (line.length <= MAX_TRACE_ENTRY_CHARS) return `${line}\n`;
  return `${JSON.stringify({ ...entry, data: { leftOut: `${line.length} characters` } })}\n`;
}

function parseTraceEntry(line: string): TraceEntry | undefined {
  const value = parseJson(line);
  return isTraceEntry(value) ? value : undefined;
}

function parseSummary(bytes: Uint8Array | undefined): MessageSummary | undefined {
  const value = bytes === undefined ? undefined : parseJson(Buffer.from(bytes).toString('utf8'));
  return isSummary(value) ? value : undefined;
}

function isTraceEntry(value: unknown): value is TraceEntry {
  return typeof value === 'object' && value !== null && 'kind' in value && 'text' in value && 'data' in value;
}

function isSummary(value: unknown): value is MessageSummary {
  return (
    typeof value === 'object' && value !== null && 'id' in value && 'outcomes' in value && 'time' in value
  );
}
