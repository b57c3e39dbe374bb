/**
 * Why B did not get A's mail: the story of each message from A to B, told from its events. The guide does it by hand:
 * find the trace, follow the message id from the one that sent to the one that received, read the events.
 */
import type { EventDatabase, Row } from './database.ts';

/** More stories than anybody reads; the newest are told. */
const MAX_STORIES = 200;

export interface Story {
  readonly time: string;
  readonly from: string;
  readonly subject: string;
  /** What became of B's copy, in one word. */
  readonly outcome: Outcome;
  /** The same as a sentence, with the reason. */
  readonly why: string;
  /** The flow rule that dropped it. */
  readonly rule?: string;
  /** Its traces: one, or two when the one that sent it is of this organization too. */
  readonly traces: readonly string[];
}

/** `held`: a rule of ours keeps it, which WorkMail does not know: only where the functions' own log is at hand. */
export type Outcome =
  | 'delivered'
  | 'junk'
  | 'bounced'
  | 'dropped'
  | 'held'
  | 'sent'
  | 'redirected'
  | 'under-way';

/**
 * The messages from `from` to `to` and what became of each, oldest first. Addresses in any case. Mail that named a group
 * or an alias of B's is found by what happened to B's mailbox.
 */
export function explainMail(database: EventDatabase, from: string, to: string): readonly Story[] {
  const starts = database.all(
    `SELECT min(time) AS time, trace_id AS trace, min(json_extract(event, '$.subject')) AS subject,
       json_extract(event, '$.from') AS author
     FROM events
     WHERE event_name IN ('ORGANIZATION_EMAIL_RECEIVED', 'OUTGOING_EMAIL_SUBMITTED')
       AND lower(json_extract(event, '$.from')) = :from
       AND trace_id IN (SELECT trace_id FROM recipients WHERE recipient = :to)
     GROUP BY trace_id ORDER BY min(id) DESC LIMIT :most`,
    { from: from.toLowerCase(), to: to.toLowerCase(), most: MAX_STORIES },
  );
  const told = new Set<string>();
  const stories: Story[] = [];
  for (const start of starts.toReversed()) {
    const trace = text(start, 'trace');
    if (told.has(trace)) continue;
    const traces = withReceiving(database, trace);
    for (const each of traces) told.add(each);
    stories.push({
      time: text(start, 'time'),
      from: text(start, 'author'),
      subject: text(start, 'subject'),
      ...outcomeFor(database, traces, to.toLowerCase()),
      traces,
    });
  }
  return stories;
}

/** The trace, and that of the organization's own inbound side: both have the same message id. */
function withReceiving(database: EventDatabase, trace: string): string[] {
  const receiving = database.all(
    `SELECT DISTINCT received.trace_id AS trace FROM events AS sent
     JOIN events AS received ON received.event_name = 'ORGANIZATION_EMAIL_RECEIVED'
       AND json_extract(received.event, '$.messageId') = json_extract(sent.event, '$.messageId')
     WHERE sent.event_name = 'OUTGOING_EMAIL_SENT' AND sent.trace_id = :trace
       AND json_extract(sent.event, '$.messageId') <> ''`,
    { trace },
  );
  return [...new Set([trace, ...receiving.map((row) => text(row, 'trace'))])];
}

type Verdict = Pick<Story, 'outcome' | 'why' | 'rule'>;

/** The first that applies: what happened to B's copy, else what was decided, else how far it is. */
function outcomeFor(database: EventDatabase, traces: readonly string[], to: string): Verdict {
  const events = database.all(
    `SELECT event_name AS name, event FROM events
     WHERE trace_id IN (SELECT value FROM json_each(:traces)) ORDER BY id`,
    { traces: JSON.stringify(traces) },
  );
  const actions = database.all(
    `SELECT rule, action, recipient FROM rule_actions
     WHERE trace_id IN (SELECT value FROM json_each(:traces)) ORDER BY id`,
    { traces: JSON.stringify(traces) },
  );
  const known: Known = { events: events.map(read), actions, to };
  return (
    bounced(known) ??
    dropped(known) ??
    sent(known) ??
    redirected(known) ??
    delivered(known) ?? {
      outcome: 'under-way',
      why: 'It came in and nothing more is in the log: it waits, perhaps for a function that is tried again.',
    }
  );
}

interface Known {
  readonly events: readonly (readonly [name: string, event: Readonly<Record<string, unknown>>])[];
  /** What rules did, of every recipient. */
  readonly actions: readonly Row[];
  readonly to: string;
}

/** The rule that did this to B's copy. */
function ruleWith(action: string, { actions, to }: Known): Row | undefined {
  return actions.find((row) => text(row, 'action') === action && text(row, 'recipient') === to);
}

