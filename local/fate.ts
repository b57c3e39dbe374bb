/** What the trace of a message knows of what became of it, and WorkMail's event log does not. */
import { calledFor, heldRecipients, isObject, type LogRecord, word } from './decisions.ts';
import type { TraceEntry } from './types.ts';

/**
 * Of a message that is not decided yet because a function fails: how often it was asked, why it failed, and when it is
 * asked again.
 */
export function waitingText(trace: readonly TraceEntry[]): string | undefined {
  const last = trace.findLast(({ kind, data }) => kind === 'retry' && data['tries'] !== undefined);
  if (last === undefined) return undefined;
  const { tries, why, nextAt, function: name } = last.data;
  const times = tries === 1 ? '1 try' : `${word(tries)} tries`;
  return `Not decided yet: ${times} of ${word(name)}, the last failed: ${word(why)}. The next is at ${word(nextAt)}.`;
}

/** Of a copy that was dropped for WorkMail: that a rule of ours holds it, and where. */
export function heldText(trace: readonly TraceEntry[], recipient: string): string | undefined {
  for (const { data } of trace) {
    const logs = Array.isArray(data['logs']) ? data['logs'].filter(isObject) : [];
    const names = calledFor(data['event']).map((name) => name.toLowerCase());
    if (heldRecipients(logs, names).has(recipient.toLowerCase()))
      return heldBy(logs, names.indexOf(recipient.toLowerCase()));
  }
  return undefined;
}

function heldBy(logs: readonly LogRecord[], index: number): string {
  const rule = logs.find(
    ({ step, outcome, recipients }) =>
      step === 'rules' &&
      outcome === 'quarantine' &&
      Array.isArray(recipients) &&
      recipients.map(Number).includes(index),
  )?.['rule'];
  const id = logs.find((record) => record['event'] === 'quarantine' && record['rule'] === rule)?.['id'];
  const where = id === undefined ? '' : ` with the id ${word(id)}`;
  return (
    `It was held in quarantine${where}, by the rule "${word(rule)}". "mailroom quarantine" shows it and releases it; ` +
    'for WorkMail it is dropped.'
  );
}

/** That nothing was decided about this copy in time, so that the fallback of a rule acted. */
export function fallbackText(trace: readonly TraceEntry[], recipient: string): string | undefined {
  const told = trace.filter(({ kind, data }) => kind === 'disposition' && data['recipient'] !== undefined);
  const own = told.filter(({ data }) => word(data['recipient']).toLowerCase() === recipient.toLowerCase());
  // A member of a group has no disposition of his own: then the group's is meant.
  const rules = (own.length > 0 ? own : told).map(({ data }) => data['rule']);
  const fallback = trace.find(({ kind, data }) => kind === 'fallback' && rules.includes(data['rule']));
  if (fallback === undefined) return undefined;
  const { rule, tries } = fallback.data;
  return (
    `This was the fallback of "${word(rule)}": the function failed until the time-out of the rule was over ` +
    `(${word(tries)} tries).`
  );
}
