/**
 * What is done with an inbound message, from all that is known about who sent it (dmarcbis-41 §5.4: a matter of local
 * policy). Pure and total: the same evidence, policy and context give the same decision, and every evidence has one.
 *
 * 1. A pass is proved by an aligned signature that was verified here, or by SES where its word is proved. SES's word
 *    alone delivers a message and earns nothing.
 * 2. A failure gets the action that the policy file has for the published policy. A published `reject` alone must not
 *    reject (§7.4), so that action is junk unless the administrator chose another.
 * 3. Absent or unclear evidence is unknown, neither pass nor failure. What may be decided more mildly later, when the DNS
 *    answers again, is delivered or tried again, never junked or bounced for it (at-best.ts).
 * 4. An exception, a trusted sealer, a list or an allowed sender counts by what is proved, never by an address. Mail in
 *    an own name has none of them that does not name it.
 * 5. BOUNCE answers an envelope sender that is proved, and nobody automatic.
 * 6. Several authors: the strictest action among their domains, junk at least (§11.5). No author or an unreadable one:
 *    junk, never more, since some bounces are written like that.
 */
import { createHash } from 'node:crypto';
import { type AddressItem, addressMatcher, groupOf } from '../../policy/address-items.ts';
import { normalAddress } from '../../policy/pattern.ts';
import type { DmarcPolicy, RecipientPolicy } from '../../policy/types.ts';
import type { Evidence } from '../evidence-types.ts';
import { type Hint, hintsOn } from '../look-alike/hints.ts';
import { atBest, waitingFor } from './at-best.ts';
import type { Case, DmarcContext, DmarcDecision, RecipientDecision } from './decision-types.ts';
import { type BorneOut, exceptionsFor } from './exceptions.ts';
import { type Outcome, outcomeFor } from './outcome.ts';
import { type DmarcReason, REASONS } from './reasons.ts';
import { isStricter } from './strictness.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** Decides about one inbound message. */
export function decideDmarc(evidence: Evidence, policy: DmarcPolicy, context: DmarcContext): DmarcDecision {
  const view = viewOf({ evidence, policy, context });
  const better = atBest(evidence, policy);
  const best = better === undefined ? undefined : viewOf({ evidence: better, policy, context });
  const each = recipientsOf(view, best);
  // Without a recipient there is nobody to differ.
  const all = each.length === 0 ? [single(view, best)] : each;
  const strictest = all.reduce((a, b) => (isStricter(b.outcome.action, a.outcome.action) ? b : a));
  return combine(view, { all, strictest });
}

/** What holds for a message, whoever gets it. */
interface View {
  readonly input: Case;
  readonly verdict: Verdict;
  readonly hints: readonly Hint[];
  readonly borneOut: readonly BorneOut[];
}

function viewOf(input: Case): View {
  const { evidence, policy, context } = input;
  return {
    input,
    verdict: verdictOn(input),
    hints: hintsOn(evidence, policy, context),
    borneOut: exceptionsFor(policy, evidence, context.organization, context.nowMs),
  };
}

interface Judged {
  readonly recipient: string;
  readonly outcome: Outcome;
  /** Why nothing is done for the recipient. */
  readonly spared: 'monitor' | 'ramp' | undefined;
}

function recipientsOf(view: View, best: View | undefined): readonly Judged[] {
  const { policy, context } = view.input;
  const matches = recipientMatcher(context);
  return context.recipients.map((recipient) => {
    const entry = policy.recipients.find(({ to }) => matches(to, recipient));
    const holdsFor = (to: readonly AddressItem[] | undefined): boolean =>
      to === undefined || matches(to, recipient);
    return judged(view, best, { recipient, entry, holdsFor });
  });
}

function single(view: View, best: View | undefined): Judged {
  return judged(view, best, { recipient: '', entry: undefined, holdsFor: (to) => to === undefined });
}

interface Person {
  readonly recipient: string;
  readonly entry: RecipientPolicy | undefined;
  /** Whether the exceptions for these recipients are for this one. */
  readonly holdsFor: (to: readonly AddressItem[] | undefined) => boolean;
}

function judged(view: View, best: View | undefined, { recipient, entry, holdsFor }: Person): Judged {
  const outcomeOf = ({ input, verdict, hints, borneOut }: View): Outcome => {
    const exception = borneOut.find(({ expired, exception: { to } }) => !expired && holdsFor(to));
    return outcomeFor(input, verdict, hints, { actions: entry?.actions, exception });
  };
  const outcome = outcomeOf(view);
  return {
    recipient,
    outcome: best === undefined ? outcome : waitingFor(outcome, outcomeOf(best)),
    spared: sparedBy(view.input, entry),
  };
}

