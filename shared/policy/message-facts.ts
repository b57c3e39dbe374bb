/** What the conditions of a policy may ask about one message. `facts.ts` makes it from a parsed message and what the edge knows. */
import type { Verdict } from '../auth/authentication-results/ses-verdicts.ts';
import type { DmarcReason } from '../auth/dmarc/reasons.ts';
import type { SesEvidence } from '../auth/types.ts';
import type { Attachment } from '../mime/attachment-types.ts';
import type { MessageKind } from '../mime/message-kinds.ts';

/** What SES found (`X-SES-Spam-Verdict`, `X-SES-Virus-Verdict`); `absent` where its own header block does not say. */
export type SesVerdict = Verdict;

/** Text for conditions, decoded. */
export interface FoundText {
  readonly text: string;
  /** False where a limit cut it, or a part of it cannot be read. */
  readonly complete: boolean;
}

/** What only the edge can look up; `neededLookups` says what a policy asks for. What is not here is unknown. */
export interface Lookups {
  /** Name of the group, as the policy writes it after `group:`, to its members' addresses. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  /** One per recipient: whether it never had mail of this author before; undefined where nobody knows. */
  readonly firstContact: readonly (boolean | undefined)[];
}

/** Everything is computed when it is first asked for, and once. */
export interface MessageFacts {
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** Undefined where the event does not tell: then no condition on it holds. */
  readonly direction: 'inbound' | 'outbound' | undefined;
  readonly senderScope: { readonly scope: 'inside' | 'outside'; readonly why: string };
  /** Empty for the null sender; undefined where nobody knows. */
  readonly envelopeSender: string | undefined;
  /** Addresses of the authors (From header). A claim. */
  readonly from: readonly string[];
  readonly recipients: readonly string[];
  /** One for each recipient. */
  readonly recipientScopes: readonly ('inside' | 'outside')[];
  /** Addresses of the To and Cc headers. A claim. */
  readonly toOrCc: readonly string[];
  /** Decoded. */
  readonly subject: string;
  /** The decoded values of every field of this name (any case). */
  header(name: string): readonly string[];
  /** Lower case. */
  readonly headerNames: ReadonlySet<string>;
  bodyText(): FoundText;
  attachmentText(): FoundText;
  attachments(): readonly Attachment[];
  readonly sizeBytes: number;
  readonly importance: 'low' | 'normal' | 'high';
  messageKinds(): ReadonlySet<MessageKind>;
  /** Lower case. */
  charsets(): readonly string[];
  readonly isReply: boolean;
  /** Kinds of `shared/mime/defects.ts`. */
  readonly defects: ReadonlySet<string>;
  readonly evidence: SesEvidence;
  /** Whether a pass in `evidence` or `sesVerdicts` may be believed (`organization.trustSesHeaders` is "always"). */
  readonly evidenceTrusted: boolean;
  /** Whether DMARC passes by what was verified here, whatever SES says. */
  readonly dmarcProved?: boolean;
  /** Why DMARC decided what it did; undefined where it was not asked or could not decide. */
  readonly dmarcReason: DmarcReason | undefined;
  readonly sesVerdicts: { readonly spam: SesVerdict; readonly virus: SesVerdict };
  readonly lookups: Lookups;
}
