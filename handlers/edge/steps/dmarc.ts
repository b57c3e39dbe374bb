/**
 * DMARC on inbound mail: what is known about the sender is gathered, the policy decides, and each recipient's copy goes
 * where that says. A message that an earlier call of ours rewrote has lost the signatures that proved it, so it goes by
 * what was decided then.
 */
import { mayProveLater } from '../../../shared/auth/dmarc/at-best.ts';
import { decideDmarc } from '../../../shared/auth/dmarc/decide.ts';
import type { DmarcDecision } from '../../../shared/auth/dmarc/decision-types.ts';
import { isOwnDomain } from '../../../shared/auth/dmarc/proof.ts';
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { asksEvidence } from '../../../shared/policy/lookups.ts';
import type { DmarcAction, DmarcPolicy } from '../../../shared/policy/types.ts';
import type { Disposition } from '../../../shared/workmail/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { authFieldValue, undecidedFieldValue } from './auth-field-value.ts';
import { logDmarc } from './dmarc-log.ts';
import { dmarcContext, NOT_SHOWN } from './dmarc-lookups.ts';
import { earlierCall } from './kept-decision.ts';
import { recordForReports } from './report-record.ts';
import { type OnError, settle } from './settle.ts';
import {
  DELIVER,
  type Judgement,
  logDecision,
  logNoMessage,
  type Step,
  type StepResult,
  spared,
} from './step.ts';

/** Says nothing that only the recipient should know. */
const BOUNCE_TEXT =
  'This message was refused: it fails DMARC, and the domain of its From address asks to refuse such mail.';

type Judged =
  | {
      readonly kind: 'decided';
      readonly message: FetchedMessage;
      readonly evidence: Evidence;
      readonly decision: DmarcDecision;
      /** For whoever is not in the event, or is added. */
      readonly others: Pick<DmarcDecision, 'action'>;
    }
  /** By an earlier call, before it rewrote the message. */
  | { readonly kind: 'before'; readonly judgement: Judgement | undefined }
  | { readonly kind: 'not-found' | 'too-large' | 'decision-gone' };

export const dmarc: Step = {
  name: 'dmarc',

  idle({ policy, event }) {
    if (policy.dmarc === undefined) return 'not-in-policy';
    return event.flowDirection === 'OUTBOUND' ? 'outbound' : undefined;
  },

  async run(invocation, { recordMissing }) {
    const result = await resultFor(invocation);
    return recordMissing ? sparing(invocation, result) : result;
  },
};

/** Without a record that is wanted nobody's copy is destroyed. */
function sparing(invocation: Invocation, result: StepResult): StepResult {
  const { dispositions: wanted, rest, dmarc: said } = result;
  const each = 'type' in wanted ? [wanted] : wanted;
  if (!each.some(destroys) && (rest === undefined || !destroys(rest))) return result;
  const instead = spared(invocation, 'dmarc');
  const milder = (one: Disposition): Disposition => (destroys(one) ? instead : one);
  const dispositions = 'type' in wanted ? milder(wanted) : wanted.map(milder);
  const changed = { dispositions, ...(rest === undefined ? {} : { rest: milder(rest) }) };
  return { ...result, ...changed, ...(said === undefined ? {} : { dmarc: { ...said, ...changed } }) };
}

function destroys({ type }: Disposition): boolean {
  return type === 'DROP' || type === 'BOUNCE';
}

async function resultFor(invocation: Invocation): Promise<StepResult> {
  const policy = policyOf(invocation);
  if (policy === undefined) return { dispositions: DELIVER };
  const settled = await settle(invocation, 'dmarc', onErrorOf(policy), () => judge(invocation, policy));
  if (settled.kind === 'failed') return answer(invocation, policy, undecided(policy), 'permanent-error');
  if (settled.kind === 'settled') return answer(invocation, policy, settled.action, settled.reason);
  const judged = settled.value;
  if (judged.kind === 'decided') {
    const { message, evidence, decision } = judged;
    const result = decided(invocation, policy, judged);
    await recordForReports(invocation, message, evidence, decision);
    return result;
  }
  if (judged.kind === 'before') return asBefore(invocation, judged.judgement);
  if (judged.kind === 'decision-gone') return answer(invocation, policy, undecided(policy), judged.kind);
  // Too late to read it: there is nothing to go by, and calling again cannot help.
  const action = judged.kind === 'not-found' ? 'default' : undecided(policy);
  logNoMessage(invocation, 'dmarc', judged.kind, action);
  return answer(invocation, policy, action, judged.kind);
}

/** What the policy says, but only watched where the function only watches. */
function policyOf({ policy: { dmarc }, mode }: Invocation): DmarcPolicy | undefined {
  return dmarc !== undefined && mode === 'monitor' ? { ...dmarc, mode } : dmarc;
}

