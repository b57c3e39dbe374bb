/** The words of the flow: rules as the organization file gives them, messages under way, and what was decided for them. */
import type { AddressPattern } from '../../shared/policy/types.ts';
import type { AcceptedMessage, SmtpClient, Verdicts } from '../types.ts';

export type Direction = AcceptedMessage['direction'];

/** What a rule can do without a function. `junk` and `neverJunk` are inbound only, `smtpGateway` is outbound only. */
export type PlainAction = 'default' | 'drop' | 'bounce' | 'junk' | 'neverJunk' | 'smtpGateway';

interface RuleMatch {
  readonly name: string;
  /** Who sends: matched against the Sender header, then the From header. */
  readonly senders: readonly AddressPattern[];
  /** Whom it is for. Only `*` for a synchronous function. */
  readonly recipients: readonly AddressPattern[];
}

export interface PlainRule extends RuleMatch {
  readonly action: PlainAction;
}

export interface LambdaRule extends RuleMatch {
  readonly action: 'runLambda';
  readonly function: string;
  readonly mode: 'synchronous' | 'asynchronous';
  /** Acts when the function fails for good, and for recipients that its answer leaves out. */
  readonly fallback: PlainAction;
  /** How long a failing function is tried again, 0 (never) to 240 min. */
  readonly ruleTimeoutMs: number;
}

export type FlowRule = PlainRule | LambdaRule;

/** A message under way, as the journal keeps it. Its content is `messages/ID/original.eml`. */
export interface Entry {
  /** UUID, version 7: the `messageId` of rule event and Message Flow API. */
  readonly id: string;
  /** Joins the events of a message, its internal copy and its bounce: the id of the first of them. */
  readonly traceId: string;
  /** Of which message's journey this one is a part. */
  readonly parent?: { readonly id: string; readonly role: ChildRole };
  /** Mailboxes whose rules have sent this message on, the first one first. */
  readonly redirectedBy?: readonly string[];
  /** Unix time in ms. */
  readonly receivedAt: number;
  readonly direction: Direction;
  readonly origin: AcceptedMessage['origin'];
  /** Envelope sender; empty for the null sender. */
  readonly mailFrom: string;
  /** Who is told when it bounces; empty for nobody. The same as `mailFrom` but for internal copies. */
  readonly returnPath: string;
  readonly recipients: readonly string[];
  readonly client: SmtpClient;
  readonly authenticatedUser?: string;
  readonly verdicts?: Verdicts;
  /** SES's header block, put on top on delivery, where messages in transit do not carry it. */
  readonly sesBlock?: string;
  readonly bytes: number;
}

/**
 * The copy for the organization's own recipients; a bounce; WorkMail's journal record; the notice that such a record
 * could not be delivered; what a rule of this mailbox sends on.
 */
export type ChildRole = 'forward' | 'bounce' | 'journal' | 'report' | `redirect:${string}`;

/** Where one recipient's copy goes. */
export type Target = 'inbox' | 'junk' | 'send' | 'gateway' | 'drop' | 'bounce';

/** What was done with one recipient's copy, in the words of the rule answer; `SMTP_GATEWAY` is none of them. */
export type ActionWord =
  | 'DEFAULT'
  | 'DROP'
  | 'BOUNCE'
  | 'MOVE_TO_JUNK'
  | 'BYPASS_SPAM_CHECK'
  | 'SMTP_GATEWAY';

export interface RecipientDecision {
  readonly recipient: string;
  readonly to: Target;
  readonly action: ActionWord;
  /** The rule that acted; absent when none did. */
  readonly rule?: string;
  /** Why, as half a sentence for a person. */
  readonly why: string;
  /** For `bounce`: what the sender is told, and the enhanced status code (RFC 3463). */
  readonly notice?: { readonly text: string; readonly status: string };
  /** What a rule of the mailbox made of `inbox`: the name of a folder, or `redirected`. Of `drop`: `held`, in quarantine. */
  readonly outcome?: string;
}

/** Mail that a rule of its mailbox sends on; no copy stays there. */
export interface Redirect {
  readonly mailbox: string;
  readonly rule: string;
  readonly to: string;
}

/** A call of an asynchronous function that is still owed. */
export interface AsyncCall {
  readonly rule: string;
  readonly function: string;
  readonly recipients: readonly string[];
}

/** What was decided for a message. Once in the journal it is only carried out, never decided again. */
export interface Decision {
  readonly recipients: readonly RecipientDecision[];
  /** One per mailbox, groups expanded. */
  readonly deliveries: readonly {
    readonly mailbox: string;
    readonly folder: string;
    /** The mailbox's own rule that chose the folder. */
    readonly rule?: string;
  }[];
  readonly redirects?: readonly Redirect[];
  readonly asyncCalls: readonly AsyncCall[];
}

/** How often a function was tried and when it is its turn again. Times are Unix ms. */
export interface Attempts {
  readonly count: number;
  readonly firstAt: number;
  readonly nextAt: number;
}
