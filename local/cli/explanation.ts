/** Works out what a policy would do to one message. Nothing is sent, stored or changed. */
import {
  type AuthorDomain,
  authorDomain,
  type DmarcDecision,
  enforceDmarc,
  type LookupTxt,
  readSesEvidence,
  type SesEvidence,
} from '../../shared/auth/index.ts';
import { TemporaryError } from '../../shared/errors.ts';
import { parseAddressList } from '../../shared/mime/address.ts';
import {
  applyEdits,
  concatSlices,
  headerFields,
  type Message,
  type Part,
  parseMessage,
  rawHeaderText,
  rewriteContent,
} from '../../shared/mime/index.ts';
import type { ChangeOutcome, UntouchedReason } from '../../shared/mime/types.ts';
import { messageFacts } from '../../shared/policy/facts.ts';
import {
  type Action,
  type ConditionResult,
  type DmarcPolicy,
  domainOf,
  type MessageFacts,
  matchRules,
  type Policy,
  plannedChanges,
  type RuleMatch,
} from '../../shared/policy/index.ts';
import { rejectionOf } from '../aws/raw-message.ts';

/** Time for all DNS look-ups of one explanation. */
const DNS_TIMEOUT_MS = 10_000;
/** Recipients taken from To and Cc when none is given; WorkMail takes 500 a message. */
const MAX_RECIPIENTS = 500;

export interface ExplainInput {
  readonly policy: Policy;
  readonly bytes: Uint8Array;
  readonly direction: 'inbound' | 'outbound';
  /** Envelope sender, if it was given; empty for the null sender. */
  readonly sender: string | undefined;
  /** Envelope recipients; empty: those of To and Cc. */
  readonly recipients: readonly string[];
  /** Absent: published policies are not looked up. */
  readonly lookupTxt: LookupTxt | undefined;
  /** Whether the functions have a key for their mark; without one a disclaimer that is there is not added again. */
  readonly withKey: boolean;
}

/** Why a message keeps its content, as an administrator would say it. */
export const UNTOUCHED: Readonly<Record<UntouchedReason, string>> = {
  signed: 'it is signed, and a change would break the signature',
  encrypted: 'it is encrypted',
  report: 'it is a report that programs read',
  calendar: 'it is an invitation or an answer to one, which programs read',
  tnef: 'its body is inside a winmail.dat',
  partial: 'it is a fragment of another message',
  'no-displayable-part': 'there is no text to put it to',
  undecodable: 'its encoding cannot be read',
  'too-large': 'it is too large',
  malformed: 'mail programs may disagree about where its parts are',
  'already-present': 'it is there already',
  'invalid-value': 'it cannot be written into a message',
};

export interface ExplainedRule {
  readonly name: string;
  readonly acts: boolean;
  readonly conditions: readonly ConditionResult[];
  readonly changes: readonly { readonly change: string; readonly outcome: ChangeOutcome }[];
  /** Indexes of recipients who get a change without matching by themselves. */
  readonly alsoFor: readonly number[];
  /** Indexes of recipients who match by themselves while the rule does not act. */
  readonly notFor: readonly number[];
}

export type ExplainedDmarc =
  | { readonly kind: 'off' | 'not-inbound' }
  /** It failed, and what follows depends on the published policy, which was not looked up. */
  | {
      readonly kind: 'not-looked-up';
      readonly mode: DmarcPolicy['mode'];
      readonly actions: DmarcPolicy['actions'];
    }
  /** DNS could not tell the published policy: what is done then. */
  | {
      readonly kind: 'undecided';
      readonly mode: DmarcPolicy['mode'];
      readonly action: DmarcPolicy['onTemporaryError'];
    }
  | { readonly kind: 'decided'; readonly mode: DmarcPolicy['mode']; readonly decision: DmarcDecision };

export interface ExplainedPart {
  readonly path: string;
  readonly mediaType: string;
  /** Byte range of the body. */
  readonly start: number;
  readonly end: number;
  /** Whether a rule changes it; see also `refused`. */
  readonly edited: boolean;
  /** Why nothing is changed in it. */
  readonly untouched?: string;
}

export interface Explanation {
  readonly direction: 'inbound' | 'outbound';
  readonly envelopeSender: string | undefined;
  readonly recipients: readonly { readonly address: string; readonly scope: 'inside' | 'outside' }[];
  readonly recipientsFrom: 'arguments' | 'header';
  readonly author: AuthorDomain;
  readonly senderScope: MessageFacts['senderScope'];
  readonly evidence: SesEvidence;
  readonly journal: boolean;
  readonly dmarc: ExplainedDmarc;
  /** Nobody gets the message, so no rule changes it. */
  readonly gone: boolean;
  readonly rules: readonly ExplainedRule[];
  readonly parts: readonly ExplainedPart[];
  readonly defects: readonly string[];
  readonly edits: number;
  readonly bytesBefore: number;
  /** With the edits, and without the mark header. */
  readonly bytesAfter: number;
  /** A mark header is added at the top of the changed message. */
  readonly markHeader: boolean;
  /** Why WorkMail would refuse the changed message; then it is delivered as it came. */
  readonly refused?: string;
}

/** The recipients that the header shows; inbound mail reaches those of the organization only. */
function recipientsOfHeader(message: Message, policy: Policy, direction: string): readonly string[] {
  const addresses = ['to', 'cc']
    .flatMap((name) => headerFields(message.root.header, name))
    .flatMap((field) => parseAddressList(rawHeaderText(message, field)).mailboxes)
    .map((mailbox) => mailbox.address);
  const own = (address: string): boolean => policy.organization.domains.includes(domainOf(address));
  const reached = direction === 'inbound' ? addresses.filter(own) : addresses;
  return [...new Set(reached)].slice(0, MAX_RECIPIENTS);
}

