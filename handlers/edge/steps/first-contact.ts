/** For which recipients a message is the first of its author. */
import { PermanentError } from '../../../shared/errors.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';

/** One for each recipient of the event; undefined where it is not known. Throws TemporaryError or PermanentError. */
export async function firstContacts(
  { event, ports }: Invocation,
  message: FetchedMessage,
  signal: AbortSignal,
): Promise<readonly (boolean | undefined)[]> {
  if (ports.contacts === undefined) throw new PermanentError('MAILROOM_KEEP_BUCKET is not set');
  const author = message.author();
  // Nobody can be known by a From that names nobody, or several.
  if (author.kind !== 'one') return event.recipients.map(() => true);
  const { recipients, messageId } = event;
  const question = { author: author.address, proved: isProved(message), recipients, messageId };
  return ports.contacts.firstContact(question, signal);
}

/**
 * What SES says is enough here. Where SES writes nothing, a sender can write it in its place: then he is known as whom he
 * names, as he would be if no proof was asked for.
 */
function isProved(message: FetchedMessage): boolean {
  const evidence = message.evidence();
  return evidence.state === 'present' && evidence.dmarc.result === 'pass';
}
