/** What is wrong with a policy whose every key is right, as far as only the whole of it shows. */
import { checkActions } from './checks-actions.ts';
import { checkConditions } from './checks-conditions.ts';
import { checkDmarc } from './checks-dmarc.ts';
import { checkLists } from './checks-lists.ts';
import { checkOrder } from './checks-order.ts';
import { placeOf } from './place-of.ts';
import type { Report } from './report.ts';
import type { Located } from './source.ts';
import type { Policy } from './types.ts';

function checkNames(policy: Policy, root: Located, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, rule] of policy.rules.entries()) {
    const earlier = first.get(rule.name);
    if (earlier === undefined) first.set(rule.name, index);
    else
      report.error(
        placeOf(root, 'rules', index, 'name'),
        `rules[${earlier}] has the same name; each rule needs its own`,
      );
  }
}

function checkAvailability(policy: Policy, root: Located, report: Report): void {
  const { availability } = policy;
  if (availability === undefined) return;
  const section = placeOf(root, 'availability', 'timezone');
  if (section.path === 'availability.timezone') return;
  const { mailboxes } = availability;
  const without = [...mailboxes.values()].filter((mailbox) => mailbox.timezone === undefined).length;
  if (without > 0) {
    const count = `${without} of ${mailboxes.size}`;
    report.warn(section, `"timezone" is missing: mailboxes without one of their own (${count}) get UTC`);
  }
}

export interface CheckOptions {
  /** Milliseconds since 1970 UTC: rules and exceptions that have expired are told. Absent: they are not. */
  readonly now?: number | undefined;
  /** Whether an exception that has expired is an error. A function goes on without it; whoever edits the file must decide. */
  readonly refuseExpired?: boolean | undefined;
}

/** Reports what only the whole policy shows. `root` is the tree that `policy` was read from; the rules stand in its order. */
export function checkPolicy(policy: Policy, root: Located, report: Report, options: CheckOptions = {}): void {
  checkNames(policy, root, report);
  checkLists(policy, root, report);
  for (const [index, rule] of policy.rules.entries()) {
    const at = {
      policy,
      rule,
      report,
      place: (...path: (string | number)[]) => placeOf(root, 'rules', index, ...path),
    };
    checkConditions(at);
    checkActions(at);
  }
  checkOrder(policy, root, report, options.now);
  checkDmarc(policy, root, report, options);
  checkAvailability(policy, root, report);
}
