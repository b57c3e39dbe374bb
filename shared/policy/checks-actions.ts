/** Actions that WorkMail does not take, that need something else in the policy, or that reach more people than is meant. */
import { ACTIONS } from './actions/index.ts';
import { asksRecipients, type CheckedRule, clausesOf, conditionsOf } from './checked-rule.ts';
import { provesAuthor } from './checks-conditions.ts';
import { OUTCOMES, outcomeOf } from './decision.ts';
import { tells } from './needs.ts';
import { domainOf } from './pattern.ts';
import type { Action, Condition, Policy } from './types.ts';

/** Conditions that hold for most mail of a direction, so that whatever the rule sends it sends all day. */
const BROAD: ReadonlySet<string> = new Set<keyof Condition>([
  'direction',
  'senderScope',
  'recipientScope',
  'hasAttachment',
  'isReply',
]);

type Checked = CheckedRule & { readonly action: Action; readonly index: number };

function isBroad({ rule }: CheckedRule): boolean {
  return Object.keys(conditionsOf(rule.when)).every((key) => BROAD.has(key));
}

/** What WorkMail's rules take only for mail that comes in. */
function checkDirection(at: Checked): void {
  const { action, rule, report } = at;
  if (ACTIONS[action.kind].inboundOnly !== true || rule.when.direction === 'inbound') return;
  const place = at.place('do', at.index, action.kind);
  if (rule.when.direction === 'outbound') report.error(place, 'WorkMail takes it for inbound mail only');
  else report.warn(place, 'outbound mail is delivered as ever: WorkMail takes it for inbound mail only');
}

/** The addresses that are not of the organization. */
function outsideOf(addresses: readonly string[] | string, { organization }: Policy): readonly string[] {
  if (typeof addresses === 'string') return [];
  return addresses.filter((address) => !organization.domains.includes(domainOf(address)));
}

/** Who gets a message that was not sent to them. */
function checkAdded(at: Checked): void {
  const { action, rule, report, policy } = at;
  if (action.kind !== 'redirectTo' && action.kind !== 'addRecipients') return;
  const outside = outsideOf(action.addresses, policy);
  if (outside.length === 0) return;
  const place = at.place('do', at.index, action.kind);
  if (rule.when.direction !== 'outbound') {
    const why = 'WorkMail lets inbound mail go to addresses of your own domains only';
    const hint = rule.when.direction === undefined ? '; add direction: outbound' : '';
    report.error(place, `${JSON.stringify(outside[0])} is outside the organization: ${why}${hint}`);
  } else if (isBroad(at))
    report.warn(
      place,
      'so many messages could reach the sending quota: 10,000 recipients outside for each user and day, 200 for a test domain',
    );
}

/** Notices need a sender, and must not become a flood. */
function checkNotices(at: Checked): void {
  const { action, report, policy } = at;
  if (!tells(action)) return;
  const place = at.place('do', at.index, action.kind);
  if (policy.notices === undefined) {
    const way = action.kind === 'quarantine' ? ', or write notify: none' : '';
    report.error(place, `needs the section "notices", which says who sends it${way}`);
  } else if (
    action.kind === 'quarantine' &&
    action.notify === 'recipient' &&
    at.rule.when.direction === 'outbound'
  )
    report.warn(
      place,
      'recipients outside are not told of mail that is held on its way to them, nor is its author; name who is told, or write notify: none',
    );
  else if (action.kind === 'quarantine' && outsideOf(action.notify, policy).length > 0)
    report.warn(
      place,
      `${JSON.stringify(outsideOf(action.notify, policy)[0])} is outside the organization: a stranger reads who writes to you and about what`,
    );
  else if (action.kind === 'notify' && isBroad(at))
    report.warn(
      place,
      `so many messages send notices all day: up to ${policy.notices.perHour * 24} a day for each receiver, which count against the sending quota of SES`,
    );
}

function checkReject(at: Checked): void {
  if (at.action.kind !== 'rejectMessage' || at.rule.when.direction === 'outbound') return;
  if (at.policy.organization.trustSesHeaders === 'always') return;
  at.report.warn(
    at.place('do', at.index, 'rejectMessage'),
    'inbound mail goes to junk instead while organization.trustSesHeaders is not "always": nothing proves its sender',
  );
}

