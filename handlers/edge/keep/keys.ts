/**
 * Where things stand in the bucket of what rules keep. Every key is made of the invocation, which is the same over
 * retries, and of what is kept: what is done twice finds the first one and leaves it, and nothing else.
 *
 *   quarantine/ID/message.eml, quarantine/ID/about.json   held messages
 *   copies/FOLDER/ID.eml                                  copies that a rule asks for
 *   attachments/ID/NUMBER.EXT                             attachments that a link took the place of
 *   notices/sent/ID                                       a notice that is on its way or was given up
 *   notices/HOUR/RECEIVER/NUMBER                          how many notices somebody got in an hour
 *   released/ID                                           releases that were used
 */
import { createHash } from 'node:crypto';
import type { RuleEvent } from '../../../shared/workmail/types.ts';
import { recordId } from '../record.ts';

/** 128 bits: nobody guesses another's, and a person can still read it out. */
const ID_DIGITS = 32;

/** The same for the same invocation and words, in every try of it. */
export function idOf(event: RuleEvent, ...words: readonly string[]): string {
  const text = [recordId(event), event.messageId, ...words].join('\0');
  return createHash('sha256').update(text).digest('hex').slice(0, ID_DIGITS);
}

export function quarantineKeys(id: string): { readonly message: string; readonly about: string } {
  return { message: `quarantine/${id}/message.eml`, about: `quarantine/${id}/about.json` };
}

/** The id of what a rule holds for some recipients; for others, as a changed policy may want in a retry, another. */
export function quarantineId(
  event: RuleEvent,
  { rule, recipients }: { readonly rule: string; readonly recipients: readonly number[] },
): string {
  return idOf(event, 'quarantine', rule, recipients.join());
}

/** Is there once the notice of this id is on its way. */
export function sentKey(id: string): string {
  return `notices/sent/${id}`;
}

/** An extension tells a browser's user what he gets; a longer one is no extension. */
const EXTENSION = /\.([A-Za-z0-9]{1,10})$/;

/** Of an attachment that a link takes the place of. No name of the sender's: it would stand in logs and links. */
export function attachmentKey(id: string, number: number, name: string | undefined): string {
  const extension = EXTENSION.exec(name ?? '')?.[1]?.toLowerCase();
  return `attachments/${id}/${number}${extension === undefined ? '' : `.${extension}`}`;
}
