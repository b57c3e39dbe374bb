/** Works out what a policy would do to one message. Nothing is sent, stored or changed. */
import { attachmentKey } from '../../handlers/edge/keep/keys.ts';
import {
  type ContentInput,
  type ContentPlan,
  isCertain,
  planAfterRejection,
  planContent,
} from '../../handlers/edge/steps/content-plan.ts';
import { DESTROYING } from '../../handlers/edge/steps/recipients.ts';
import {
  type AuthorDomain,
  authorDomain,
  readSesEvidence,
  type SesEvidence,
} from '../../shared/auth/index.ts';
import { parseAddressList } from '../../shared/mime/address.ts';
import { contentReaders } from '../../shared/mime/content-readers.ts';
import {
  applyEdits,
  headerFields,
  type Message,
  parseMessage,
  rawHeaderText,
  totalLength,
} from '../../shared/mime/index.ts';
import { CONFLICT_ORDER, decide } from '../../shared/policy/decide.ts';
import type { Decision, Effect } from '../../shared/policy/decision.ts';
import { messageFacts } from '../../shared/policy/facts.ts';
import { domainOf, type MessageFacts, type Policy } from '../../shared/policy/index.ts';
import { dmarcGroups, neededLookups } from '../../shared/policy/lookups.ts';
import { noticeText } from '../../shared/policy/variable-values.ts';
import { diffEdits } from './diff.ts';
import { explainDmarc, isGone } from './explained-dmarc.ts';
import { explainParts } from './explained-parts.ts';
import { explainResults } from './explained-recipients.ts';
import { explainRules } from './explained-rules.ts';
import type { ExplainedDmarc, ExplainInput, Explanation } from './explanation-types.ts';

export type { ExplainInput, Explanation } from './explanation-types.ts';

/** In the place of the id in a link, which is made of WorkMail's invocation. */
const NO_ID = '0'.repeat(32);
/** Recipients taken from To and Cc when none is given; WorkMail takes 500 a message. */
const MAX_RECIPIENTS = 500;

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

/** What is left of the rules' decision then: which of them would act. */
function notAsked(decision: Decision): Decision {
  const recipients = decision.recipients.map(() => ({ outcome: 'deliver' }) as const);
  return { ...decision, changes: [], recipients, added: [], effects: [] };
}

/** Whether the rules leave nobody who gets the message. */
function isHeld({ recipients, added }: Decision): boolean {
  const stopped = recipients.filter(({ outcome }) => DESTROYING.has(outcome));
  return recipients.length > 0 && stopped.length === recipients.length && added.length === 0;
}

/** What rules ask for and only the directory, the store of contacts or the DNS knows. */
function unknownOf(
  { policy, direction, groups, firstContact, at }: ExplainInput,
  dmarc: ExplainedDmarc,
): readonly string[] {
  const needed = neededLookups(policy, { direction, now: at ?? Date.now() });
  const byDmarc = policy.dmarc === undefined || direction === 'outbound' ? [] : dmarcGroups(policy.dmarc);
  const unknown = [...new Set([...needed.groups, ...byDmarc])]
    .filter((name) => groups?.has(name) !== true)
    .map((name) => `the members of the group ${JSON.stringify(name)} (give --group)`);
  const hinted = direction === 'inbound' && policy.dmarc?.firstContact === true;
  if ((needed.firstContact || hinted) && firstContact === undefined)
    unknown.push('whether the author wrote before (give --first-contact if not)');
  if (needed.dmarcReason && (dmarc.kind === 'not-looked-up' || dmarc.kind === 'undecided'))
    unknown.push('the reason for which DMARC decides (give --dns)');
  return unknown;
}

interface Found {
  readonly message: Message;
  readonly facts: MessageFacts;
  readonly evidence: SesEvidence;
  readonly author: AuthorDomain;
  readonly dmarc: ExplainedDmarc;
  readonly authField: string | undefined;
  readonly recipients: readonly string[];
}

async function readMessage(input: ExplainInput): Promise<Found> {
  const { policy, bytes, direction, sender, groups = new Map() } = input;
  const message = parseMessage(bytes);
  const evidence = readSesEvidence(message);
  const author = authorDomain(message);
  const recipients =
    input.recipients.length > 0 ? input.recipients : recipientsOfHeader(message, policy, direction);
  const { dmarc, authField, evidence: gathered } = await explainDmarc(input, message, recipients);
  const facts = messageFacts({
    message,
    direction,
    recipients,
    evidence,
    author,
    organization: policy.organization,
    now: input.at ?? Date.now(),
    // WorkMail tells a function of nobody's mail that it is that, and of other mail not who the envelope names.
    envelopeSender: sender === '' ? '' : undefined,
    lookups: { groups, firstContact: recipients.map(() => input.firstContact) },
    dmarcReason: dmarc.kind === 'decided' ? dmarc.decision.reason : undefined,
    gathered,
    content: contentReaders,
  });
  return { message, facts, evidence, author, dmarc, authField, recipients };
}

