/** What becomes of the message for each recipient, DMARC and the rules taken together as the function does it. */
import { dmarcDisposition } from '../../handlers/edge/steps/dmarc.ts';
import type { Outcome } from '../../handlers/edge/steps/kept-decision.ts';
import { dispositionOf, dispositionsOf, type Way } from '../../handlers/edge/steps/recipients.ts';
import { DELIVER } from '../../handlers/edge/steps/step.ts';
import { combined, settleDispositions } from '../../shared/workmail/disposition.ts';
import type { Disposition } from '../../shared/workmail/types.ts';
import type { ExplainedDmarc, ExplainedResult } from './explanation-types.ts';

/** Room for one text for each recipient: what is told apart here is not an answer yet. */
const ANY_NUMBER_OF_TEXTS = Number.MAX_SAFE_INTEGER;

/** What DMARC asks for one recipient; undefined where nobody knows it without DNS, or WorkMail calls again. */
export function dmarcWish(dmarc: ExplainedDmarc, index: number): Disposition | undefined {
  switch (dmarc.kind) {
    case 'off':
    case 'not-inbound':
      return DELIVER;
    case 'not-looked-up':
      return undefined;
    case 'undecided':
      return dmarc.action === 'retry' ? undefined : dmarcDisposition(dmarc.action);
    case 'decided':
      return dmarcDisposition(dmarc.decision.recipients[index]?.action ?? dmarc.decision.action);
  }
}

/** One for each recipient; `outcome` is what the rules want, also because a change cannot be made. */
export function explainResults(
  way: Way,
  outcome: Omit<Outcome, 'effects'>,
  dmarc: ExplainedDmarc,
): readonly ExplainedResult[] {
  const byRules = dispositionsOf(way, outcome);
  const together = byRules.dispositions.map((each, index) =>
    combined(dmarcWish(dmarc, index) ?? DELIVER, each),
  );
  return way.recipients.map((_, index) => {
    const steps = {
      rule: dispositionOf(outcome.recipients[index] ?? { outcome: 'deliver' }),
      rules: byRules.dispositions[index] ?? DELIVER,
      together: together[index] ?? DELIVER,
    };
    const result = asWorkMailTakes(way, steps.together);
    const because: ExplainedResult['because'][number][] = [];
    if (byRules.stranded.includes(index)) because.push('redirect-refused');
    else if (steps.rules.type !== steps.rule.type) because.push('consequence');
    if (steps.together.type !== steps.rules.type) because.push('dmarc');
    if (result.type !== steps.together.type) because.push('inbound-only');
    return { result: result.type, because };
  });
}

/** As WorkMail takes it for the direction of the message. */
function asWorkMailTakes({ flowDirection }: Way, disposition: Disposition): Disposition {
  const alone = { recipients: ['x'], flowDirection };
  const settled = settleDispositions(alone, new Map([[0, disposition]]), ANY_NUMBER_OF_TEXTS, []);
  return settled.get('x') ?? disposition;
}
