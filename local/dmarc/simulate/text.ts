/** A simulation added up, and as text. */
import { tableText } from '../../cli/log-text.ts';
import type { NativeAction, Part, Simulated, SimulatedMessage, SimulationSource } from './types.ts';

export interface SimulationSummary {
  readonly messages: number;
  readonly otherFiles: number;
  readonly actions: Readonly<Record<string, number>>;
  /** By reason and action, most first. */
  readonly reasons: readonly ReasonCount[];
  /** By the author's domain, most that are not simply delivered first. */
  readonly domains: readonly DomainCount[];
  /** Delivered, where WorkMail's own enforcement would drop it or put it to Junk. */
  readonly milderThanWorkmail: number;
  /** Not simply delivered, where WorkMail's own enforcement delivers it. */
  readonly stricterThanWorkmail: number;
  readonly temporary: number;
  /** SES could not decide; to ask again does not help. */
  readonly undecidedBySes: number;
  /** What enforcing does for now; absent where it is the same for all mail. */
  readonly now?: Readonly<Record<string, number>>;
}

interface ReasonCount {
  readonly reason: string;
  readonly action: string;
  readonly messages: number;
  readonly workmail: Readonly<Partial<Record<NativeAction, number>>>;
}

interface DomainCount {
  readonly domain: string;
  readonly messages: number;
  readonly affected: number;
}

/** Rows of the table of domains. */
const MAX_DOMAINS = 20;

const NOTES: Readonly<Record<SimulationSource, string>> = {
  messages:
    'Messages are judged with the DNS of today: a key that was withdrawn since then makes its signature fail.',
  'event-log':
    'The event log has the verdicts of SES and neither signers nor the field From, so exceptions, lists, trusted sealers, protected people, and mail without an author or with several do not show: simulate messages for these.',
  'function-log':
    "The function's log says what the policy of that time decided; --policy is not applied to it.",
};

/** Whether the message gets what mail gets without a policy. */
export function isDelivered({ action }: Pick<SimulatedMessage, 'action'>): boolean {
  return action === 'default' || action === 'neverJunk';
}

export function summarize({ messages, others }: Simulated): SimulationSummary {
  const reasons = new Map<
    string,
    { reason: string; action: string; messages: number; workmail: Record<string, number> }
  >();
  const domains = new Map<string, { domain: string; messages: number; affected: number }>();
  const actions: Record<string, number> = {};
  const now: Record<string, number> = {};
  for (const message of messages) {
    const { reason, action, workmail, domain } = message;
    actions[action] = (actions[action] ?? 0) + 1;
    if (message.now !== undefined) now[message.now] = (now[message.now] ?? 0) + 1;
    const key = `${reason} ${action}`;
    const row = reasons.get(key) ?? { reason, action, messages: 0, workmail: {} };
    row.messages += 1;
    row.workmail[workmail] = (row.workmail[workmail] ?? 0) + 1;
    reasons.set(key, row);
    const count = domains.get(domain) ?? { domain, messages: 0, affected: 0 };
    count.messages += 1;
    if (!isDelivered(message)) count.affected += 1;
    domains.set(domain, count);
  }
  const milder = (one: SimulatedMessage) => isDelivered(one) && ['junk', 'drop'].includes(one.workmail);
  const stricter = (one: SimulatedMessage) => !isDelivered(one) && one.workmail === 'default';
  return {
    messages: messages.length,
    otherFiles: others,
    actions,
    reasons: [...reasons.values()].sort((one, other) => other.messages - one.messages),
    domains: [...domains.values()].sort(
      (one, other) => other.affected - one.affected || other.messages - one.messages,
    ),
    milderThanWorkmail: messages.filter(milder).length,
    stricterThanWorkmail: messages.filter(stricter).length,
    temporary: messages.filter(({ temporary }) => temporary === true).length,
    undecidedBySes: messages.filter((one) => one.undecidedBySes === true).length,
    ...(Object.keys(now).length === 0 ? {} : { now }),
  };
}

