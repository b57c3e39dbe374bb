/**
 * The world as literal tables: messages in transit, objects, TXT records. It records the effects in order and can stop
 * dead after the n-th one, as a killed process does: the call has had its effect and nobody ever hears of it.
 */
import { readFileSync } from 'node:fs';
import type { ArcKeySource } from '../../../handlers/edge/arc-key.ts';
import { createContacts } from '../../../handlers/edge/contacts.ts';
import type { MarkKeySource } from '../../../handlers/edge/mark-key.ts';
import type { ObjectStore } from '../../../handlers/edge/object-store.ts';
import type { Ports } from '../../../handlers/edge/ports.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import { parsePolicy } from '../../../shared/policy/index.ts';
import type { Policy } from '../../../shared/policy/types.ts';
import { localMac, type MarkMac } from '../../../shared/workmail/mark.ts';
import type { PutResult } from '../../../shared/workmail/message-flow.ts';
import type { RuleResponse } from '../../../shared/workmail/types.ts';

export const MESSAGE_ID = '5bb5a1a0-0000-4000-8000-000000000001';
const KEY = Buffer.alloc(32, 3);

export interface World {
  readonly ports: Ports;
  readonly messages: Map<string, Uint8Array>;
  readonly objects: Map<string, Uint8Array>;
  /** Mail of our own that went out: to whom. */
  readonly mails: string[];
  /** What changed something outside, in order: `put raw/…`, `flow-put …`. */
  readonly effects: string[];
  /** Every call, reads included. */
  readonly calls: string[];
  readonly logs: LogRecord[];
  /** Dies after this many more effects. */
  killAfter: number | undefined;
  readonly killed: Promise<'killed'>;
  putResult: PutResult;
  /** Errors to throw instead of working, by call: `get`, `flow-put`, `s3-put`, `s3-head`, `s3-delete`, `txt`, `mark-key`, `policy`. */
  readonly faults: Map<string, () => Error>;
}

export interface WorldOptions {
  readonly policy: Policy;
  readonly message: Uint8Array;
  readonly withKey?: boolean;
  readonly txt?: Readonly<Record<string, readonly string[]>>;
  readonly buckets?: boolean;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly deleteAfterPut?: boolean;
  readonly arcKey?: ArcKeySource | undefined;
  readonly now?: () => number;
}

