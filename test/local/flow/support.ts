/** A flow in a temporary directory, with functions, SES and clock as literal tables that record what was asked. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk } from '../../../local/flow/disk.ts';
import { createFlow, type Flow, type FlowDeps } from '../../../local/flow/flow.ts';
import { type Organization, parseOrganization } from '../../../local/organization.ts';
import type { AcceptedMessage, InvokeOutcome, LambdaInvoker } from '../../../local/types.ts';

export function organizationOf(yaml: string): Organization {
  const parsed = parseOrganization(yaml, 'organization.yaml');
  if (parsed.ok) return parsed.organization;
  throw new Error(
    parsed.problems.map((problem) => `${problem.line}: ${problem.path}: ${problem.message}`).join('\n'),
  );
}

export const PEOPLE = `
id: m-0123456789abcdef0123456789abcdef
alias: example
region: us-east-1
account: "123456789012"
domains: [example.com, example.org]
users:
  - {address: alice@example.com, password: alice, aliases: [al@example.com]}
  - {address: bob@example.com, password: bob}
  - {address: carol@example.com, password: carol}
groups:
  - {address: staff@example.com, members: [alice@example.com, bob@example.com]}
functions:
  - {name: sync, handler: sync, timeoutSeconds: 15}
  - {name: beside, handler: beside, timeoutSeconds: 60}
`;

export const ASK_INBOUND = `
flowRules:
  inbound:
    - {name: ask, action: runLambda, function: sync, mode: synchronous, senders: "*", recipients: "*", fallback: junk, ruleTimeoutMinutes: 1}
`;
export const ASK_BOTH_WAYS = `${ASK_INBOUND}
  outbound:
    - {name: askOut, action: runLambda, function: sync, mode: synchronous, senders: "*", recipients: "*", fallback: default, ruleTimeoutMinutes: 1}
`;
export const BESIDE = `
flowRules:
  inbound:
    - {name: watch, action: runLambda, function: beside, mode: asynchronous, senders: "*", recipients: "*"}
`;

export function people(rules: string): Organization {
  return organizationOf(PEOPLE + rules);
}

export const OUTCOME = { durationMs: 5, coldStart: false, logs: [] } as const;

export function answered(payload: unknown): InvokeOutcome {
  return { ...OUTCOME, kind: 'answer', payload, bytes: Buffer.byteLength(JSON.stringify(payload) ?? '') };
}

export function deliverAll(): InvokeOutcome {
  return answered({ actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }] });
}

export function act(type: string, ...recipients: string[]): unknown {
  return { action: { type }, recipients };
}

export interface Call {
  readonly function: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export type Behaviour = (call: Call, flow: () => Flow) => InvokeOutcome | Promise<InvokeOutcome>;

export interface World {
  readonly dataDir: string;
  readonly calls: Call[];
  flow: Flow;
  /** Starts another flow on the same directory, as a new process would. */
  restart(changed?: Partial<FlowDeps>): Promise<void>;
  /** Accepts, waits until all is done, and gives the id. */
  run(message: AcceptedMessage): Promise<string>;
  /** Contents of the files in a folder of a mailbox. */
  mailbox(address: string, folder?: string): string[];
  sent(): { name: string; envelope: Readonly<Record<string, unknown>>; content: string }[];
  events(): { traceId: string; event: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly organization: Organization;
  readonly behave?: Behaviour;
  readonly timeScale?: number;
  readonly concurrency?: number;
  readonly disk?: Disk;
  readonly dataDir?: string;
  readonly now?: () => number;
}

/** A minute is 6 ms. */
export const FAST = 0.0001;

export async function createWorld(options: WorldOptions): Promise<World> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'mailroom-flow-')));
  const calls: Call[] = [];
  const lambda: LambdaInvoker = {
    async invoke(name, event) {
      const call = { function: name, event: asRecord(structuredClone(event)) };
      calls.push(call);
      return options.behave === undefined ? deliverAll() : options.behave(call, () => world.flow);
    },
  };
  const deps: FlowDeps = {
    organization: options.organization,
    dataDir,
    lambda,
    sign: async (bytes, domain) => Buffer.concat([Buffer.from(`X-Signed: ${domain}\r\n`), bytes]),
    envelopeSender: () => 'bounces-to@amazonses.com',
    sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
    receive: async ({ bytes, mailFrom }) => ({
      bytes: Buffer.concat([Buffer.from(`Return-Path: <${mailFrom}>\r\n`), bytes]),
      verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
    }),
    now: options.now ?? Date.now,
    timeScale: options.timeScale ?? FAST,
    concurrency: options.concurrency ?? 4,
    ...(options.disk === undefined ? {} : { disk: options.disk }),
  };
  const world: World = {
    dataDir,
    calls,
    flow: createFlow(deps),
    async restart(changed) {
      world.flow = createFlow({ ...deps, ...changed });
      await world.flow.start();
    },
    async run(message) {
      const id = await world.flow.spool.accept(message);
      await world.flow.idle();
      return id;
    },
    mailbox: (address, folder = 'Inbox') =>
      ['new', 'cur'].flatMap((part) => {
        const directory = join(dataDir, 'mailboxes', address, folder, part);
        return readdirSync(directory).map((name) => readFileSync(join(directory, name), 'latin1'));
      }),
    sent: () => readSent(join(dataDir, 'sent')),
    events: () =>
      readFileSync(join(dataDir, 'events.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    async close() {
      await world.flow.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  await world.flow.start();
  return world;
}

function readSent(directory: string): ReturnType<World['sent']> {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => ({
      name,
      envelope: asRecord(JSON.parse(readFileSync(join(directory, name.replace(/eml$/, 'json')), 'utf8'))),
      content: readFileSync(join(directory, name), 'latin1'),
    }));
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  return Object.fromEntries(Object.entries(value));
}

export const CLIENT = { address: '203.0.113.10', name: 'mail.good.example', helo: 'mail.good.example' };

/** Mail from the world; `headers` replaces From and Subject. */
export function inbound(
  recipients: readonly string[],
  options: { mailFrom?: string; headers?: string; body?: string } = {},
): AcceptedMessage {
  const { mailFrom = 'wendy@good.example', headers = 'From: Wendy <wendy@good.example>\r\nSubject: Hello' } =
    options;
  return {
    direction: 'inbound',
    origin: 'world',
    mailFrom,
    recipients,
    bytes: Buffer.from(`${headers}\r\nMessage-ID: <1@good.example>\r\n\r\n${options.body ?? 'Hi'}\r\n`),
    client: CLIENT,
    verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'FAIL', dmarcPolicy: 'REJECT' },
  };
}

/** Mail of a user. */
export function outbound(recipients: readonly string[], from = 'alice@example.com'): AcceptedMessage {
  return {
    direction: 'outbound',
    origin: 'submission',
    mailFrom: from,
    recipients,
    bytes: Buffer.from(`From: ${from}\r\nSubject: Out\r\nMessage-ID: <2@example.com>\r\n\r\nHo\r\n`),
    client: { address: '127.0.0.1', name: 'localhost', helo: 'laptop' },
    authenticatedUser: from,
  };
}
