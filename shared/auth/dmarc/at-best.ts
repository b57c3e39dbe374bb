/**
 * What the evidence would be if everything that could not be looked up spoke for the message. Where that would be handled
 * more mildly, a temporary error must not decide (dmarcbis-41 §5.3.6 says so of DMARC itself): the message waits instead.
 */
import type { DmarcPolicy } from '../../policy/types.ts';
import { isWithin } from '../domain.ts';
import type { DkimEvidence, DmarcEvidence, Evidence } from '../evidence-types.ts';
import type { Outcome } from './outcome.ts';
import { dispositionOf, isStricter } from './strictness.ts';

/** Undefined where nothing is open, or where asking again would find the same. */
export function atBest(evidence: Evidence, policy: DmarcPolicy): Evidence | undefined {
  const { dkim, spf, arc, refused } = evidence;
  // SES's own error does not go away, nor does a question that the message itself was one too many for.
  const sender = spf?.result === 'temperror' && spf.source === 'own' && refused !== true;
  const sealed = arc?.result === 'temperror' && arc.sets.length > 0;
  const keys = dkim.some(isOpen);
  if (!sender && !sealed && !keys && !isUndecided(evidence)) return undefined;
  return {
    ...evidence,
    dkim: dkim.map((each) => (isOpen(each) ? { ...each, result: 'pass' } : each)),
    spf: spf !== undefined && sender ? { ...spf, result: 'pass' } : spf,
    arc: arc !== undefined && sealed ? { ...arc, result: 'pass' } : arc,
    dmarc: dmarcAtBest(evidence),
    list: listAtBest(evidence, policy),
  };
}

/** Nor does what a gateway wrote. */
function isOpen({ result, reason }: DkimEvidence): boolean {
  return result === 'temperror' && reason !== 'gateway';
}

function isUndecided({ dmarc, refused }: Evidence): boolean {
  return dmarc.result === 'temperror' && dmarc.source === 'own' && refused !== true;
}

/** A failure is one whatever the DNS says later: see verdict.ts beside `evidence.ts`. A pass may turn out to be proved. */
function dmarcAtBest(evidence: Evidence): DmarcEvidence {
  const { author, dmarc } = evidence;
  if (author.kind !== 'one') return dmarc;
  return isUndecided(evidence) || mayProveLater(evidence)
    ? { ...dmarc, result: 'pass', proved: true }
    : dmarc;
}

/** Whether a pass that nothing proves yet may be proved by a key that cannot be had now. */
export function mayProveLater({ author, dkim, dmarc }: Evidence): boolean {
  if (author.kind !== 'one' || dmarc.result !== 'pass' || dmarc.proved) return false;
  const own = author.domain;
  return dkim.some(
    (each) =>
      isOpen(each) && each.domain !== undefined && (isWithin(each.domain, own) || isWithin(own, each.domain)),
  );
}

/** Of lists that the policy names: any other is whose it may be, and gains nothing by a name server that is silent. */
function listAtBest({ list, dkim }: Evidence, { mailingLists }: DmarcPolicy): Evidence['list'] {
  const domain = list?.domain;
  if (list === undefined || domain === undefined || list.signed) return list;
  if (!mailingLists.domains.some((known) => isWithin(domain, known))) return list;
  const signed = dkim.some(
    (each) => isOpen(each) && each.domain !== undefined && isWithin(domain, each.domain),
  );
  return { ...list, signed };
}

/** The outcome as the evidence is, unless it would be milder `best`, when the DNS answers again. */
export function waitingFor(outcome: Outcome, best: Outcome): Outcome {
  if (dispositionOf(outcome.action) === 'none' || !isStricter(outcome.action, best.action)) return outcome;
  // Who may be answered is proved, or nobody is: an answer that does not come proves nothing.
  if (best.action === 'bounce') return outcome;
  // Junk in any case: that needs no waiting.
  if (dispositionOf(best.action) !== 'none')
    return { ...outcome, action: best.action, override: outcome.override ?? 'local_policy' };
  return { action: 'default', reason: 'unknown-temperror', temporary: true };
}
