/** Conditions that can never hold, that contradict each other, or that trust what anyone can write. */
import { type AddressItem, groupOf, listOf, OWN_LIST } from './address-items.ts';
import {
  asksRecipients,
  type CheckedRule,
  type Clause,
  clausesOf,
  conditionsOf,
  RECIPIENT_KEYS,
} from './checked-rule.ts';
import { domainOf, matchesPattern } from './pattern.ts';
import { quote } from './report.ts';
import { closest } from './suggest.ts';
import type { AddressPattern, Condition, Policy } from './types.ts';

interface Dead {
  readonly key: keyof Condition;
  readonly why: string;
}

/** Conditions on evidence that a pass alone can satisfy. */
const EVIDENCE_KEYS = ['spf', 'dkim', 'dmarc', 'spamVerdict', 'virusVerdict'] as const;

const UNPROVED =
  'a pass is not believed while organization.trustSesHeaders is not "always", so this never holds';
const NO_DMARC: Dead = {
  key: 'dmarcReason',
  why: 'there is no section "dmarc", so nothing decides on it and this never holds',
};

/** Conditions that need an attachment. */
const ATTACHMENT_KEYS = [
  'attachmentName',
  'attachmentNameMatches',
  'attachmentExtension',
  'attachmentType',
  'attachmentSizeOver',
  'archiveContains',
] as const;

/** Why a condition can never hold because of the scope of the message. */
function deadByDirection({ direction, ...condition }: Condition, provable: boolean): Dead | undefined {
  if (direction === 'outbound' && condition.senderScope === 'outside') {
    // Redirected mail of others goes out too; a rule for it alone is not what is meant.
    const why = 'outbound mail is sent by users of the organization, so this never holds';
    return { key: 'senderScope', why };
  }
  if (direction === 'outbound' && condition.dmarcReason !== undefined)
    return { key: 'dmarcReason', why: 'DMARC is asked for inbound mail only, so this never holds' };
  if (direction === 'outbound' && condition.firstContact !== undefined)
    return { key: 'firstContact', why: 'it is known for inbound mail only, so this never holds' };
  if (direction === 'inbound' && condition.recipientScope === 'outside') {
    const why = 'inbound mail has recipients of the organization only, so this never holds';
    return { key: 'recipientScope', why };
  }
  if (direction === 'inbound' && condition.senderScope === 'inside' && !provable) {
    const why =
      'never holds for inbound mail without a section "dmarc" while organization.trustSesHeaders is not "always": nothing proves the author';
    return { key: 'senderScope', why };
  }
  if (direction !== 'outbound') return undefined;
  const key = EVIDENCE_KEYS.find((one) => condition[one]?.some((word) => word === 'absent') === false);
  return key === undefined
    ? undefined
    : { key, why: 'SES writes nothing about outbound mail, so this never holds' };
}

/** Why a condition can never hold because of another one, or for want of trust. */
function deadByOthers(condition: Condition, trusted: boolean, provable: boolean): Dead | undefined {
  if (condition.hasAttachment === false) {
    const key = ATTACHMENT_KEYS.find((one) => condition[one] !== undefined);
    // Pictures inside the text are attachments for these conditions, and none for hasAttachment.
    if (key !== undefined && key !== 'attachmentType')
      return { key, why: 'contradicts hasAttachment: false, but for pictures inside the text' };
    if (condition.attachmentCountOver !== undefined)
      return { key: 'attachmentCountOver', why: 'contradicts hasAttachment: false, so this never holds' };
  }
  if (trusted) return undefined;
  const key = EVIDENCE_KEYS.find(
    (one) => !(one === 'dmarc' && provable) && condition[one]?.every((word) => word === 'pass') === true,
  );
  return key === undefined ? undefined : { key, why: UNPROVED };
}

