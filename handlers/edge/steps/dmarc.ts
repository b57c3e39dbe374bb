/** Enforces DMARC on inbound mail: the evidence is SES's, the published policy comes from DNS, the rest is the policy's. */
import { type DmarcDecision, enforceDmarc } from '../../../shared/auth/index.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { DmarcAction, DmarcPolicy } from '../../../shared/policy/types.ts';
import type { Disposition } from '../../../shared/workmail/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { type OnError, settle } from './settle.ts';
import { DELIVER, logDecision, logNoMessage, type Step, type StepResult, spared } from './step.ts';

/** Says nothing that only the recipient should know. */
const BOUNCE_TEXT =
  'This message was refused: it fails DMARC, and the domain of its From address asks to refuse such mail.';

type Judged =
  | { readonly kind: 'decided'; readonly decision: DmarcDecision }
  | { readonly kind: 'not-found' | 'too-large' };

export const dmarc: Step = {
  name: 'dmarc',

  idle({ policy, event }) {
    if (policy.dmarc === undefined) return 'not-in-policy';
    return event.flowDirection === 'OUTBOUND' ? 'outbound' : undefined;
  },

  async run(invocation, { recordMissing }) {
    const judged = await resultFor(invocation);
    const destroys = judged.dispositions.type === 'DROP' || judged.dispositions.type === 'BOUNCE';
    return destroys && recordMissing ? { ...judged, dispositions: spared(invocation, 'dmarc') } : judged;
  },
};

/** One disposition for everyone. */
type Result = StepResult & { readonly dispositions: Disposition };

async function resultFor(invocation: Invocation): Promise<Result> {
  const policy = policyOf(invocation);
  if (policy === undefined) return { dispositions: DELIVER };
  const settled = await settle(invocation, 'dmarc', onErrorOf(policy), () => judge(invocation, policy));
  if (settled.kind === 'failed') return answer(invocation, undecided(policy), 'permanent-error');
  if (settled.kind === 'settled') return answer(invocation, settled.action, settled.reason);
  const judged = settled.value;
  if (judged.kind === 'decided') return decided(invocation, judged.decision);
  // Too late to read it: there is nothing to go by, and calling again cannot help.
  const action = judged.kind === 'not-found' ? 'default' : undecided(policy);
  logNoMessage(invocation, 'dmarc', judged.kind, action);
  return answer(invocation, action, judged.kind);
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
  const decision = await decide(invocation, message, policy);
  // DNS could not say what the domain publishes: that is for onTemporaryError, not for a guess.
  if (decision.temporary === true) throw new TemporaryError(`dmarc: ${decision.reason}`);
  return { kind: 'decided', decision };
}

function decide(
  invocation: Invocation,
  message: FetchedMessage,
  policy: DmarcPolicy,
): Promise<DmarcDecision> {
  return enforceDmarc({
    evidence: message.evidence(),
    author: message.author(),
    policy,
    organization: invocation.policy.organization,
    lookupTxt: invocation.ports.lookupTxt,
    signal: invocation.deadline.signal,
  });
}

function decided(invocation: Invocation, decision: DmarcDecision): Result {
  logDecision(invocation, 'dmarc', decision.action, decision.reason, {
    wouldBe: decision.wouldBe,
    text: decision.text,
    ...(decision.published === undefined ? {} : { published: decision.published }),
    ...(decision.exception === undefined ? {} : { exception: decision.exception }),
  });
  return { dispositions: dmarcDisposition(decision.action), dmarcReason: decision.reason };
}

function answer(invocation: Invocation, action: 'default' | 'junk', reason: string): Result {
  logDecision(invocation, 'dmarc', action, reason);
  return { dispositions: dmarcDisposition(action) };
}

/** An action of the policy in WorkMail's words. */
export function dmarcDisposition(action: DmarcAction): Disposition {
  switch (action) {
    case 'default':
      return DELIVER;
    case 'junk':
      return { type: 'MOVE_TO_JUNK' };
    case 'drop':
      return { type: 'DROP' };
    case 'bounce':
      return { type: 'BOUNCE', bounceMessage: BOUNCE_TEXT };
  }
}