/** Whether a recipient falls under one of the items. A group that could not be looked up has no members. */
function recipientMatcher({
  organization,
  lists = new Map(),
  groupsOf = () => [],
}: DmarcContext): (items: readonly string[], recipient: string) => boolean {
  const matcher = addressMatcher({ ownDomains: organization.domains, lists, groups: new Map() });
  return (items, recipient) => {
    const address = normalAddress(recipient);
    return items.some((item) => {
      const group = groupOf(item);
      if (group !== undefined) return groupsOf(recipient).includes(group);
      return matcher.matches(item, address) === 'yes';
    });
  };
}

function sparedBy({ policy, evidence }: Case, entry: RecipientPolicy | undefined): Judged['spared'] {
  if (policy.mode === 'monitor' || entry?.mode === 'monitor') return 'monitor';
  return policy.ramp === undefined || isInShare(rampKey(evidence), policy.ramp.share) ? undefined : 'ramp';
}

/** What a ramp goes by; mail without an author is one group of its own. */
function rampKey({ author }: Evidence): string {
  return author.kind === 'one' ? author.domain : (author.domains?.toSorted()[0] ?? '');
}

/** Buckets of a ramp: one for each percent. */
const BUCKETS = 100;

/** Whether a domain belongs to the share, in percent. It is always the same, and a larger share holds the smaller. */
export function isInShare(domain: string, share: number): boolean {
  const digest = createHash('sha256').update(domain).digest();
  return digest.readUInt32BE(0) % BUCKETS < share;
}

interface Parts {
  readonly all: readonly Judged[];
  readonly strictest: Judged;
}

function combine({ input, verdict, hints, borneOut }: View, { all, strictest }: Parts): DmarcDecision {
  const { outcome } = strictest;
  const recipients = all.map(toDecision);
  const action = recipients.reduce((a, b) => (isStricter(b.action, a.action) ? b : a)).action;
  const temporary = all.some((one) => one.outcome.temporary === true && one.spared === undefined);
  const sparedAll = all.every(({ spared }) => spared !== undefined);
  const published = publishedOf(input, verdict);
  const notEnforced = sparedAll ? strictest.spared : undefined;
  const override = overrideOf(outcome, { published, spared: notEnforced !== undefined });
  const expired = expiredOf(borneOut, all);
  return {
    action,
    wouldBe: outcome.action,
    recipients: recipients.filter(({ recipient }) => recipient !== ''),
    reason: outcome.reason,
    text: textOf(input, outcome.reason),
    hints,
    ...(published === undefined ? {} : { published }),
    ...(override === undefined ? {} : { override }),
    ...(outcome.exception === undefined ? {} : { exception: outcome.exception }),
    ...(expired === undefined ? {} : { expired }),
    ...(notEnforced === undefined || outcome.action === 'default' ? {} : { notEnforced }),
    ...(temporary ? { temporary: true } : {}),
  };
}

function toDecision({ recipient, outcome, spared }: Judged): RecipientDecision {
  return {
    recipient,
    action: spared === undefined ? outcome.action : 'default',
    wouldBe: outcome.action,
  };
}

function publishedOf({ evidence: { discovery } }: Case, verdict: Verdict): DmarcDecision['published'] {
  if (verdict.kind === 'failing') return verdict.published;
  if (discovery === undefined || discovery === 'temporary') return undefined;
  return discovery.published === 'no-record' ? undefined : discovery.published;
}

/** Failing mail for which nothing is done, where its owner asks for something. */
function overrideOf(
  { reason, override }: Outcome,
  { published, spared }: { readonly published: DmarcDecision['published']; readonly spared: boolean },
): DmarcDecision['override'] {
  if (!spared) return override;
  const failed = reason.startsWith('fail-') || reason.startsWith('bounce-') || override !== undefined;
  if (!failed) return undefined;
  return published === undefined || published === 'none' ? undefined : 'local_policy';
}

/** An exception that would have helped, where none did. */
function expiredOf(borneOut: readonly BorneOut[], all: readonly Judged[]): DmarcDecision['expired'] {
  if (all.every(({ outcome }) => outcome.action === 'default' || outcome.exception !== undefined))
    return undefined;
  const found = borneOut.find(({ expired }) => expired)?.exception;
  if (found === undefined) return undefined;
  const { reason, owner, expires } = found;
  return {
    reason,
    ...(owner === undefined ? {} : { owner }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function textOf({ evidence: { author, ses } }: Case, reason: DmarcReason): string {
  const text = REASONS[reason];
  if (reason.startsWith('author-') && author.kind !== 'one') return `${text} (${author.why})`;
  if ((reason === 'unknown-no-evidence' || reason === 'unknown-ambiguous') && ses.state !== 'present')
    return `${text} (${ses.why})`;
  return text;
}
