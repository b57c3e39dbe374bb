/** One call of a synchronous rule: the event, the policy, the time that is left, and the message, fetched once. */

import type { Evidence } from '../../shared/auth/evidence-types.ts';
import { authorDomain, readSesEvidence } from '../../shared/auth/index.ts';
import type { AuthorDomain, SesEvidence } from '../../shared/auth/types.ts';
import type { Log } from '../../shared/log.ts';
import { headerFields } from '../../shared/mime/header.ts';
import { rawHeaderText } from '../../shared/mime/header-text.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import type { Message } from '../../shared/mime/types.ts';
import type { Policy } from '../../shared/policy/types.ts';
import type { Deadline } from '../../shared/workmail/deadline.ts';
import {
  fingerprintRules,
  MARK_HEADER,
  MAX_MARKS_TRIED,
  makeMark,
  type ReadMark,
  readMarks,
} from '../../shared/workmail/mark.ts';
import type { RuleEvent } from '../../shared/workmail/types.ts';
import type { Mode } from './environment.ts';
import { gather } from './evidence.ts';
import { digestOf } from './object-stream.ts';
import type { Ports } from './ports.ts';

/** The message as Get returned it; parsed and judged when first asked, and once. */
export interface FetchedMessage {
  readonly kind: 'found';
  readonly bytes: Uint8Array;
  parsed(): Message;
  /** Of its octets, in hexadecimal. */
  sha256(): string;
  evidence(): SesEvidence;
  author(): AuthorDomain;
}

export type Fetched = FetchedMessage | { readonly kind: 'not-found' | 'too-large' };

/** Whether one of our functions rewrote this copy already; `no-key`: nothing can tell. */
export type RewriteState = ReadMark | { readonly state: 'no-key'; readonly decision: undefined };

const NO_KEY: RewriteState = { state: 'no-key', decision: undefined };
const NO_MARK: RewriteState = { state: 'none', decision: undefined };

export interface Invocation {
  readonly event: RuleEvent;
  /** The event as it came, for the journal. */
  readonly rawEvent: unknown;
  readonly policy: Policy;
  /** `monitor`: decided and logged, and nothing is changed. */
  readonly mode: Exclude<Mode, 'off'>;
  readonly deadline: Deadline;
  readonly ports: Ports;
  /** Carries messageId and invocationId in every record. */
  readonly log: Log;
  /** Gets the message at the first call. Throws TemporaryError or PermanentError, the same at every call. */
  message(): Promise<Fetched>;
  /** What is known about who sent it, DNS included. Throws the DeadlineError. */
  gathered(message: FetchedMessage): Promise<Evidence>;
  /** Reads the mark of the message. Throws TemporaryError or PermanentError when the key cannot be had. */
  rewriteState(message: FetchedMessage): Promise<RewriteState>;
  /** The value of our mark for this message, with the fingerprint of a kept decision; undefined without a key. */
  newMark(decision: string | undefined): Promise<string | undefined>;
}

export type InvocationParts = Omit<Invocation, 'message' | 'gathered' | 'rewriteState' | 'newMark'>;

export function createInvocation(parts: InvocationParts): Invocation {
  const { event, policy, deadline, ports } = parts;
  const { signal } = deadline;
  const rules = once(() => fingerprintRules(policy.rules));
  const inTransit = `${event.flowDirection ?? 'UNKNOWN'}/${event.messageId}`;
  const { markKey } = ports;
  return {
    ...parts,
    message: once(async () => {
      const got = await ports.messageFlow.get(event.messageId, signal);
      return got.kind === 'found' ? fetched(got.bytes) : { kind: got.kind };
    }),
    gathered: once((message: FetchedMessage) => gather(parts, message.parsed())),
    rewriteState: once(async (message: FetchedMessage): Promise<RewriteState> => {
      if (markKey === undefined) return NO_KEY;
      const values = markValues(message.parsed());
      // A message without a mark needs no key: it can be kept while the key is out of reach.
      if (values.length === 0) return NO_MARK;
      return readMarks(values, inTransit, rules(), await markKey.load(signal), signal);
    }),
    newMark: async (decision) => {
      const key = await markKey?.load(signal);
      return key === undefined ? undefined : makeMark(inTransit, rules(), decision, key, signal);
    },
  };
}

function fetched(bytes: Uint8Array): FetchedMessage {
  const parsed = once(() => parseMessage(bytes));
  return {
    kind: 'found',
    bytes,
    parsed,
    sha256: once(() => digestOf([bytes]).sha256.toString('hex')),
    evidence: once(() => readSesEvidence(parsed())),
    author: once(() => authorDomain(parsed())),
  };
}

function markValues(message: Message): string[] {
  return headerFields(message.root.header, MARK_HEADER)
    .slice(0, MAX_MARKS_TRIED)
    .map((field) => rawHeaderText(message, field));
}

/** Remembers the first result, a rejection too; later arguments are the same by construction. */
function once<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let made: { readonly value: T } | undefined;
  return (...args) => {
    made ??= { value: make(...args) };
    return made.value;
  };
}
