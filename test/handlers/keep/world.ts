/** One call around a message, with a bucket and a mail system that are tables, and can be killed or made to fail. */
import { createInvocation, type Invocation } from '../../../handlers/edge/invocation.ts';
import type { OutgoingMail } from '../../../handlers/edge/keep/send-mail.ts';
import type { ObjectStore } from '../../../handlers/edge/object-store.ts';
import { requireEvent } from '../../../handlers/edge/rule-event.ts';
import type { LogRecord } from '../../../shared/log.ts';
import type { Policy } from '../../../shared/policy/types.ts';
import { createDeadline } from '../../../shared/workmail/deadline.ts';
import { localMac, type MarkKey } from '../../../shared/workmail/mark.ts';
import { createWorld, MESSAGE_ID, policyOf, ruleEvent } from '../support/world.ts';

export const MAC = localMac(Buffer.alloc(32, 7));
export const NOW = Date.UTC(2026, 10, 21, 9, 30);
export const MAIL = Buffer.from(
  'From: Bob <bob@partner.example>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nDate: today\r\n\r\nHello.\r\n',
);
const POLICY = `version: 1
organization: { domains: [example.com] }
notices: { from: mailroom@example.com, perHour: 3 }
rules:
  - { name: no programs, reason: they harm, when: { direction: inbound }, do: [{ prependSubject: "[x]" }] }
`;

export interface KeepWorld {
  readonly objects: Map<string, Uint8Array>;
  readonly sent: OutgoingMail[];
  readonly logs: LogRecord[];
  readonly calls: string[];
  /** By call (`put`, `get`, `exists`, `send`), or call and folder (`put quarantine`): what it throws. */
  readonly faults: Map<string, Error>;
  /** A call of its own in this world. */
  invocation(options?: CallOptions): Invocation;
}

export interface CallOptions {
  readonly event?: Record<string, unknown>;
  readonly message?: Uint8Array;
  readonly mode?: Invocation['mode'];
  readonly now?: number;
  readonly bucket?: string | undefined;
  readonly key?: boolean;
  readonly policy?: Policy;
}

export function keepWorld(): KeepWorld {
  const objects = new Map<string, Uint8Array>();
  const sent: OutgoingMail[] = [];
  const logs: LogRecord[] = [];
  const calls: string[] = [];
  const faults = new Map<string, Error>();
  const called = (call: string, key: string): void => {
    calls.push(`${call} ${key}`);
    const fault = faults.get(call) ?? faults.get(`${call} ${key.split('/')[0]}`);
    if (fault !== undefined) throw fault;
  };
  const log = (record: LogRecord) => logs.push(record);
  const policy = policyOf(POLICY);
  return {
    objects,
    sent,
    logs,
    calls,
    faults,
    invocation(options = {}) {
      const world = createWorld({ policy: options.policy ?? policy, message: options.message ?? MAIL });
      const objectStore: ObjectStore = {
        ...world.ports.objectStore,
        async putIfAbsent({ key, body }) {
          called('put', key);
          if (objects.has(key)) return 'already-there';
          objects.set(key, body);
          return 'stored';
        },
        async exists(_bucket, key) {
          called('exists', key);
          return objects.has(key);
        },
        async get(_bucket, key) {
          called('get', key);
          return objects.get(key);
        },
      };
      const ports = {
        ...world.ports,
        objectStore,
        log,
        now: () => options.now ?? NOW,
        keepBucket: 'bucket' in options ? options.bucket : 'keep',
        markKey: options.key === false ? undefined : { load: async (): Promise<MarkKey> => [MAC] },
        async sendMail(mail: OutgoingMail) {
          called('send', mail.to);
          sent.push(mail);
        },
      };
      const deadline = createDeadline({
        limitMs: 15_000,
        remainingMs: () => 15_000,
        marginMs: 0,
        now: Date.now,
      });
      deadline.dispose();
      const rawEvent = ruleEvent(options.event);
      return createInvocation({
        event: requireEvent(rawEvent),
        rawEvent,
        policy: options.policy ?? policy,
        mode: options.mode ?? 'enforce',
        deadline,
        ports,
        log,
      });
    },
  };
}

/** The message of the call. */
export async function messageOf(invocation: Invocation) {
  const message = await invocation.message();
  if (message.kind !== 'found') throw new Error(`no message ${MESSAGE_ID}`);
  return message;
}
