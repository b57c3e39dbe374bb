/** What a policy would do to mail of the past. */
import type { DmarcAction } from '../../../shared/policy/types.ts';

/** What WorkMail's own enforcement does with it; `unknown` where the log does not say what the domain publishes. */
export type NativeAction = 'default' | 'junk' | 'drop' | 'unknown';

export interface SimulatedMessage {
  /** Where it is found again: the file, or the trace in WorkMail's event log, or the message's id in the function's log. */
  readonly id: string;
  /** In From; empty where it has not one, or where the log does not say. */
  readonly domain: string;
  /** A code of docs/dmarc-reasons.md. */
  readonly reason: string;
  /** What enforcing would do; the strictest among the recipients. */
  readonly action: DmarcAction;
  /** What enforcing does for now, where the policy enforces for a part of the mail only (`ramp`, recipients that are watched). */
  readonly now?: DmarcAction;
  readonly workmail: NativeAction;
  /** One sentence. */
  readonly text: string;
  /** What the author's domain asks for. */
  readonly published?: string;
  /** The reason of the exception that held, or of one that has expired. */
  readonly exception?: string;
  readonly expired?: string;
  /** The DNS did not answer, so another time it may be otherwise. */
  readonly temporary?: true;
  /** SES could not decide; the function's log does not tell whose error it was. */
  readonly undecidedBySes?: true;
}

/** For which part of the mail a policy enforces. */
export interface Part {
  /** Percent of the authors' domains. */
  readonly share?: number;
  /** Some recipients have `mode: monitor`. */
  readonly watches?: true;
}

/** Where the messages come from: how much is known of each depends on it. */
export type SimulationSource = 'messages' | 'event-log' | 'function-log';

export interface Simulated {
  readonly messages: readonly SimulatedMessage[];
  readonly sources: readonly SimulationSource[];
  /** Files that tell of no inbound message. */
  readonly others: number;
  /** Absent where the policy enforces for all. */
  readonly part?: Part;
}
