/**
 * The way of one message from the queue to its end: rules, functions, decision, effects. It can be cut off anywhere
 * and begun again: what counts is in the journal, and each step looks there whether it is done.
 */
import { arrivalEvent } from '../event-log/arrival.ts';
import { dmarcEvent, enforceDmarc } from '../native/dmarc.ts';
import { applyQuotas } from '../native/quotas.ts';
import type { MessageSummary } from '../types.ts';
import { ask, callBeside } from './calls.ts';
import { eventsOf, redirectingMailbox } from './children.ts';
import { decide, type Plan, planMessage, type Settled } from './decide.ts';
import { carryOut } from './effects.ts';
import { type Engine, stateOf, type Work } from './engine.ts';
import { throughGateway } from './gateway.ts';
import { applyMailboxRules } from './mailbox-rules.ts';
import { backOff, Stopped, sleep } from './turns.ts';
import type { ActionWord, Decision, Entry, Target } from './types.ts';

/** Pauses after something of this machine failed: a full disk, a name server that does not answer. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 300_000;

const OUTCOMES: Readonly<Record<Target, string>> = {
  inbox: 'Inbox',
  junk: 'Junk',
  send: 'sent',
  gateway: 'sent',
  drop: 'dropped',
  bounce: 'bounced',
};

/** Resolves when the message is done, or the flow stops. Failures are traced and tried again. */
export async function travel(engine: Engine, work: Work): Promise<void> {
  try {
    await travelToEnd(engine, work);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    engine.archive.flush(work.entry.id);
  }
}

async function travelToEnd(engine: Engine, work: Work): Promise<void> {
  const { entry } = work;
  const { archive } = engine;
  const known = stateOf(engine, entry).decision;
  // Told again after a restart: what the last process had not written yet must not be missing.
  if (known !== undefined) tellDecision(engine, work, known);
  const decision = known ?? (await persist(engine, work, () => settle(engine, work)));
  const { called, delivered } = stateOf(engine, entry);
  const owed = decision.asyncCalls.filter((call) => !called.has(call.rule));
  // Begun beside the delivery and awaited after it.
  const calls = Promise.allSettled(
    owed.map((call) => persist(engine, work, () => callBeside(engine, work, call))),
  );
  // What the gateway does not take is bounced; it is asked before the rest, and once.
  const routed = await persist(engine, work, () => throughGateway(engine, work, decision));
  if (!delivered) {
    await persist(engine, work, () => engine.messageTurns(() => carryOut(engine, work, routed), true));
    if (owed.length > 0) await persist(engine, work, () => record(engine, entry, 'delivered'));
  }
  archive.summarize(summaryOf(work, routed, 'done'));
  for (const call of await calls) if (call.status === 'rejected') throw call.reason;
  archive.tell(entry.id, 'done', 'Done.');
  await persist(engine, work, async () => {
    archive.store(entry.id);
    await record(engine, entry, 'done');
  });
}

/** What was said of the message goes to the disk before the step that would keep it from being said again. */
async function record(engine: Engine, entry: Entry, op: 'delivered' | 'done'): Promise<void> {
  engine.archive.flush(entry.id);
  engine.events.flush();
  await engine.journal.append({ op, id: entry.id });
}

/** Goes through a step until it succeeds; a step may be gone through any number of times. @throws Stopped */
async function persist<T>(engine: Engine, work: Work, step: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const why = error instanceof Error ? error.message : String(error);
      engine.archive.tell(
        work.entry.id,
        'retry',
        `Something failed here and will be tried again: ${why}`,
        {},
      );
      work.again = true;
      await sleep(backOff(failures, FIRST_PAUSE_MS, MAX_PAUSE_MS) * engine.deps.timeScale, engine.stopping);
    }
  }
}

/** Decides, by WorkMail's own DMARC enforcement or by the rules, and puts it on record: from then on it stands. */
async function settle(engine: Engine, work: Work): Promise<Decision> {
  const { entry } = work;
  const { organization } = engine.deps;
  // Where the last decision could not be put on record this is another one, and a Put has a say in it.
  work.closed = false;
  const decided = enforceDmarc(entry, organization) ?? (await askRules(engine, work));
  await engine.inTransit.close(work);
  const decision = applyQuotas(engine, entry, await applyMailboxRules(engine, work, decided));
  await engine.journal.append({ op: 'decide', id: entry.id, decision });
  tellDecision(engine, work, decision);
  return decision;
}

/** Asks whom the rules name. */
async function askRules(engine: Engine, work: Work): Promise<Decision> {
  const { entry, facts } = work;
  const { organization } = engine.deps;
  const plan = planMessage(entry, facts, organization);
  tellChoices(engine, entry, plan);
  const settled = new Map<string, Settled>();
  for (const question of plan.questions) settled.set(question.rule.name, await ask(engine, work, question));
  return decide(entry, facts, organization, plan, settled);
}