function checkBypass(at: Checked): void {
  if (at.action.kind !== 'bypassSpamCheck' || provesAuthor(at.rule.when)) return;
  at.report.warn(
    at.place('do', at.index, 'bypassSpamCheck'),
    'anyone can write what this rule asks for; add senderScope: inside or dmarc: pass',
  );
}

/** Wishes of one rule of which only the strictest can come true. */
function checkWishes({ rule, report, place }: CheckedRule): void {
  const wishes = rule.do.flatMap((action, index) => {
    const outcome = outcomeOf(action);
    // What is removed is named by its own patterns: it is about other recipients.
    return outcome === undefined || outcome === 'removed' ? [] : [{ kind: action.kind, outcome, index }];
  });
  const [strictest] = wishes.toSorted(
    (one, other) => OUTCOMES.indexOf(one.outcome) - OUTCOMES.indexOf(other.outcome),
  );
  if (strictest === undefined) return;
  for (const { kind, outcome, index } of wishes.filter((one) => one !== strictest))
    report.warn(
      place('do', index, kind),
      outcome === strictest.outcome ? 'stands here twice' : `has no effect beside ${strictest.kind}`,
    );
  const gone = ['quarantine', 'deleteMessage', 'rejectMessage'].includes(strictest.outcome);
  const change = rule.do.findIndex(({ kind }) => ACTIONS[kind].does === 'content');
  if (gone && change >= 0 && !asksRecipients(rule.when))
    report.warn(
      place('do', change),
      `nobody gets the changed message: ${strictest.kind} is for all recipients`,
    );
}

/** A change is for everybody who gets the message; whoever asks about recipients should say that it is meant. */
function checkScope(at: CheckedRule): void {
  if (!at.rule.do.some(({ kind }) => ACTIONS[kind].does === 'content')) return;
  for (const { condition, path } of clausesOf(at.rule)) {
    if (!asksRecipients(condition) || condition.recipientMatch === 'all') continue;
    if (at.place(...path, 'recipientMatch').path.endsWith('.recipientMatch')) continue;
    const effect =
      path[0] === 'when'
        ? 'all of them get the change'
        : 'none of them gets the change, and a sender may add one for that';
    at.report.warn(
      at.place(...path),
      `one message has one content: when one recipient satisfies this, ${effect}. Write recipientMatch: any if that is meant, or all`,
    );
  }
}

/** Changes that keep something harmful from the reader: they are wanted most where somebody evades them. */
const PROTECTIVE: ReadonlySet<string> = new Set<Action['kind']>([
  'removeAttachments',
  'replaceAttachments',
  'defangLinks',
  'removeActiveContent',
]);

/** A message that claims to be signed stays as it is, whether or not the signature is good. */
function checkUntouchable({ rule, report, place }: CheckedRule): void {
  if (rule.when.direction === 'outbound' || rule.ifUntouchable !== 'deliverUnchanged') return;
  if (place('ifUntouchable').path.endsWith('.ifUntouchable')) return;
  const index = rule.do.findIndex(({ kind }) => PROTECTIVE.has(kind));
  const kind = rule.do[index]?.kind;
  if (kind === undefined) return;
  report.warn(
    place('do', index, kind),
    'is not done to mail that claims to be signed or encrypted, and anyone can claim that: it is delivered as it is. Write ifUntouchable: junk, wrap or reject, or deliverUnchanged if that is meant',
  );
}

/** Reports what is wrong with the actions of a rule. */
export function checkActions(at: CheckedRule): void {
  for (const [index, action] of at.rule.do.entries()) {
    const one: Checked = { ...at, action, index };
    checkDirection(one);
    checkAdded(one);
    checkNotices(one);
    checkReject(one);
    checkBypass(one);
  }
  checkWishes(at);
  checkScope(at);
  checkUntouchable(at);
  const wrapped = at.rule.do.some(({ kind }) => kind === 'wrapMessage');
  const disclaimer = at.rule.do.findIndex(
    ({ kind }) => kind === 'prependDisclaimer' || kind === 'appendDisclaimer',
  );
  if (wrapped && disclaimer >= 0)
    at.report.warn(
      at.place('do', disclaimer),
      'has no effect beside wrapMessage, which leaves the original as it is',
    );
}
