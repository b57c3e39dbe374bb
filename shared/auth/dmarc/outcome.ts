/** What a verdict comes to for one recipient: the actions for it, an exception, lists, and who may be bounced. */
import type { DmarcAction, DmarcActions, FailAction } from '../../policy/types.ts';
import type { Hint } from '../look-alike/hints.ts';
import type { AppliedException, Case, Override } from './decision-types.ts';
import type { BorneOut } from './exceptions.ts';
import { provedEnvelopeDomain } from './proof.ts';
import type { DmarcReason } from './reasons.ts';
import { dispositionOf, isStricter, milder, oneStepMilder, stricter } from './strictness.ts';
import type { Failing, Verdict } from './verdict.ts';

export interface Outcome {
  readonly action: DmarcAction;
  readonly reason: DmarcReason;
  readonly override?: Override;
  readonly exception?: AppliedException;
  readonly temporary?: true;
}

/** What differs between recipients. */
export interface ForRecipient {
  /** Of the entry of `dmarc.recipients` that names the recipient. */
  readonly actions: Partial<DmarcActions> | undefined;
  readonly exception: BorneOut | undefined;
}

/** Reasons for which nothing is wrong with a message, so that there is nothing to make an exception from. */
const SOUND: ReadonlySet<DmarcReason> = new Set(['pass', 'pass-unproved', 'no-record']);

/** The outcome for one recipient. */
export function outcomeFor(
  input: Case,
  verdict: Verdict,
  hints: readonly Hint[],
  { actions, exception }: ForRecipient,
): Outcome {
  if (exception !== undefined && !SOUND.has(verdict.reason)) return excepted(exception);
  const outcome =
    verdict.kind === 'settled' ? settledOutcome(verdict) : failingOutcome(input, verdict, actions);
  return suspected(input, hints, outcome);
}

function excepted({ exception: { action, reason, owner, expires }, by }: BorneOut): Outcome {
  return {
    action,
    reason: 'exception',
    override: by === 'arc' || by === 'gateway' ? 'trusted_forwarder' : 'local_policy',
    exception: {
      reason,
      ...(owner === undefined ? {} : { owner }),
      ...(expires === undefined ? {} : { expires }),
    },
  };
}

function settledOutcome({ reason, action, temporary }: Extract<Verdict, { kind: 'settled' }>): Outcome {
  const override =
    reason === 'arc-sealer'
      ? ('trusted_forwarder' as const)
      : reason === 'allowed-sender' || dispositionOf(action) !== 'none'
        ? ('local_policy' as const)
        : undefined;
  return {
    action,
    reason,
    ...(override === undefined ? {} : { override }),
    ...(temporary === undefined ? {} : { temporary }),
  };
}

function failingOutcome(input: Case, failing: Failing, own: Partial<DmarcActions> | undefined): Outcome {
  const asked = { ...input.policy.actions, ...failing.local?.actions, ...own }[failing.effective];
  const strict = milder(stricter<FailAction>(asked, failing.least), failing.most);
  const listed = forList(strict, failing);
  if (listed !== strict) return { action: listed, reason: 'mailing-list', override: 'mailing_list' };
  const { action, because } = mayBounce(input, strict);
  const reason = because !== undefined && failing.reason.startsWith('fail-') ? because : failing.reason;
  const override = overrideOf(failing, action);
  return { action, reason, ...(override === undefined ? {} : { override }) };
}

function forList(action: FailAction, { list }: Failing): FailAction {
  if (list === 'milder') return oneStepMilder(action);
  return list === 'junk' ? milder<FailAction>(action, 'junk') : action;
}

/** BOUNCE answers whoever MAIL FROM names: nobody who may never have written, and no program (RFC 3834 §2). */
function mayBounce(
  { evidence, policy: { bounceUnauthenticated } }: Case,
  action: FailAction,
): { readonly action: FailAction; readonly because?: DmarcReason } {
  if (action !== 'bounce') return { action };
  if (evidence.automatic || evidence.list !== undefined)
    return { action: bounceUnauthenticated === 'drop' ? 'drop' : 'junk', because: 'bounce-unwanted' };
  if (provedEnvelopeDomain(evidence) !== undefined || bounceUnauthenticated === 'bounce') return { action };
  return { action: bounceUnauthenticated, because: 'bounce-not-authenticated' };
}

/** Why it is handled otherwise than its owner asks; undefined where it is not. */
function overrideOf({ published, testing }: Failing, action: DmarcAction): Override | undefined {
  const done = dispositionOf(action);
  if (testing && published !== 'none' && published !== undefined && done === weaker(published))
    return 'policy_test_mode';
  return done === (published ?? 'none') ? undefined : 'local_policy';
}

function weaker(published: 'quarantine' | 'reject'): 'none' | 'quarantine' {
  return published === 'reject' ? 'quarantine' : 'none';
}

/** Names that deceive junk what would be delivered, even where DMARC passes: it passes for the look-alike. */
function suspected({ policy }: Case, hints: readonly Hint[], outcome: Outcome): Outcome {
  if (outcome.action !== 'default' || outcome.reason === 'allowed-sender') return outcome;
  const action = (code: Hint['code']): FailAction => {
    if (code === 'look-alike') return policy.lookAlikes?.action ?? 'default';
    return code === 'protected-person' ? (policy.protectedPeople?.action ?? 'default') : 'default';
  };
  const hint = hints.find(({ code, certain }) => certain && isStricter(action(code), 'default'));
  if (hint === undefined) return outcome;
  const reason = hint.code === 'look-alike' ? 'look-alike' : 'protected-person';
  return { action: action(hint.code), reason, override: 'local_policy' };
}