/** One line for each rule that acts, however many recipients it acts for. */
function tellChoices(engine: Engine, entry: Entry, plan: Plan): void {
  const groups = new Map<
    string,
    { readonly choice: Plan['choices'][number]['choice']; readonly recipients: string[] }
  >();
  for (const { recipient, choice } of plan.choices) {
    const key = JSON.stringify([choice.acting.map((rule) => rule.name), choice.losers]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { choice, recipients: [recipient] });
    else group.recipients.push(recipient);
  }
  for (const { choice, recipients } of groups.values()) {
    const names = choice.acting.map((rule) => `"${rule.name}" (${rule.action})`).join(' and ');
    const acting =
      names === '' ? 'No rule acts' : `Rule ${names} acts, matched by the ${choice.matchedBy ?? ''} header,`;
    const losers = choice.losers.map(({ rule, why }) => ` "${rule}" does not: ${why}.`).join('');
    engine.archive.tell(entry.id, 'rule', `${acting} for ${recipients.join(', ')}.${losers}`, {
      rules: choice.acting.map((rule) => rule.name),
      losers: choice.losers,
      recipients,
    });
  }
}

function tellDecision(engine: Engine, { entry, facts }: Work, decision: Decision): void {
  const byDmarc = dmarcEvent(entry, facts, engine.deps.organization);
  if (byDmarc !== undefined) engine.events.write(entry.traceId, byDmarc);
  const byRule = new Map<string, Map<ActionWord, string[]>>();
  for (const { recipient, to, action, why, rule } of decision.recipients) {
    engine.archive.tell(entry.id, 'disposition', `${recipient}: ${action} (${why}).`, {
      recipient,
      action,
      to,
      rule,
    });
    if (rule === undefined) continue;
    const actions = byRule.get(rule) ?? new Map<ActionWord, string[]>();
    byRule.set(rule, actions.set(action, [...(actions.get(action) ?? []), recipient]));
  }
  const ruleType = entry.direction === 'inbound' ? 'INBOUND_RULE' : 'OUTBOUND_RULE';
  for (const [ruleName, actions] of byRule) {
    const ruleActions = [...actions].map(([action, recipients]) => ({ action, recipients }));
    engine.events.write(entry.traceId, { eventName: 'RULE_APPLIED', ruleName, ruleType, ruleActions });
  }
  for (const { rule: ruleName, recipients } of decision.asyncCalls) {
    const ruleActions = [{ action: 'RUN_LAMBDA', recipients }];
    engine.events.write(entry.traceId, { eventName: 'RULE_APPLIED', ruleName, ruleType, ruleActions });
  }
}

/** The first line of a message's trace, and its first event. */
export function tellArrival(engine: Engine, { entry, facts }: Work): void {
  const { client, verdicts, recipients, mailFrom, bytes } = entry;
  const from = mailFrom === '' ? 'the null sender' : mailFrom;
  const redirecting = redirectingMailbox(entry);
  const arrived =
    entry.origin === 'submission'
      ? `submitted by ${entry.authenticatedUser ?? from}`
      : `from ${client.name} [${client.address}]`;
  const where = redirecting === undefined ? arrived : `redirected by ${redirecting}`;
  const text = `Accepted ${where}: ${bytes} bytes of ${from} for ${recipients.join(', ')}.`;
  engine.archive.tell(entry.id, 'received', text, {
    client,
    mailFrom,
    recipients,
    ...(verdicts === undefined ? {} : { verdicts }),
    ...(entry.parent === undefined ? {} : { parent: entry.parent }),
  });
  // Nobody submitted what a mailbox sends on: its first event is that of the rule.
  if (redirecting === undefined) eventsOf(engine, entry).write(entry.traceId, arrivalEvent(entry, facts));
}

/** The line of the page's list. */
export function summaryOf(
  { entry, facts }: Pick<Work, 'entry' | 'facts'>,
  decision: Decision | undefined,
  state: MessageSummary['state'],
): MessageSummary {
  const { id, direction, origin, mailFrom, recipients, bytes } = entry;
  const outcomes = state === 'done' ? (decision?.recipients ?? []) : [];
  return {
    id,
    time: new Date(entry.receivedAt).toISOString(),
    direction,
    origin,
    mailFrom,
    ...(facts.from === undefined ? {} : { from: facts.from }),
    recipients,
    subject: facts.subject ?? '',
    bytes,
    state,
    outcomes: outcomes.map(({ recipient, to, outcome }) => ({
      recipient,
      outcome: (to === 'inbox' || to === 'drop') && outcome !== undefined ? outcome : OUTCOMES[to],
    })),
  };
}
