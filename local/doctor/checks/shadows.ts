/** Rules of the organization that take mail away from a rule of Mailroom: WorkMail lets one rule act per recipient. */
import type { RuleSet } from '../../flow/rule-file.ts';
import { type Region, type Shadow, shadowsOf } from '../../flow/shadows.ts';
import type { Direction, LambdaRule } from '../../flow/types.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';

/** As many regions are named. */
const MAX_NAMED = 3;

function nameOf({ senders, recipients }: Region): string {
  return `from ${senders} to ${recipients}`;
}

function mailOf({ regions }: Shadow): string {
  const named = regions.slice(0, MAX_NAMED).map(nameOf).join(', ');
  return regions.length > MAX_NAMED ? `${named} and more` : named;
}

/** Whether nothing at all is left for the rule. */
function takesAll({ regions }: Shadow): boolean {
  return regions.some(({ senders, recipients }) => senders === '*' && recipients === '*');
}

export function shadowFindings(
  direction: Direction,
  rule: LambdaRule,
  { rules, assumptions }: RuleSet,
): readonly Finding[] {
  const subject = `${direction} rule "${rule.name}"`;
  const shadows = shadowsOf(rule, rules[direction], direction, assumptions);
  if (shadows.length === 0) return [ok('rule-shadowed', subject, 'No other rule takes mail from it.')];
  return shadows.map((shadow) => {
    const other = `"${shadow.rule.name}" (${shadow.rule.action})`;
    if (takesAll(shadow))
      return fail(
        'rule-shadowed',
        subject,
        `The rule ${other} takes all mail from it: ${shadow.why}.`,
        `Delete "${shadow.rule.name}", or let it act for fewer senders and recipients; what it does can be a rule of the policy.`,
      );
    const mail =
      shadow.regions.length === 0 ? 'mail whose Sender header it matches' : `mail ${mailOf(shadow)}`;
    return warn(
      'rule-shadowed',
      subject,
      `The rule ${other} takes ${mail}: ${shadow.why}.`,
      'If that exception is meant, leave it; Mailroom does not see that mail.',
    );
  });
}