async function explainDmarc(
  input: ExplainInput,
  evidence: SesEvidence,
  author: AuthorDomain,
): Promise<ExplainedDmarc> {
  const { dmarc, organization } = input.policy;
  if (dmarc === undefined) return { kind: 'off' };
  if (input.direction !== 'inbound') return { kind: 'not-inbound' };
  let missed = false;
  const withoutDns: LookupTxt = async () => {
    missed = true;
    throw new TemporaryError('not looked up');
  };
  const decision = await enforceDmarc({
    evidence,
    author,
    policy: dmarc,
    organization,
    lookupTxt: input.lookupTxt ?? withoutDns,
    signal: AbortSignal.timeout(DNS_TIMEOUT_MS),
  });
  const { mode } = dmarc;
  if (missed) return { kind: 'not-looked-up', mode, actions: dmarc.actions };
  if (decision.temporary !== true) return { kind: 'decided', mode, decision };
  return { kind: 'undecided', mode, action: mode === 'monitor' ? 'default' : dmarc.onTemporaryError };
}

/** Whether the rules are not asked, because the message is not delivered. */
function isGone(dmarc: ExplainedDmarc): boolean {
  return dmarc.kind === 'decided' && ['drop', 'bounce'].includes(dmarc.decision.action);
}

/** Why no disclaimer is put into a part. */
function whyUntouched(part: Part, planned: boolean): string {
  const { mediaType } = part.contentType;
  if (part.children.length > 0) return 'it only holds other parts';
  if (part.disposition === 'attachment') return 'it is an attachment';
  if (mediaType === 'message/rfc822') return 'it is a message inside the message';
  if (mediaType === 'text/calendar') return 'it is a calendar';
  if (!mediaType.startsWith('text/')) return 'it is not text';
  return planned ? 'no banner or footer belongs there' : 'no banner or footer is planned';
}

/** The parts, and what the disclaimers do to their bodies; a subject tag changes the header only. */
function explainParts(
  message: Message,
  changes: readonly Action[],
  outcomes: readonly ChangeOutcome[],
): readonly ExplainedPart[] {
  const onBodies = outcomes.filter((_, index) => changes[index]?.kind !== 'prependSubject');
  const edited = new Set(
    onBodies.flatMap((outcome) => (outcome.kind === 'edited' ? outcome.parts.map((part) => part.path) : [])),
  );
  // One reason stands for the whole message: either every body that is shown gets the disclaimers, or none does.
  const refusal = onBodies.find((outcome) => outcome.kind === 'untouched')?.reason;
  return message.parts.map((part) => {
    const common = { path: part.path, mediaType: part.contentType.mediaType, ...part.body };
    if (edited.has(part.path)) return { ...common, edited: true };
    const why = refusal === undefined ? whyUntouched(part, onBodies.length > 0) : UNTOUCHED[refusal];
    return { ...common, edited: false, untouched: why };
  });
}

function explainRules(
  matches: readonly RuleMatch[],
  outcomes: readonly ChangeOutcome[],
): readonly ExplainedRule[] {
  const left = outcomes.values();
  return matches.map(({ rule, matched, conditions, recipients }) => {
    const changes = (matched ? rule.do : []).flatMap((action) => {
      const outcome = left.next();
      return outcome.done === true ? [] : [{ change: action.kind, outcome: outcome.value }];
    });
    const different = recipients.filter((one) => one.matched !== matched).map((one) => one.index);
    return {
      name: rule.name,
      acts: matched,
      conditions,
      changes,
      alsoFor: matched ? different : [],
      notFor: matched ? [] : different,
    };
  });
}

/** Runs the steps of the `mailflow` function as far as they only decide. Throws what a DNS look-up throws. */
export async function explain(input: ExplainInput): Promise<Explanation> {
  const { policy, bytes, direction, sender } = input;
  const message = parseMessage(bytes);
  const evidence = readSesEvidence(message);
  const author = authorDomain(message);
  const given = input.recipients.length > 0;
  const recipients = given ? input.recipients : recipientsOfHeader(message, policy, direction);
  const { organization } = policy;
  const facts = messageFacts({ message, direction, recipients, evidence, author, organization });
  const matches = matchRules(policy, facts);
  const dmarc = await explainDmarc(input, evidence, author);
  const gone = isGone(dmarc);
  const changes = gone ? [] : plannedChanges(matches).map((planned) => planned.change);
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: !input.withKey });
  const changed = concatSlices(applyEdits(bytes, edits));
  const refused = edits.length === 0 ? undefined : rejectionOf(changed);
  return {
    direction,
    envelopeSender: sender,
    recipients: recipients.map((address, index) => ({
      address,
      scope: facts.recipientScopes[index] ?? 'outside',
    })),
    recipientsFrom: given ? 'arguments' : 'header',
    author,
    senderScope: facts.senderScope,
    evidence,
    journal: policy.journal?.capture === true,
    dmarc,
    gone,
    rules: explainRules(matches, outcomes),
    parts: explainParts(message, changes, outcomes),
    defects: message.defects.map((defect) => defect.kind),
    edits: edits.length,
    bytesBefore: bytes.length,
    bytesAfter: changed.length,
    markHeader: input.withKey && edits.length > 0,
    ...(refused === undefined ? {} : { refused }),
  };
}
