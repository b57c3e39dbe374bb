/**
 * Sends on what a rule of a mailbox redirects: a message of its own in the queue, once for each mailbox, which passes
 * the outbound rules like a user's mail and whose content no function can change (in-transit.ts). The mailbox keeps no
 * copy. The guide says nothing of the envelope: the sender stays who it was, a null sender too, and is told when
 * the copy bounces (RFC 5321 §3.9.1, where an alias leaves the return path alone).
 */
import { PermanentError } from '../../shared/errors.ts';
import type { MailEvent } from '../event-log/events.ts';
import { childEntry, eventsOf } from './children.ts';
import { type Engine, stateOf, type Work } from './engine.ts';
import { childId } from './ids.ts';
import type { ChildRole, Decision, Redirect } from './types.ts';

/** May be gone through any number of times. What goes on is what the mailbox would have got. */
export async function redirectAll(engine: Engine, work: Work, decision: Decision): Promise<void> {
  const { entry } = work;
  const events = eventsOf(engine, entry);
  for (const redirect of decision.redirects ?? []) {
    const role: ChildRole = `redirect:${redirect.mailbox}`;
    events.write(entry.traceId, redirectedEvent(redirect));
    if (!stateOf(engine, entry).children.has(role)) await sendOn(engine, work, redirect, role);
    const id = childId(entry.id, role);
    const text = `The rule "${redirect.rule}" of ${redirect.mailbox} sends it on to ${redirect.to}, as message ${id}.`;
    engine.archive.tell(entry.id, 'forwarded', text, { ...redirect, messageId: id });
  }
}

async function sendOn(engine: Engine, work: Work, redirect: Redirect, role: ChildRole): Promise<void> {
  const { entry } = work;
  const { mailbox, to } = redirect;
  const delivered = await engine.contents.archived(entry.id, 'final');
  if (delivered === undefined) throw new PermanentError('the content of a message is missing');
  // RFC 9228; mailbox-rules.ts looks for it.
  const bytes = Buffer.concat([Buffer.from(`Delivered-To: ${mailbox}\r\n`), delivered]);
  const child = childEntry(engine, entry, role, {
    direction: 'outbound',
    mailFrom: entry.mailFrom,
    returnPath: entry.returnPath,
    recipients: [to],
    client: { address: '127.0.0.1', name: 'localhost', helo: 'localhost' },
    redirectedBy: [...(entry.redirectedBy ?? []), mailbox],
    bytes: bytes.length,
  });
  await engine.spoolChild(child, bytes);
}

function redirectedEvent({ mailbox, rule, to }: Redirect): MailEvent {
  return { ...ruleEvent(mailbox, rule, 'REDIRECT'), targetRecipient: to };
}

/** What the event log says of a copy that a rule of the mailbox put into a folder. */
export function movedEvent(mailbox: string, rule: string, folder: string): MailEvent {
  return { ...ruleEvent(mailbox, rule, 'MOVE_TO_FOLDER'), targetFolder: folder };
}

function ruleEvent(mailbox: string, ruleName: string, action: string) {
  const ruleActions = [{ action, recipients: [mailbox] }];
  return { eventName: 'RULE_APPLIED', ruleName, ruleType: 'MAILBOX_RULE', ruleActions } as const;
}
