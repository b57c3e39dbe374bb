/** What the rooms of the stand-in say to each other: SMTP hands over to the flow, the flow calls functions, the page reads traces. */

/** Who connected, as SPF and the Received header need it; XCLIENT on loopback sets it. */
export interface SmtpClient {
  /** IP address as text. */
  readonly address: string;
  /** Reverse name, or `unknown`. */
  readonly name: string;
  readonly helo: string;
}

/** Verdict words of SES's receipt (PASS, FAIL, GRAY, PROCESSING_FAILED). `dmarcPolicy` only when DMARC fails. */
export interface Verdicts {
  readonly spf: string;
  readonly dkim: string;
  readonly dmarc: string;
  readonly dmarcPolicy?: 'NONE' | 'QUARANTINE' | 'REJECT';
  /** Absent: only the header says it. */
  readonly spam?: 'PASS' | 'FAIL';
}

/** One SMTP conversation that was accepted, ready to be stored. */
export interface AcceptedMessage {
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'world' | 'submission' | 'internal';
  /** Envelope sender; empty for the null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** Inbound: SES's header block, then what the client sent. Outbound: what the client sent. */
  readonly bytes: Uint8Array;
  /** SES's header block, where messages in transit do not carry it (native/ses-headers.ts). */
  readonly sesBlock?: string;
  readonly client: SmtpClient;
  /** The user who submitted it. */
  readonly authenticatedUser?: string;
  readonly verdicts?: Verdicts;
}

/** Where SMTP puts what it accepts. */
export interface Spool {
  /** Resolves to the message's id once every byte is on disk (fsync): only then may 250 be said. Rejects when it could not be stored. */
  accept(message: AcceptedMessage): Promise<string>;
}

/** `frozen`: delivered or redirected, too late to change. */
export type PutOutcome = 'stored' | 'not-found' | 'frozen';

/** The messages that the Message Flow API may read and replace. Ids are those of the rule event. */
export interface InTransit {
  get(messageId: string): Promise<Uint8Array | undefined>;
  put(messageId: string, bytes: Uint8Array): Promise<PutOutcome>;
  /** A Put whose object is read when the message leaves; `read` gives undefined when it is gone by then. */
  putLate?(messageId: string, read: () => Promise<Uint8Array | undefined>): Promise<PutOutcome>;
  /** Which way a message goes, and how it came in; undefined when it is not known. */
  describe?(messageId: string): Promise<MessageInTransit | undefined>;
}

export interface MessageInTransit {
  readonly direction: AcceptedMessage['direction'];
  original(): Promise<Uint8Array | undefined>;
}

/** One function of the organization. */
export interface FunctionConfig {
  readonly name: string;
  /** The folder under `dist/`. */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Where it is, when that is not the organization's region and account. */
  readonly arn?: string;
}

export type InvokeOutcome = {
  readonly durationMs: number;
  readonly coldStart: boolean;
  /** What the function wrote to stdout and stderr: parsed where a line is a JSON object, else `{ message }`. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
} & (
  | { readonly kind: 'answer'; readonly payload: unknown; readonly bytes: number }
  /** The function threw. */
  | { readonly kind: 'error'; readonly errorType: string; readonly errorMessage: string }
  /** It overran its time-out and was killed. */
  | { readonly kind: 'timeout' }
  /** Its process ended: memory limit, crash. */
  | { readonly kind: 'crash'; readonly why: string }
);

export interface LambdaInvoker {
  /** Never rejects: every failure is an outcome. */
  invoke(functionName: string, event: unknown): Promise<InvokeOutcome>;
}

/** One step of a message's way, as the page and the tests read it. Appended to `messages/ID/trace.jsonl`. */
export interface TraceEntry {
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string;
  readonly kind:
    | 'received'
    | 'rule'
    | 'invoke'
    | 'put'
    | 'disposition'
    | 'delivered'
    | 'sent'
    | 'dropped'
    | 'bounced'
    | 'retry'
    | 'fallback'
    | 'forwarded'
    | 'done';
  /** One sentence for a person. */
  readonly text: string;
  /** Whatever the kind has to show: rule name, function, outcome, logs, recipient, folder. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** One line of the page's list. */
export interface MessageSummary {
  readonly id: string;
  readonly time: string;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: AcceptedMessage['origin'];
  readonly mailFrom: string;
  /** The first address in From, whose domain DMARC is about; absent when there is none to read. */
  readonly from?: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly bytes: number;
  readonly state: 'in-transit' | 'done';
  /** Where it went, one word a recipient: `Inbox`, `Junk`, `sent`, `dropped`, `bounced`, `held`: in quarantine. */
  readonly outcomes: readonly { readonly recipient: string; readonly outcome: string }[];
}

/** What the page needs of the flow. */
export interface MessageArchive {
  /** Newest first; at most `limit`. */
  list(limit: number): Promise<readonly MessageSummary[]>;
  summary(id: string): Promise<MessageSummary | undefined>;
  trace(id: string): Promise<readonly TraceEntry[] | undefined>;
  /** As it came in, and as it went out (the same bytes when nothing changed). */
  content(id: string, which: 'original' | 'final'): Promise<Uint8Array | undefined>;
  /** Calls back at every change; returns the way to stop. */
  subscribe(listener: (summary: MessageSummary) => void): () => void;
}

/** Who is in the organization. Addresses are lower case. */
export interface Directory {
  readonly domains: readonly string[];
  /** Is it a user, an alias or a group here? */
  knows(address: string): boolean;
  /** The mailboxes behind an address; groups expanded, each once. Empty when unknown. */
  expand(address: string): readonly string[];
  /** Constant-time check of a user's password. */
  authenticate(user: string, password: string): boolean;
}
