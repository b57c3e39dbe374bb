/** Which attachments a condition looks at, and which an action means. */
import type { Attachment } from '../mime/attachment-types.ts';
import { type AttachmentFilter, isMeant } from './conditions/attachment-filter.ts';
import { folded, visibleForm } from './fold.ts';
import type { MessageFacts } from './message-facts.ts';
import { searchText } from './text-pattern.ts';

/** Attachments that are looked at, those of attached messages included: as many as a message has parts at most, so that none of its own is left out. */
const MAX_ATTACHMENTS = 10_000;

/** Hundreds of rules ask about the same list. */
const lists = new WeakMap<readonly Attachment[], readonly Attachment[]>();

/** The attachments and, below each attached message, its own. */
export function withNested(attachments: readonly Attachment[]): readonly Attachment[] {
  const known = lists.get(attachments) ?? listNested(attachments);
  lists.set(attachments, known);
  return known;
}

function listNested(attachments: readonly Attachment[]): readonly Attachment[] {
  const found: Attachment[] = [];
  const waiting = attachments.toReversed();
  for (let next = waiting.pop(); next !== undefined && found.length < MAX_ATTACHMENTS; next = waiting.pop()) {
    found.push(next);
    waiting.push(...next.nested().toReversed());
  }
  return found;
}

/**
 * The attachments of the message itself that the filter means. An attached message is meant when one of its own is: its parts
 * are never taken out or renamed one by one, since it is somebody else's mail.
 */
export function chosenAttachments(filter: AttachmentFilter, facts: MessageFacts): readonly Attachment[] {
  const forms = { fold: folded, searched: (text: string) => searchText(visibleForm(text)) };
  return facts
    .attachments()
    .filter((attachment) => withNested([attachment]).some((one) => isMeant(filter, one, forms)));
}