export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/handlers/${name}`, import.meta.url));
}

export function policyOf(text: string): Policy {
  const parsed = parsePolicy(text, 'policy.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => `${p.path}: ${p.message}`).join('\n'));
  return parsed.policy;
}

export function createWorld(options: WorldOptions): World {
  let die: (word: 'killed') => void = () => undefined;
  const killed = new Promise<'killed'>((resolve) => {
    die = resolve;
  });
  const messages = new Map([[MESSAGE_ID, options.message]]);
  const objects = new Map<string, Uint8Array>();
  const mails: string[] = [];
  const effects: string[] = [];
  const calls: string[] = [];
  const logs: LogRecord[] = [];
  const faults = new Map<string, () => Error>();
  let version = 0;

  const call = (kind: string, detail: string): void => {
    calls.push(`${kind} ${detail}`);
    const fault = faults.get(kind);
    if (fault !== undefined) throw fault();
  };
  const effect = async <T>(name: string, result: T): Promise<T> => {
    effects.push(name);
    if (world.killAfter === undefined) return result;
    world.killAfter -= 1;
    if (world.killAfter > 0) return result;
    die('killed');
    return new Promise<never>(() => undefined);
  };

  const mac: MarkMac = async (data, signal) => {
    call('mark-key', '');
    return localMac(KEY)(data, signal);
  };
  const markKey: MarkKeySource = { load: async () => [mac] };

  const objectStore: ObjectStore = {
    async put({ bucket, key, body }) {
      call('s3-put', key);
      objects.set(`${bucket}/${key}`, body);
      version += 1;
      return effect(`put ${key}`, { versionId: `v${version}` });
    },
    async putSlices({ slices, ...object }, signal) {
      return objectStore.put({ ...object, body: Buffer.concat(slices) }, signal);
    },
    async putIfAbsent({ bucket, key, body }) {
      call('s3-put', key);
      if (objects.has(`${bucket}/${key}`)) return 'already-there';
      objects.set(`${bucket}/${key}`, body);
      return effect(`put ${key}`, 'stored');
    },
    async exists(bucket, key) {
      call('s3-head', key);
      return objects.has(`${bucket}/${key}`);
    },
    async deleteVersion(bucket, key, versionId) {
      call('s3-delete', key);
      objects.delete(`${bucket}/${key}`);
      return effect(`delete ${key} ${versionId}`, undefined);
    },
    async get(bucket, key) {
      call('s3-get', key);
      return objects.get(`${bucket}/${key}`);
    },
  };

  const ports: Ports = {
    messageFlow: {
      async get(messageId) {
        call('get', messageId);
        const bytes = messages.get(messageId);
        return bytes === undefined ? { kind: 'not-found' } : { kind: 'found', bytes };
      },
      async put(messageId, location) {
        call('flow-put', location.key);
        if (world.putResult.kind !== 'stored') return world.putResult;
        const bytes = objects.get(`${location.bucket}/${location.key}`);
        if (bytes === undefined) return { kind: 'invalid-location', reason: 'no such object' };
        messages.set(messageId, bytes);
        return effect(`flow-put ${location.key}`, { kind: 'stored' });
      },
    },
    objectStore,
    resources: { read: async () => Promise.reject(new TemporaryError('no resources here')) },
    async lookupDns(name, type) {
      call('txt', name);
      const records = type === 'TXT' ? options.txt?.[name] : undefined;
      return records === undefined ? { kind: 'nxdomain' } : { kind: 'records', records };
    },
    lookupTxt: (name, signal) => ports.lookupDns(name, 'TXT', signal),
    async loadPolicy() {
      call('policy', '');
      return options.policy;
    },
    policySaved: async () => undefined,
    async sendMail({ to }) {
      call('send-mail', to);
      mails.push(to);
      return effect(`send ${to}`, undefined);
    },
    markKey: options.withKey === false ? undefined : markKey,
    arcKey: options.arcKey,
    organizationId: 'm-0123456789abcdef0123456789abcdef',
    rewriteBucket: options.buckets === false ? undefined : 'rewrite',
    journalBucket: options.buckets === false ? undefined : 'journal',
    keepBucket: options.buckets === false ? undefined : 'keep',
    directory: {
      async groupMembers(group) {
        call('directory', group);
        const members = options.groups?.[group];
        return members === undefined ? undefined : new Set(members);
      },
    },
    contacts:
      options.buckets === false
        ? undefined
        : createContacts({
            objectStore,
            bucket: 'keep',
            organizationId: 'm-0123456789abcdef0123456789abcdef',
          }),
    deleteAfterPut: options.deleteAfterPut === true,
    log: (record) => logs.push(record),
    now: options.now ?? Date.now,
  };
  const world: World = {
    ports,
    messages,
    objects,
    mails,
    effects,
    calls,
    logs,
    killAfter: undefined,
    killed,
    putResult: { kind: 'stored' },
    faults,
  };
  return world;
}

/** Another process in the same world: what is stored stays, what was known is forgotten. */
export function restarted(world: World, options: WorldOptions): World {
  const next = createWorld(options);
  next.messages.clear();
  for (const [id, bytes] of world.messages) next.messages.set(id, bytes);
  for (const [key, bytes] of world.objects) next.objects.set(key, bytes);
  next.mails.push(...world.mails);
  return next;
}

export const CONTEXT = { getRemainingTimeInMillis: () => 15_000 };

/** The answer, or `killed` when the world died first. */
export function answerOrDeath<T>(world: World, work: Promise<T>): Promise<T | 'killed'> {
  return Promise.race([work, world.killed]);
}

/** What is stored in the end: keys with digests of their content. */
export function finalState(world: World): Record<string, string> {
  const state: Record<string, string> = {};
  for (const [key, bytes] of world.objects) state[key] = Buffer.from(bytes).toString('latin1');
  for (const [id, bytes] of world.messages) state[`message ${id}`] = Buffer.from(bytes).toString('latin1');
  return state;
}

/** What every recipient is told, when all are told the same. */
export function typeForAll(response: RuleResponse): string | undefined {
  const [only, ...others] = response.actions;
  return others.length === 0 && only?.allRecipients === true ? only.action.type : undefined;
}

export function ruleEvent(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    summaryVersion: '2018-10-10',
    envelope: {
      mailFrom: { address: 'bob@partner.example' },
      recipients: [{ address: 'Alice@Example.com' }],
    },
    sender: null,
    subject: 'Offer',
    messageId: MESSAGE_ID,
    invocationId: '0123456789abcdef0123456789abcdef01234567',
    flowDirection: 'INBOUND',
    truncated: false,
    ...change,
  };
}
