/** Whether Amazon SES sends a message with these attachments (Developer Guide, "SES unsupported attachment types"). */
import { isAttachedMessage, parseAttachedMessage } from './attached-message.ts';
import { contentProblems } from './transit.ts';
import type { Message } from './types.ts';

/** Against messages in messages in messages. */
const MAX_DEPTH = 8;

/**
 * What SES does not take, in words; undefined when there is nothing of the kind. AWS does not say whether it looks into
 * attached messages: here it does, so that what passes here should pass there.
 */
export function refusedAttachment(message: Message, depth = MAX_DEPTH): string | undefined {
  const own = contentProblems(message, undefined).find(({ kind }) => kind === 'attachment-type');
  if (own !== undefined || depth === 0) return own?.text;
  for (const part of message.parts.filter(isAttachedMessage)) {
    const within = refusedAttachment(parseAttachedMessage(message, part), depth - 1);
    if (within !== undefined) return within;
  }
  return undefined;
}
