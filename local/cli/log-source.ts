/** Where `mailroom log` reads: the data folder of a stand-in, or the log group of a real organization. */
import { join } from 'node:path';
import { countProviderFailures } from '../availability/audit-log.ts';
import { whyTexts } from '../decisions.ts';
import { readLogGroups } from '../event-log/cloudwatch.ts';
import type { LoggedEvent } from '../event-log/events.ts';
import { possibleEventLogGroups, readEvents } from '../event-log/index.ts';
import type { Story } from '../event-log/why.ts';
import { fallbackText, heldText, waitingText } from '../fate.ts';
import { createArchive } from '../flow/archive.ts';
import { createContents } from '../flow/contents.ts';
import { createDisk } from '../flow/disk.ts';
import { childId, isMessageId } from '../flow/ids.ts';
import type { MessageArchive, TraceEntry } from '../types.ts';
import { WrongUse } from './usage.ts';

/** A real log is read over the network and may be of years: a week is what most questions are about. */
const REAL_LOG_SINCE_MS = 7 * 24 * 60 * 60 * 1000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export interface SourceFlags {
  readonly data: string | undefined;
  readonly logGroup: string | undefined;
  readonly alias: string | undefined;
  readonly region: string | undefined;
  readonly since: string | undefined;
}

export interface LogSource {
  readonly events: readonly LoggedEvent[];
  /** How often an availability provider failed; undefined where that is not at hand. */
  readonly providerFailures: number | undefined;
  /** What the functions logged of a message and a reader asks about; empty where that is not at hand. */
  decisions(traceId: string): Promise<readonly string[]>;
  /** The story with what the event log cannot tell: that the message waits, is held, or that a fallback acted. */
  retold(story: Story, recipient: string): Promise<Story>;
}

/** Reads the events. @throws WrongUse, PermanentError, TemporaryError */
export async function openLogSource(flags: SourceFlags, nowMs: number): Promise<LogSource> {
  const since = flags.since === undefined ? undefined : sinceMs(flags.since, nowMs);
  if (flags.logGroup === undefined && flags.alias === undefined) {
    if (flags.region !== undefined) throw new WrongUse('--region goes with --log-group or --alias');
    return openDataFolder(flags.data ?? '.mailroom', since);
  }
  if (flags.data !== undefined)
    throw new WrongUse('give --data, or --log-group or --alias for a real log, not both');
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient(flags.region === undefined ? {} : { region: flags.region });
  const groups = flags.logGroup === undefined ? possibleEventLogGroups(flags.alias ?? '') : [flags.logGroup];
  try {
    const events = await readLogGroups(client, groups, since ?? nowMs - REAL_LOG_SINCE_MS);
    return {
      events,
      providerFailures: undefined,
      decisions: () => Promise.resolve([]),
      retold: (story) => Promise.resolve(withQuarantine(story)),
    };
  } finally {
    client.destroy();
  }
}

async function openDataFolder(data: string, since: number | undefined): Promise<LogSource> {
  const disk = createDisk();
  if (!disk.exists(data)) throw new WrongUse(`there is no data folder ${data}; name it with --data`);
  const directory = join(data, 'messages');
  const contents = createContents(disk, directory);
  const archive = createArchive({ directory, disk, contents, now: Date.now });
  return {
    events: await readEvents(data, since === undefined ? {} : { sinceMs: since }),
    providerFailures: await countProviderFailures(data, since),
    async decisions(traceId) {
      return whyTexts(await tracesOf(archive, traceId));
    },
    async retold(story, recipient) {
      const traces = await Promise.all(story.traces.map((traceId) => tracesOf(archive, traceId)));
      return retold(story, traces.flat(), recipient);
    },
  };
}

function retold(story: Story, trace: readonly TraceEntry[], recipient: string): Story {
  if (story.outcome === 'under-way') return { ...story, why: waitingText(trace) ?? story.why };
  const held = story.outcome === 'dropped' ? heldText(trace, recipient) : undefined;
  if (held !== undefined) return { ...story, outcome: 'held', why: held };
  const fallback = fallbackText(trace, recipient);
  return fallback === undefined ? story : { ...story, why: `${story.why} ${fallback}` };
}

/** In a real log, mail that is held looks like mail that is lost. */
function withQuarantine(story: Story): Story {
  if (story.outcome !== 'dropped' || story.rule === undefined) return story;
  const hint = 'Mail that a rule of Mailroom holds looks the same here: "mailroom quarantine list" shows it.';
  return { ...story, why: `${story.why} ${hint}` };
}

/** Of the message that the trace is named after, and of its copy for the organization's own recipients. */
async function tracesOf(archive: Pick<MessageArchive, 'trace'>, traceId: string): Promise<TraceEntry[]> {
  if (!isMessageId(traceId)) return [];
  const traces = await Promise.all([traceId, childId(traceId, 'forward')].map((id) => archive.trace(id)));
  return traces.flatMap((trace) => trace ?? []);
}

/** `30m`, `24h`, `7d`, or a time as in RFC 3339. */
function sinceMs(text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? 0);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new WrongUse(`--since takes "30m", "24h", "7d" or a date, not "${text}"`);
  return time;
}
