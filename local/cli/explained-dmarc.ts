/** What DMARC would do with the message, as the function finds it out. */
import { authFieldValue } from '../../handlers/edge/steps/auth-field-value.ts';
import { repliesOf } from '../../handlers/edge/steps/dmarc-lookups.ts';
import { decideDmarc } from '../../shared/auth/dmarc/decide.ts';
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import { gatherEvidence } from '../../shared/auth/evidence.ts';
import type { Evidence } from '../../shared/auth/evidence-types.ts';
import { TemporaryError } from '../../shared/errors.ts';
import type { Message } from '../../shared/mime/index.ts';
import type { DmarcPolicy } from '../../shared/policy/index.ts';
import type { ExplainedDmarc, ExplainInput } from './explanation-types.ts';

/** Time for all DNS look-ups of one explanation. */
const DNS_TIMEOUT_MS = 10_000;
/** What the DNS has the last word about. */
const WAITING_FOR_DNS: ReadonlySet<string> = new Set(['unknown-dns', 'unknown-temperror']);

export interface FoundDmarc {
  readonly dmarc: ExplainedDmarc;
  /** Undefined where DMARC was not asked. */
  readonly evidence: Evidence | undefined;
  /** The value of the header field that says so, where the policy wants one. */
  readonly authField: string | undefined;
}

export async function explainDmarc(
  input: ExplainInput,
  message: Message,
  recipients: readonly string[],
): Promise<FoundDmarc> {
  const { dmarc: policy, organization } = input.policy;
  const nothing = { evidence: undefined, authField: undefined };
  if (policy === undefined) return { dmarc: { kind: 'off' }, ...nothing };
  if (input.direction !== 'inbound') return { dmarc: { kind: 'not-inbound' }, ...nothing };
  let missed = false;
  const withoutDns: LookupDns = async () => {
    missed = true;
    throw new TemporaryError('not looked up');
  };
  const nowMs = input.at ?? Date.now();
  const evidence = await gatherEvidence({
    message,
    organization,
    dmarc: policy,
    lookupDns: input.lookupDns ?? withoutDns,
    signal: AbortSignal.timeout(DNS_TIMEOUT_MS),
    nowMs,
  });
  const decision = decideDmarc(evidence, policy, {
    organization,
    recipients: recipients.map((recipient) => recipient.toLowerCase()),
    lists: input.policy.lists,
    groupsOf: (recipient) =>
      [...(input.groups ?? [])].flatMap(([group, members]) => (members.has(recipient) ? [group] : [])),
    replyTo: repliesOf(message),
    ...(policy.firstContact === true ? { firstContact: () => input.firstContact } : {}),
    nowMs,
  });
  const dmarc = asExplained(policy, decision, missed);
  const isTold = policy.header && dmarc.kind === 'decided';
  return {
    dmarc,
    evidence,
    authField: isTold ? authFieldValue(organization, evidence, decision) : undefined,
  };
}

function asExplained(
  { mode, actions, onTemporaryError }: DmarcPolicy,
  decision: ReturnType<typeof decideDmarc>,
  missed: boolean,
): ExplainedDmarc {
  if (missed && WAITING_FOR_DNS.has(decision.reason)) return { kind: 'not-looked-up', mode, actions };
  // What passes already passes with more keys as well; all else may become a pass.
  const open = missed && decision.reason !== 'pass';
  if (decision.temporary !== true)
    return { kind: 'decided', mode, decision, ...(open ? { notCertain: true } : {}) };
  return { kind: 'undecided', mode, action: mode === 'monitor' ? 'default' : onTemporaryError };
}

/** Whether the rules are not asked, because nobody gets the message. */
export function isGone(dmarc: ExplainedDmarc): boolean {
  if (dmarc.kind !== 'decided') return false;
  const { recipients, action } = dmarc.decision;
  const all = recipients.length === 0 ? [action] : recipients.map((each) => each.action);
  return all.every((each) => each === 'drop' || each === 'bounce');
}