function checkClause(at: CheckedRule, { condition, path }: Clause): void {
  const { policy, report } = at;
  const trusted = policy.organization.trustSesHeaders === 'always';
  // With a section "dmarc" signatures are verified here.
  const provable = trusted || policy.dmarc !== undefined;
  const dead =
    deadByDirection(condition, provable) ??
    deadByOthers(condition, trusted, provable) ??
    (condition.dmarcReason !== undefined && policy.dmarc === undefined ? NO_DMARC : undefined);
  if (dead !== undefined) report.warn(at.place(...path, dead.key), dead.why);
  if (path[0] === 'unless' && Object.keys(conditionsOf(condition)).length === 0) {
    report.error(at.place(...path), 'has no condition, so it always holds and the rule never acts');
  } else if (condition.recipientMatch === 'all' && !asksRecipients(condition)) {
    const keys = `${RECIPIENT_KEYS.slice(0, -1).join(', ')} or ${RECIPIENT_KEYS.at(-1)}`;
    report.warn(at.place(...path, 'recipientMatch'), `has no effect without ${keys}`);
  }
}

/** The rule can never act when everything that `unless` asks stands in `when` too. */
function checkContradiction(at: CheckedRule): void {
  const { when, unless = [] } = at.rule;
  for (const [index, one] of unless.entries())
    if (isAskedFor(when, one))
      at.report.error(at.place('unless', index), 'asks for what "when" asks for too, so the rule never acts');
}

function isAskedFor(when: Condition, unless: Condition): boolean {
  const given = Object.entries(conditionsOf(unless));
  const wanted = new Map<string, unknown>(Object.entries(when));
  const same = ([key, value]: [string, unknown]): boolean =>
    JSON.stringify(wanted.get(key)) === JSON.stringify(value);
  const mode = !asksRecipients(unless) || unless.recipientMatch === when.recipientMatch;
  return given.length > 0 && mode && given.every(same);
}

function checkTrust(at: CheckedRule): void {
  const { rule, report, place } = at;
  const provable = at.policy.organization.trustSesHeaders === 'always' || at.policy.dmarc !== undefined;
  for (const [index, unless] of (rule.unless ?? []).entries()) {
    const claimed = (['from', 'fromMatches'] as const).find((key) => unless[key] !== undefined);
    if (claimed === undefined || provesAuthor(unless)) continue;
    const hint = provable ? 'add senderScope: inside' : 'add a section "dmarc" and senderScope: inside';
    report.warn(
      place('unless', index, claimed),
      `anyone can write this From address to escape the rule; ${hint}`,
    );
  }
  if (!provable && rule.when.direction !== 'outbound' && rule.when.senderScope === 'outside') {
    report.warn(
      place('when', 'senderScope'),
      'without a section "dmarc", and while organization.trustSesHeaders is not "always", mail of your own users that comes in counts as outside too',
    );
  }
}

/** Whether the conditions ask for a proof of the author: DMARC's is the only one that is bound to From. */
export function provesAuthor(condition: Condition | undefined): boolean {
  return condition?.senderScope === 'inside' || condition?.dmarc?.every((word) => word === 'pass') === true;
}

/** Whether an address of the organization can fall under the item. Of a group nobody knows. */
function canBeInside(item: AddressItem, { organization, lists }: Policy): boolean {
  const list = listOf(item);
  if (list !== undefined)
    return list === OWN_LIST || lists.get(list)?.some((one) => reaches(one, organization.domains)) !== false;
  return groupOf(item) !== undefined || reaches(item, organization.domains);
}

function reaches(pattern: AddressPattern, domains: readonly string[]): boolean {
  if (pattern.includes('@')) return domains.includes(domainOf(pattern));
  return domains.some((domain) => matchesPattern(pattern, `x@${domain}`));
}

/** Inbound mail goes to recipients of the organization: another domain is a slip of the pen. */
function checkInboundRecipients(at: CheckedRule, { condition, path }: Clause): void {
  if ((condition.direction ?? at.rule.when.direction) !== 'inbound') return;
  for (const [index, item] of (condition.sentTo ?? []).entries()) {
    if (canBeInside(item, at.policy)) continue;
    const meant = closest(domainOf(item) || item, at.policy.organization.domains);
    const hint = meant === undefined ? '' : `; did you mean ${quote(meant)}?`;
    const why = `${quote(item)} never holds: inbound mail has recipients of your own domains only`;
    at.report.warn(at.place(...path, 'sentTo', index), `${why}${hint}`);
  }
}

/** Reports what is wrong with the conditions of a rule. */
export function checkConditions(at: CheckedRule): void {
  for (const clause of clausesOf(at.rule)) {
    checkClause(at, clause);
    checkInboundRecipients(at, clause);
  }
  checkContradiction(at);
  checkTrust(at);
}
