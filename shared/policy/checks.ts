/** What is wrong with a policy whose every key is right: names given twice, rules that can never act, trust that is not there. */
import type { Place, Report } from './report.ts';
import type { Located, MapEntry } from './source.ts';
import type { Condition, Policy, Rule } from './types.ts';

/** The place of a member, or of the nearest thing around it that is in the file. */
function placeOf(root: Located, ...path: readonly (string | number)[]): Place {
  let found: Place = root;
  let node: Located | undefined = root;
  for (const step of path) {
    if (node?.kind === 'list' && typeof step === 'number') node = node.items[step];
    else if (node?.kind === 'map') {
      const entry: MapEntry | undefined = node.entries.find((candidate) => candidate.key === step);
      node = entry?.value;
      if (entry !== undefined) found = entry.keyPlace;
      continue;
    }
    if (node === undefined) break;
    found = node;
  }
  return found;
}

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

/** Why a condition can never hold, whatever comes. */
function neverHolds(
  condition: Condition,
  trusted: boolean,
): { key: keyof Condition; why: string } | undefined {
  const { direction, senderScope, recipientScope } = condition;
  if (direction === 'outbound' && senderScope === 'outside') {
    return {
      key: 'senderScope',
      why: 'outbound mail is sent by users of the organization, so this never holds',
    };
  }
  if (direction === 'inbound' && recipientScope === 'outside') {
    return {
      key: 'recipientScope',
      why: 'inbound mail has recipients of the organization only, so this never holds',
    };
  }
  if (direction === 'inbound' && senderScope === 'inside' && !trusted) {
    return {
      key: 'senderScope',
      why: 'never holds for inbound mail while organization.trustSesHeaders is not "always": nothing proves the author',
    };
  }
  return undefined;
}

function isEmpty({ recipientMatch: _, ...conditions }: Condition): boolean {
  return Object.keys(conditions).length === 0;
}

function checkRule(rule: Rule, index: number, policy: Policy, root: Located, report: Report): void {
  const trusted = policy.organization.trustSesHeaders === 'always';
  for (const clause of ['when', 'unless'] as const) {
    const condition = rule[clause];
    if (condition === undefined) continue;
    const place = (key: string): Place => placeOf(root, 'rules', index, clause, key);
    const dead = neverHolds(condition, trusted);
    if (dead !== undefined) report.warn(place(dead.key), dead.why);
    const asks = condition.recipientScope !== undefined || condition.sentTo !== undefined;
    if (clause === 'unless' && isEmpty(condition)) {
      report.error(
        placeOf(root, 'rules', index, clause),
        'has no condition, so it always holds and the rule never acts',
      );
    } else if (condition.recipientMatch === 'all' && !asks) {
      report.warn(place('recipientMatch'), 'has no effect without recipientScope or sentTo');
    }
  }
  if (rule.unless?.from !== undefined && rule.unless.senderScope !== 'inside') {
    const hint = trusted
      ? 'add senderScope: inside'
      : 'set organization.trustSesHeaders and add senderScope: inside';
    const place = placeOf(root, 'rules', index, 'unless', 'from');
    report.warn(place, `anyone can write this From address to escape the rule; ${hint}`);
  }
  if (!trusted && rule.when.direction !== 'outbound' && rule.when.senderScope === 'outside') {
    const place = placeOf(root, 'rules', index, 'when', 'senderScope');
    report.warn(
      place,
      'while organization.trustSesHeaders is not "always", mail of your own users that comes in counts as outside too',
    );
  }
}

function checkDmarc(policy: Policy, root: Located, report: Report): void {
  const { dmarc, organization } = policy;
  if (dmarc === undefined || dmarc.exceptions.length === 0 || organization.trustSesHeaders === 'always')
    return;
  const place = placeOf(root, 'dmarc', 'exceptions');
  report.warn(
    place,
    'no exception holds while organization.trustSesHeaders is not "always": nothing proves the evidence',
  );
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

/** Reports what only the whole policy shows. `root` is the tree that `policy` was read from. */
export function checkPolicy(policy: Policy, root: Located, report: Report): void {
  checkNames(policy, root, report);
  for (const [index, rule] of policy.rules.entries()) checkRule(rule, index, policy, root, report);
  checkDmarc(policy, root, report);
  checkAvailability(policy, root, report);
}