/** An explanation, and the message that would go on. */
export interface Explained {
  readonly explanation: Explanation;
  /** Slices; without the mark header. */
  readonly changed: readonly Uint8Array[];
}

/** Runs the steps of the `mailflow` function as far as they only decide. Throws what a DNS look-up throws. */
export async function explain(input: ExplainInput): Promise<Explanation> {
  return (await explainMessage(input)).explanation;
}

/** The same, with the content as the rules leave it. */
export async function explainMessage(input: ExplainInput): Promise<Explained> {
  const { policy, bytes } = input;
  const found = await readMessage(input);
  const { dmarc } = found;
  const decided = decide(policy, found.facts, { everyCondition: true });
  const decision = isGone(dmarc) ? notAsked(decided) : decided;
  const gone = isGone(dmarc) || isHeld(decision);
  const content: ContentInput = {
    message: found.message,
    planned: gone ? [] : decision.changes,
    facts: found.facts,
    links: linksOf(decision, found.facts),
    skipIfPresent: !input.withKey,
    authField: gone ? undefined : found.authField,
  };
  const plan = planContent(content);
  const { edits } = plan;
  const changed = applyEdits(bytes, edits);
  const explanation: Explanation = {
    ...explainWay(input, found, decision),
    recipients: explainRecipients(input, found, decision, plan),
    dmarc,
    ...(content.authField === undefined ? {} : { authField: content.authField }),
    gone,
    rules: explainRules(decision.rules, plan),
    parts: explainParts(found.message, plan),
    edits: edits.length,
    form: plan.form,
    repaired: plan.repaired,
    ...(plan.consequence === undefined ? {} : { consequence: plan.consequence }),
    ...explainTransit(content, plan),
    bytesBefore: bytes.length,
    bytesAfter: totalLength(changed),
    markHeader: input.withKey && edits.length > 0,
    ...(input.diff === true ? { diff: diffEdits(found.message, edits).parts } : {}),
    conflictOrder: CONFLICT_ORDER,
  };
  return { explanation, changed };
}

/** Whose message it is, which way it goes, and what becomes of it for whom. */
function explainWay(input: ExplainInput, found: Found, decision: Decision) {
  const { policy, direction, sender } = input;
  return {
    direction,
    envelopeSender: sender,
    recipientsFrom: input.recipients.length > 0 ? 'arguments' : 'header',
    added: decision.added,
    effects: decision.effects.map((effect) => withTexts(effect, found.facts, policy)),
    unknown: unknownOf(input, found.dmarc),
    author: found.author,
    senderScope: found.facts.senderScope,
    evidence: found.evidence,
    journal: policy.journal?.capture === true,
    defects: found.message.defects.map((defect) => defect.kind),
  } as const;
}

/** What WorkMail says to the new content, as far as that can be known. */
function explainTransit(content: ContentInput, plan: ContentPlan): Pick<Explanation, 'refused' | 'doubts'> {
  const certain = plan.problems.find(isCertain);
  if (plan.edits.length === 0) return certain === undefined ? {} : { refused: certain.text };
  if (plan.problems.length === 0) return {};
  const next = planAfterRejection(content, plan);
  return {
    doubts: {
      problems: plan.problems.map(({ text }) => text),
      next: next.edits.length === 0 ? 'unchanged' : next.form,
      ...(next.consequence === undefined ? {} : { consequence: next.consequence }),
    },
  };
}

/** Where attachments would be: as the function names them, but for the id. */
function linksOf({ effects }: Decision, facts: MessageFacts): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  for (const effect of effects) {
    if (effect.kind !== 'saveAttachments') continue;
    for (const [index, path] of effect.paths.entries()) {
      const name = facts.attachments().find((one) => one.path === path)?.names[0];
      if (!links.has(path)) links.set(path, `${effect.link}${attachmentKey(NO_ID, index + 1, name)}`);
    }
  }
  return links;
}

/** A notice as its reader would see it. */
function withTexts(effect: Effect, facts: MessageFacts, policy: Policy): Effect {
  if (effect.kind !== 'notify') return effect;
  const { rule } = effect;
  const about = { rule, reason: policy.rules.find(({ name }) => name === rule)?.reason };
  const [subject, text] = [effect.subject, effect.text].map((each) => noticeText(each, facts, about));
  return { ...effect, subject: subject ?? '', text: text ?? '' };
}

function explainRecipients(
  { policy, direction }: ExplainInput,
  { recipients, facts, dmarc }: Found,
  { recipients: outcomes, added }: Decision,
  { consequence }: ContentPlan,
): Explanation['recipients'] {
  const flowDirection = direction === 'inbound' ? 'INBOUND' : 'OUTBOUND';
  const way = { recipients, flowDirection, organizationDomains: policy.organization.domains } as const;
  const results = explainResults(way, { recipients: outcomes, added, consequence }, dmarc);
  return results.map((result, index) => ({
    address: recipients[index] ?? '',
    scope: facts.recipientScopes[index] ?? 'outside',
    outcome: outcomes[index] ?? { outcome: 'deliver' },
    ...result,
  }));
}
