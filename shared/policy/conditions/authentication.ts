/** Conditions on what SES found, and on DMARC. A pass of SES counts only where its headers may be believed: anyone could write one. */
import { AUTH_RESULTS } from '../../auth/authentication-results/results.ts';
import { type DmarcReason, REASONS } from '../../auth/dmarc/reasons.ts';
import { list } from '../collections.ts';
import type { MessageFacts, SesVerdict } from '../message-facts.ts';
import { oneOf } from '../shape.ts';
import { type Held, onHeader } from './entry.ts';

const RESULTS = [...AUTH_RESULTS, 'absent', 'ambiguous'] as const;
type Result = (typeof RESULTS)[number];
const VERDICTS = [
  'pass',
  'fail',
  'gray',
  'processingFailed',
  'absent',
] as const satisfies readonly SesVerdict[];

const DMARC_REASONS = Object.keys(REASONS) as DmarcReason[]; // a literal with exactly these keys

const reasons = list(oneOf(...DMARC_REASONS), { what: 'reasons', max: DMARC_REASONS.length, single: true });
const results = list(oneOf(...RESULTS), { what: 'results', max: RESULTS.length, single: true });
const verdicts = list(oneOf(...VERDICTS), { what: 'verdicts', max: VERDICTS.length, single: true });

type Check = 'spf' | 'dkim' | 'dmarc';

/** The results of one check: one for SPF and DMARC, one per signature for DKIM. */
function resultsOf({ evidence, dmarcProved }: MessageFacts, check: Check): readonly Result[] {
  if (check === 'dmarc' && dmarcProved === true) return ['pass'];
  if (evidence.state !== 'present') return [evidence.state];
  if (check === 'dmarc') return [evidence.dmarc.result];
  if (check === 'spf') return [evidence.spf?.result ?? 'absent'];
  return evidence.dkim.length === 0 ? ['absent'] : evidence.dkim.map((signature) => signature.result);
}

function holds(wanted: readonly Result[], facts: MessageFacts, check: Check): Held {
  const found = resultsOf(facts, check);
  const provedHere = check === 'dmarc' && facts.dmarcProved === true;
  const unproved = found.includes('pass') && !facts.evidenceTrusted && !provedHere;
  const counted = unproved ? found.map((result) => (result === 'pass' ? 'absent' : result)) : found;
  const note = unproved ? ' (a pass is not believed: trustSesHeaders)' : '';
  return {
    held: counted.some((result) => wanted.includes(result)),
    why: `${check} is ${textOf(counted)}${note}`,
  };
}

/** A message may carry hundreds of signatures. */
function textOf(found: readonly Result[]): string {
  return [...new Set(found)].join(', ');
}

/** A pass that nothing proves has a reason of its own. */
function reasonHolds(wanted: readonly DmarcReason[], { dmarcReason }: MessageFacts): Held {
  if (dmarcReason === undefined)
    return {
      held: false,
      why: 'it is not known what DMARC decided (no section "dmarc", outbound, or no answer)',
    };
  return { held: wanted.includes(dmarcReason), why: `DMARC decided by ${dmarcReason}` };
}

function verdictHolds(
  wanted: readonly SesVerdict[],
  found: SesVerdict,
  what: string,
  trusted: boolean,
): Held {
  const counted = found === 'pass' && !trusted ? 'absent' : found;
  const note = counted === found ? '' : ' (a pass is not believed: trustSesHeaders)';
  return { held: wanted.includes(counted), why: `the ${what} verdict is ${counted}${note}` };
}

const TRUST = 'A pass counts only with organization.trustSesHeaders: always.';

export const authenticationConditions = {
  spf: onHeader({
    shape: results,
    description: `SES's SPF result is one of these; "absent": it says none, "ambiguous": it cannot be told. ${TRUST}`,
    holds: (wanted, { facts }) => holds(wanted, facts, 'spf'),
  }),
  dkim: onHeader({
    shape: results,
    description: `SES's DKIM result of one signature is one of these, whichever domain signed. ${TRUST}`,
    holds: (wanted, { facts }) => holds(wanted, facts, 'dkim'),
  }),
  dmarc: onHeader({
    shape: results,
    description: `The DMARC result is one of these: a pass that Mailroom verified itself, where the policy has a section "dmarc", or else SES's. What follows from it by itself says that section. A pass of SES counts only with organization.trustSesHeaders: always.`,
    holds: (wanted, { facts }) => holds(wanted, facts, 'dmarc'),
  }),
  dmarcReason: onHeader({
    shape: reasons,
    description: `The section "dmarc" decided for one of these reasons, the codes of its log. Holds in the function mailflow only, which decides on DMARC before the rules. "pass" is proved, "pass-unproved" is not.`,
    holds: (wanted, { facts }) => reasonHolds(wanted, facts),
  }),
  spamVerdict: onHeader({
    shape: verdicts,
    description: `SES's spam verdict is one of these; "absent" where SES does not scan. ${TRUST}`,
    alsoKnownAs: ['sclOver'],
    holds: (wanted, { facts }) => verdictHolds(wanted, facts.sesVerdicts.spam, 'spam', facts.evidenceTrusted),
  }),
  virusVerdict: onHeader({
    shape: verdicts,
    description: `SES's virus verdict is one of these; "absent" where SES does not scan. ${TRUST}`,
    holds: (wanted, { facts }) =>
      verdictHolds(wanted, facts.sesVerdicts.virus, 'virus', facts.evidenceTrusted),
  }),
};
