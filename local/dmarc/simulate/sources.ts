/** Reads mail of the past, one message after the other, from messages and logs on the disk. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import type { DmarcPolicy, Policy } from '../../../shared/policy/types.ts';
import type { LoggedEvent } from '../../event-log/events.ts';
import { parseEvent } from '../../event-log/read.ts';
import { parseJson } from '../../json.ts';
import { filesAt } from '../files.ts';
import { readDecision, simulateEvent } from './log.ts';
import { partOf, simulateMessages } from './messages.ts';
import type { Simulated, SimulatedMessage, SimulationSource } from './types.ts';

export interface SimulationInput {
  readonly policy: Policy;
  readonly dmarc: DmarcPolicy;
  readonly lookupDns: LookupDns;
  /** Envelope recipients of messages that are files; the data folder of a stand-in knows its own. */
  readonly recipients: readonly string[];
  readonly nowMs: number;
}

interface Collected {
  readonly messages: SimulatedMessage[];
  readonly sources: Set<SimulationSource>;
  others: number;
}

/** No message that WorkMail takes is larger; logs are exported in parts. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
const ORIGINAL = 'original.eml';

/**
 * Simulates what the path holds: a message, a folder of messages, the data folder of a stand-in, a log as JSON lines.
 *
 * @throws Error of node:fs, with a `path`, where a file or folder cannot be read.
 */
export async function simulatePath(path: string, input: SimulationInput): Promise<Simulated> {
  const collected: Collected = { messages: [], sources: new Set(), others: 0 };
  const simulate = simulateMessages(input);
  for (const { id, file, recipients } of isDataFolder(path) ? keptMessages(path) : namedFiles(path, input)) {
    const bytes = statSync(file).size > MAX_FILE_BYTES ? Buffer.alloc(0) : readFileSync(file);
    if (beginsWithBrace(bytes)) simulateLines(bytes, input, collected);
    else {
      const message = await simulate({ id, bytes, recipients });
      if (message === undefined) collected.others += 1;
      else {
        collected.messages.push(message);
        collected.sources.add('messages');
      }
    }
  }
  return finish(collected, input);
}

/** Simulates the events of a real organization's log. */
export function simulateEvents(events: readonly LoggedEvent[], input: SimulationInput): Simulated {
  const collected: Collected = { messages: [], sources: new Set(), others: 0 };
  for (const { traceId, event } of events) addEvent(traceId, event, input, collected);
  return finish(collected, input);
}

function finish({ messages, sources, others }: Collected, { dmarc }: SimulationInput): Simulated {
  const part = partOf(dmarc);
  return {
    messages: onceEach(messages),
    sources: [...sources],
    others,
    ...(part === undefined ? {} : { part }),
  };
}

interface NamedFile {
  readonly id: string;
  readonly file: string;
  readonly recipients: readonly string[];
}

function namedFiles(path: string, { recipients }: SimulationInput): NamedFile[] {
  return filesAt(path).map(({ file, inFolder }) => ({
    id: inFolder ? relative(path, file) : file,
    file,
    recipients,
  }));
}

function isDataFolder(path: string): boolean {
  return existsSync(join(path, 'messages')) && existsSync(join(path, 'queue'));
}

/** What came in from outside, as it came in. */
function keptMessages(data: string): NamedFile[] {
  const folder = join(data, 'messages');
  return readdirSync(folder)
    .sort()
    .flatMap((id) => {
      const file = join(folder, id, ORIGINAL);
      if (!existsSync(file)) return [];
      const summary = join(folder, id, 'summary.json');
      const told = existsSync(summary) ? parseJson(readFileSync(summary, 'utf8')) : undefined;
      if (!isObject(told) || told['direction'] !== 'inbound') return [];
      const { recipients } = told;
      return [
        {
          id,
          file,
          recipients: Array.isArray(recipients) ? recipients.map((one) => String(one).toLowerCase()) : [],
        },
      ];
    });
}

function beginsWithBrace(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart().startsWith('{');
}

function simulateLines(bytes: Buffer, input: SimulationInput, collected: Collected): void {
  const before = collected.messages.length;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.toString('utf8', at, end === -1 ? bytes.length : end).trim();
    at = end === -1 ? bytes.length : end + 1;
    if (line !== '') simulateLine(line, input, collected);
  }
  if (collected.messages.length === before) collected.others += 1;
}

/** A line of either log, by itself or as CloudWatch exports it: in `message`, `@message` or behind a time. */
function simulateLine(line: string, input: SimulationInput, collected: Collected): void {
  const logged = parseEvent(line, 0);
  if (logged !== undefined) {
    addEvent(logged.traceId, logged.event, input, collected);
    return;
  }
  const value = parseJson(line);
  if (!isObject(value)) return;
  const inner = value['message'] ?? value['@message'];
  if (typeof inner === 'string' && inner.startsWith('{')) {
    simulateLine(inner, input, collected);
    return;
  }
  const decision = readDecision(isObject(inner) ? inner : value);
  if (decision === undefined) return;
  collected.messages.push(decision);
  collected.sources.add('function-log');
}

function addEvent(
  traceId: string,
  event: Readonly<Record<string, unknown>>,
  input: SimulationInput,
  collected: Collected,
): void {
  const message = simulateEvent(traceId, event, input);
  if (message === undefined) return;
  collected.messages.push(message);
  collected.sources.add('event-log');
}

const STRENGTH = ['neverJunk', 'default', 'junk', 'bounce', 'drop'];

/** A message that was tried again, or whose recipients differ, is told once, with the strictest. */
function onceEach(messages: readonly SimulatedMessage[]): SimulatedMessage[] {
  const byId = new Map<string, SimulatedMessage>();
  for (const message of messages) {
    const key = message.id === '' ? `#${byId.size}` : message.id;
    const known = byId.get(key);
    if (known === undefined || STRENGTH.indexOf(message.action) > STRENGTH.indexOf(known.action))
      byId.set(key, message);
  }
  return [...byId.values()];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
