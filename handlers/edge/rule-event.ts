/** The event of a rule at the door: taken, or refused with the names of its wrong fields. */
import { PermanentError } from '../../shared/errors.ts';
import type { LogValue } from '../../shared/log.ts';
import { decodeRuleEvent } from '../../shared/workmail/event.ts';
import type { RuleEvent } from '../../shared/workmail/types.ts';

/** The event, or a PermanentError that names every wrong field. */
export function requireEvent(rawEvent: unknown): RuleEvent {
  const decoded = decodeRuleEvent(rawEvent);
  if (decoded.ok) return decoded.event;
  throw new PermanentError(`not an event of a WorkMail rule: ${decoded.problems.join('; ')}`);
}

/** What every record of an invocation carries. */
export function idFields(event: RuleEvent): { readonly [key: string]: LogValue } {
  return { messageId: event.messageId, invocationId: event.invocationId ?? null };
}