/** At most `limit` messages are listed. */
export function simulationText(simulated: Simulated, limit: number): string {
  const summary = summarize(simulated);
  if (summary.messages === 0) return 'There is no inbound message to simulate.\n';
  const affected = simulated.messages.filter((message) => !isDelivered(message));
  return [
    headText(summary, affected.length, simulated.part),
    `Why\n\n${tableText(summary.reasons.map(reasonRow), '')}`,
    ...(summary.domains.some(({ domain }) => domain !== '') ? [domainsText(summary)] : []),
    affectedText(affected, limit, summary.now !== undefined),
    notesText(simulated, summary),
  ].join('\n');
}

function headText(summary: SimulationSummary, affected: number, part: Part | undefined): string {
  const { messages, actions, milderThanWorkmail, stricterThanWorkmail, temporary, now } = summary;
  const enforced = now === undefined ? 'Enforced' : 'Enforced in full';
  const lines = [
    `Messages: ${messages}. ${enforced}, this policy would do: ${countsText(actions)}.`,
    ...(now === undefined || part === undefined ? [] : [`${partText(part)}: ${countsText(now)}.`]),
    `Not simply delivered: ${affected}.`,
    `Delivered, where WorkMail's own enforcement would drop it or put it to Junk: ${milderThanWorkmail}.`,
    `Held back, where WorkMail's own enforcement would deliver it: ${stricterThanWorkmail}.`,
  ];
  if (temporary > 0)
    lines.push(`Not decided, because the DNS did not answer: ${temporary}. Try these again.`);
  if (summary.undecidedBySes > 0)
    lines.push(
      `Not decided, because SES could not (the DNS did not answer it, or From has no author or several): ${summary.undecidedBySes}.`,
    );
  return `${lines.join('\n')}\n`;
}

/** Most first. */
function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([action, count]) => `${action} ${count}`)
    .join(', ');
}

function partText({ share, watches }: Part): string {
  const parts = [
    ...(share === undefined ? [] : [`its ramp (${share} % of the domains in From)`]),
    ...(watches === true ? ['recipients that it only watches'] : []),
  ];
  return `For now, with ${parts.join(' and ')}`;
}

function reasonRow({ reason, action, messages, workmail }: ReasonCount) {
  const native = Object.entries(workmail).map(([word, count]) => `${word} ${count}`);
  return { reason, action, messages, 'WorkMail itself': native.join(', ') };
}

function domainsText({ domains }: SimulationSummary): string {
  const rows = domains.slice(0, MAX_DOMAINS).map(({ domain, messages, affected }) => ({
    domain: domain === '' ? '(no author)' : domain,
    messages,
    'not simply delivered': affected,
  }));
  const more = domains.length - rows.length;
  return `From\n\n${tableText(rows, '')}${more > 0 ? `… and ${more} domains more.\n` : ''}`;
}

function affectedText(affected: readonly SimulatedMessage[], limit: number, inPart: boolean): string {
  if (affected.length === 0) return 'Every message would be delivered.\n';
  const rows = affected.slice(0, limit).map(({ id, domain, reason, action, now, workmail }) => ({
    message: id,
    from: domain,
    reason,
    action,
    ...(inPart ? { 'for now': now ?? '' } : {}),
    'WorkMail itself': workmail,
  }));
  const more = affected.length - rows.length;
  const rest = more > 0 ? `… and ${more} more; --limit shows them, --csv and --json have all.\n` : '';
  return `Not simply delivered\n\n${tableText(rows, '')}${rest}`;
}

function notesText({ sources, others }: Simulated, { messages }: SimulationSummary): string {
  const notes = sources.map((source) => NOTES[source]);
  if (others > 0) notes.push(`Files that tell of no message: ${others}, beside ${messages}.`);
  return `${notes.join('\n')}\n`;
}
