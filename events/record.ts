/**
 * `npm run events`: makes the fixtures of this folder again. It starts the stand-in with the sample organization and a
 * data folder that it removes afterwards, sends every message of `sent/` over SMTP, and keeps the event that the
 * function got (`NAME.json`) beside the content that GetRawMessageContent gave at that time (`NAME.eml`). Then come the
 * events that are edited from these or printed in the guide.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from '../local/build.ts';
import type { TraceEntry } from '../local/types.ts';
import { sendMail } from '../test/support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  startStandIn,
  until,
} from '../test/support/stand-in.ts';
import { AVAILABILITY, DERIVATIONS, DOCUMENTED_EVENT, type RecordedEvent, withOwnIds } from './derived.ts';
import { RECORDINGS, type Recording } from './recordings.ts';

const FOLDER = import.meta.dirname;

interface Recorded {
  readonly event: RecordedEvent;
  readonly content: Uint8Array;
}

interface Done {
  readonly summary: { readonly state: string };
  readonly trace: readonly TraceEntry[];
}

function isDone(value: unknown): value is Done {
  if (typeof value !== 'object' || value === null || !('summary' in value) || !('trace' in value))
    return false;
  const { summary } = value;
  return typeof summary === 'object' && summary !== null && 'state' in summary && summary.state === 'done';
}

function isEvent(value: unknown): value is RecordedEvent {
  return typeof value === 'object' && value !== null && 'envelope' in value && 'messageId' in value;
}

/** Sends the message; gives the id that the stand-in says it has. */
async function send(standIn: RunningStandIn, recording: Recording): Promise<string> {
  const { name, client, mailFrom, recipients } = recording;
  const data = await readFile(join(FOLDER, 'sent', `${name}.eml`));
  const { smtp, submission } = standIn.ports;
  const by =
    client === undefined
      ? { port: submission, login: { user: 'alice@example.com', password: 'alice' } }
      : { port: smtp, client };
  const reply = await sendMail({ ...by, mailFrom, recipients, data });
  const id = /Queued as ([0-9a-f-]{36})/.exec(reply.text)?.[1];
  if (id === undefined) throw new Error(`sent/${name}.eml was not taken: ${reply.text}`);
  return id;
}

async function traceOf(standIn: RunningStandIn, id: string): Promise<readonly TraceEntry[]> {
  return until(`message ${id} to be done`, async () => {
    const answer = await fetch(`http://127.0.0.1:${standIn.ports.http}/api/messages/${id}`);
    const report: unknown = answer.ok ? await answer.json() : undefined;
    return isDone(report) ? report.trace : undefined;
  });
}

async function read(standIn: RunningStandIn, id: string, trace: readonly TraceEntry[]): Promise<Recorded> {
  const event = trace.find((entry) => entry.kind === 'invoke')?.data['event'];
  if (!isEvent(event)) throw new Error(`no function was called for message ${id}`);
  const answer = await fetch(`http://127.0.0.1:${standIn.ports.http}/messages/${id}/original.eml`);
  return { event, content: Buffer.from(await answer.arrayBuffer()) };
}

async function record(
  standIn: RunningStandIn,
  recording: Recording,
): Promise<(readonly [string, Recorded])[]> {
  const id = await send(standIn, recording);
  const trace = await traceOf(standIn, id);
  const own = [recording.name, await read(standIn, id, trace)] as const;
  if (recording.internalCopy === undefined) return [own];
  const copyId = trace.find((entry) => entry.kind === 'forwarded')?.data['messageId'];
  if (typeof copyId !== 'string') throw new Error(`sent/${recording.name}.eml went to no colleague`);
  const copy = await read(standIn, copyId, await traceOf(standIn, copyId));
  return [own, [recording.internalCopy, copy]];
}

async function recordAll(): Promise<Map<string, Recorded>> {
  await build();
  const standIn = await startStandIn(newDataFolder());
  try {
    const recorded = new Map<string, Recorded>();
    for (const recording of RECORDINGS)
      for (const [name, made] of await record(standIn, recording)) recorded.set(name, made);
    return recorded;
  } finally {
    await standIn.stop();
    removeFolder(standIn.data);
  }
}

async function write(name: string, event: unknown, content?: Uint8Array): Promise<void> {
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(event, null, 2)}\n`);
  if (content !== undefined) await writeFile(join(FOLDER, `${name}.eml`), content);
  process.stdout.write(`events/${name}.json\n`);
}

async function main(): Promise<void> {
  const recorded = await recordAll();
  for (const [name, { event, content }] of recorded) await write(name, event, content);
  for (const { name, from, edit } of DERIVATIONS) {
    const source = recorded.get(from);
    if (source === undefined)
      throw new Error(`events/${name}.json is derived from ${from}, which is not recorded`);
    await write(name, edit(withOwnIds(source.event, name)), source.content);
  }
  await write('documented', DOCUMENTED_EVENT, await readFile(join(FOLDER, 'sent', 'documented.eml')));
  for (const [name, request] of Object.entries(AVAILABILITY)) await write(name, request);
}

await main();
