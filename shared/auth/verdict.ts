/**
 * DMARC's result out of what was verified here and what SES says:
 *
 * 1. An aligned identifier that a sender cannot have written is proof, whatever SES says.
 * 2. Mail through a gateway: SES judged the gateway, so its word counts neither way.
 * 3. SES's `fail` counts where nothing here passes; a sender who forges it only hurts himself. It does not where SES
 *    itself could not ask everything and neither could we.
 * 4. SES's `pass` counts as a pass, but as proved only where its block is known to be its own.
 * 5. Otherwise what was found here counts. A failure needs SPF's result too: without it, nothing is known.
 */
import type { Evaluation } from './dmarc/evaluate.ts';
import type { DmarcEvidence } from './evidence-types.ts';
import type { SesEvidence } from './types.ts';

export interface VerdictInput {
  readonly ses: SesEvidence;
  /** Whether SES's block is known to be its own. */
  readonly trusted: boolean;
  /** By what a sender cannot have written. */
  readonly proved: Evaluation;
  /** Whether that pass stands for the whole message: not by a signature with `l=` or a key in testing alone. */
  readonly whole: boolean;
  /** With an SPF result, too, that is only as good as SES's block. */
  readonly all: Evaluation;
  /** Whether a temporary error is one of our own questions'; what SES or a gateway wrote stays as it is. */
  readonly goesAway: boolean;
  /** Whether there is an SPF result at all. */
  readonly spfKnown: boolean;
  readonly behindGateway: boolean;
}

/** For a message with one author. Pure and total. */
export function dmarcVerdict(input: VerdictInput): DmarcEvidence {
  const { ses, proved, trusted, all } = input;
  const word = input.behindGateway || ses.state !== 'present' ? undefined : ses.dmarc.result;
  const fails = !input.behindGateway && sesFails(ses);
  if (proved.result === 'pass') {
    const { aligned } = proved;
    const found = { result: 'pass', source: 'own', proved: input.whole, aligned } as const;
    return fails ? { ...found, disagreement: 'ses-fail-own-pass' } : found;
  }
  if (fails && !(all.result === 'temperror' && sesMissedSomething(ses))) {
    const source = all.result === 'fail' && input.spfKnown ? 'own' : 'ses';
    return { result: 'fail', source, proved: false, aligned: [] };
  }
  if (word === 'pass') {
    const found = { result: 'pass', source: 'ses', proved: trusted, aligned: all.aligned } as const;
    return all.result === 'fail' ? { ...found, disagreement: 'ses-pass-own-fail' } : found;
  }
  return ownResult(input, word === 'none');
}

/** Rule 5. */
function ownResult({ all, spfKnown, goesAway }: VerdictInput, sesFoundNone: boolean): DmarcEvidence {
  switch (all.result) {
    case 'pass':
      // By an SPF result that is only as good as SES's block.
      return { result: 'pass', source: 'ses', proved: false, aligned: all.aligned };
    case 'fail': {
      if (!spfKnown) return { result: 'unknown', source: 'none', proved: false, aligned: [] };
      const found = { result: 'fail', source: 'own', proved: false, aligned: [] } as const;
      return sesFoundNone ? { ...found, disagreement: 'ses-none-own-record' } : found;
    }
    case 'none':
      return { result: 'none', source: 'own', proved: false, aligned: [] };
    case 'temperror':
      return { result: 'temperror', source: goesAway ? 'own' : 'ses', proved: false, aligned: [] };
  }
}

/** Whether SES's word is a failure, or a judgement of another author than the one that From shows. */
export function sesFails(ses: SesEvidence): boolean {
  if (ses.state === 'present') return ses.dmarc.result === 'fail';
  return ses.state === 'ambiguous' && ses.against !== undefined;
}

/** dmarcbis-41 §5.3.6: where a question did not complete, the message neither passes nor fails. */
function sesMissedSomething(ses: SesEvidence): boolean {
  if (ses.state !== 'present') return false;
  return ses.spf?.result === 'temperror' || ses.dkim.some(({ result }) => result === 'temperror');
}

/** For a message without one author, which DMARC does not judge (dmarcbis-41 §5.3.1). */
export function verdictWithoutAuthor(ses: SesEvidence): DmarcEvidence {
  const permanent = ses.state === 'present' && ses.dmarc.result === 'permerror';
  return permanent
    ? { result: 'permerror', source: 'ses', proved: false, aligned: [] }
    : { result: 'unknown', source: 'none', proved: false, aligned: [] };
}