function bounced({ events, to }: Known): Verdict | undefined {
  for (const [name, event] of events) {
    if (name !== 'INCOMING_EMAIL_BOUNCED' && name !== 'OUTGOING_EMAIL_BOUNCED') continue;
    const of = record(event['bouncedRecipient']);
    const recipient = String(of['emailAddress'] ?? event['destination'] ?? event['bouncedRecipient'] ?? '');
    if (recipient.toLowerCase() !== to) continue;
    const status = typeof of['status'] === 'string' ? ` (${of['status']})` : '';
    const reason = String(of['reason'] ?? event['reason'] ?? 'no reason is given');
    return { outcome: 'bounced', why: `It was bounced: ${reason}${status}` };
  }
  return undefined;
}

function dropped(known: Known): Verdict | undefined {
  const action = ruleWith('DROP', known);
  if (action !== undefined) {
    const rule = text(action, 'rule');
    return { outcome: 'dropped', why: `The flow rule "${rule}" dropped it.`, rule };
  }
  if (appliedPolicy(known.events) !== 'REJECT') return undefined;
  return {
    outcome: 'dropped',
    why: "WorkMail's own DMARC enforcement dropped it: the sender's domain asks for reject.",
  };
}

/** A rule of the mailbox sent it on. Where it came back to the mailbox, that says more. */
function redirected({ events, actions, to }: Known): Verdict | undefined {
  const deliveries = events.filter(([name]) => name === 'MAILBOX_EMAIL_DELIVERED');
  if (deliveries.some(([, event]) => String(event['recipient']).toLowerCase() === to)) return undefined;
  // An alias has no mailbox of its own name: where nothing was delivered, each rule of a mailbox is meant.
  const isMeant = (row: Row): boolean => deliveries.length === 0 || text(row, 'recipient') === to;
  for (const [name, event] of events) {
    const { ruleName, ruleType, targetRecipient } = event;
    if (name !== 'RULE_APPLIED' || ruleType !== 'MAILBOX_RULE' || typeof targetRecipient !== 'string')
      continue;
    if (!actions.some((row) => text(row, 'rule') === ruleName && isMeant(row))) continue;
    const why = `The rule "${String(ruleName)}" of the mailbox redirected it to ${targetRecipient}.`;
    return { outcome: 'redirected', why };
  }
  return undefined;
}

function delivered(known: Known): Verdict | undefined {
  const { events, to } = known;
  const deliveries = events.filter(([name]) => name === 'MAILBOX_EMAIL_DELIVERED').map(([, event]) => event);
  // An alias or a group has no mailbox of its own name: then every mailbox of the message is told.
  const own = deliveries.filter((event) => String(event['recipient']).toLowerCase() === to);
  const told = own.length > 0 ? own : deliveries;
  if (told.length === 0) return undefined;
  const places = told.map((event) => `${String(event['folder'])} of ${String(event['recipient'])}`);
  const isJunk = told.some((event) => /^junk/i.test(String(event['folder'])));
  const why = `It was delivered to ${places.join(' and ')}${isJunk ? `: ${junkReason(known)}` : ''}.`;
  return { outcome: isJunk ? 'junk' : 'delivered', why };
}

function junkReason(known: Known): string {
  const { events, actions, to } = known;
  // Through a group or an alias: the rule acted on that address.
  const isNamed = events.some(([, event]) => isFor(event, to));
  const rule = isNamed
    ? ruleWith('MOVE_TO_JUNK', known)
    : actions.find((row) => text(row, 'action') === 'MOVE_TO_JUNK');
  if (rule !== undefined) return `the rule "${text(rule, 'rule')}" moved it there`;
  if (appliedPolicy(events) === 'QUARANTINE')
    return "WorkMail's own DMARC enforcement moved it there, because the sender's domain asks for quarantine";
  const received = events.find(([name]) => name === 'ORGANIZATION_EMAIL_RECEIVED')?.[1];
  return received?.['spamVerdict'] === 'FAIL' ? 'SES holds it for spam' : 'the log does not say why';
}

function sent({ events, to }: Known): Verdict | undefined {
  // What came back in, to one of the organization's own, has a delivery that says more.
  if (events.some(([name, event]) => name === 'ORGANIZATION_EMAIL_RECEIVED' && isFor(event, to)))
    return undefined;
  for (const [name, event] of events) {
    if (name !== 'OUTGOING_EMAIL_SENT' || String(event['recipient']).toLowerCase() !== to) continue;
    return {
      outcome: 'sent',
      why: `It was sent to ${to}. What the server there did with it is not in this log.`,
    };
  }
  return undefined;
}

function isFor(event: Readonly<Record<string, unknown>>, to: string): boolean {
  const { recipients } = event;
  return Array.isArray(recipients) && recipients.some((one) => String(one).toLowerCase() === to);
}

function appliedPolicy(events: Known['events']): unknown {
  return events.find(([name]) => name === 'DMARC_POLICY_APPLIED')?.[1]['policy'];
}

function read(row: Row): Known['events'][number] {
  return [text(row, 'name'), record(JSON.parse(text(row, 'event')))];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(row: Row, column: string): string {
  return String(row[column] ?? '');
}