/** A monitor changes nothing, so it does not hold mail back either. */
function onErrorOf(policy: DmarcPolicy): OnError<'default' | 'junk'> {
  const onPermanentError = undecided(policy);
  if (policy.mode === 'monitor') {
    return { onTimeout: 'default', onTemporaryError: 'default', onPermanentError };
  }
  return { onTimeout: policy.onTimeout, onTemporaryError: policy.onTemporaryError, onPermanentError };
}

/** Without a message there is no evidence: what the policy says for that. */
function undecided(policy: DmarcPolicy): 'default' | 'junk' {
  return policy.mode === 'monitor' ? 'default' : policy.unknown;
}

async function judge(invocation: Invocation, policy: DmarcPolicy): Promise<Judged> {
  const message = await invocation.message();
  if (message.kind !== 'found') return message;
  const earlier = await earlierCall(invocation, message);
  if (earlier.kind === 'plain') return { kind: 'before', judgement: undefined };
  if (earlier.kind === 'kept') return { kind: 'before', judgement: earlier.outcome.dmarc };
  if (earlier.kind === 'gone') return { kind: 'decision-gone' };
  return decide(invocation, policy, message);
}

async function decide(invocation: Invocation, policy: DmarcPolicy, message: FetchedMessage): Promise<Judged> {
  const [evidence, context] = await Promise.all([
    invocation.gathered(message),
    dmarcContext(invocation, policy, message),
  ]);
  const decision = decideDmarc(evidence, policy, context);
  const alike = decision.recipients.every(({ action }) => action === decision.action);
  const others = alike ? decision : decideDmarc(evidence, policy, { ...context, recipients: [NOT_SHOWN] });
  // DNS could not say what is published or signed: that is for onTemporaryError, not for a guess.
  if (decision.temporary === true) throw new TemporaryError(`dmarc: ${decision.reason}`);
  if (rulesWait(invocation, policy, evidence)) throw new TemporaryError('dmarc: unknown-temperror');
  return { kind: 'decided', message, evidence, decision, others };
}

/** A colleague whose key cannot be had now is no stranger, and rules that ask would take him for one. */
function rulesWait({ policy, ports }: Invocation, { mode }: DmarcPolicy, evidence: Evidence): boolean {
  const { author } = evidence;
  if (mode === 'monitor' || author.kind !== 'one' || !isOwnDomain(author.domain, policy.organization))
    return false;
  return mayProveLater(evidence) && asksEvidence(policy, { direction: 'inbound', now: ports.now() });
}

function decided(
  invocation: Invocation,
  policy: DmarcPolicy,
  { evidence, decision, others }: Extract<Judged, { kind: 'decided' }>,
): StepResult {
  logDmarc(invocation, evidence, decision);
  const { organization } = invocation.policy;
  const text = policy.bounceText ?? BOUNCE_TEXT;
  const alike = others === decision;
  const each = decision.recipients.map(({ action }) => dmarcDisposition(action, text));
  const dispositions = alike
    ? dmarcDisposition(decision.action, text)
    : each.slice(0, invocation.event.recipients.length);
  const rest = alike ? undefined : dmarcDisposition(others.action, text);
  const judgement = { reason: decision.reason, dispositions, ...(rest === undefined ? {} : { rest }) };
  return {
    dispositions,
    ...restOf(judgement),
    dmarc: judgement,
    evidence,
    ...(policy.header ? { authField: authFieldValue(organization, evidence, decision) } : {}),
  };
}

function asBefore(invocation: Invocation, judgement: Judgement | undefined): StepResult {
  logDecision(invocation, 'dmarc', 'as-before', judgement?.reason ?? 'already-rewritten');
  return judgement === undefined
    ? { dispositions: DELIVER }
    : { dispositions: judgement.dispositions, ...restOf(judgement), dmarc: judgement };
}

function restOf({ rest }: Judgement): Pick<StepResult, 'rest'> {
  return rest === undefined ? {} : { rest };
}

function answer(
  invocation: Invocation,
  policy: DmarcPolicy,
  action: 'default' | 'junk',
  reason: string,
): StepResult {
  logDecision(invocation, 'dmarc', action, reason);
  const dispositions = dmarcDisposition(action);
  return {
    dispositions,
    dmarc: { reason: undefined, dispositions },
    ...(policy.header
      ? { authField: undecidedFieldValue(invocation.policy.organization, action, reason) }
      : {}),
  };
}

/** An action of the policy in WorkMail's words. */
export function dmarcDisposition(action: DmarcAction, bounceMessage = BOUNCE_TEXT): Disposition {
  switch (action) {
    case 'default':
      return DELIVER;
    case 'junk':
      return { type: 'MOVE_TO_JUNK' };
    case 'drop':
      return { type: 'DROP' };
    case 'bounce':
      return { type: 'BOUNCE', bounceMessage };
    case 'neverJunk':
      return { type: 'BYPASS_SPAM_CHECK' };
  }
}
