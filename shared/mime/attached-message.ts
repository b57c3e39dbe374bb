/** An attached message (RFC 2046 §5.2.1) is a leaf of the message around it; here it is read as one of its own. */

import { textKind } from './files/text-kinds.ts';
import { fileExtensions } from './part-names.ts';
import { parseMessage } from './scan.ts';
import { decodeBody, decodeBodyStart } from './transfer.ts';
import type { Message, Part } from './types.ts';

/**
 * Reads the message that the part holds, whatever the part says that it is. Its offsets are those of its own octets: where
 * the part is not encoded, as RFC 2046 asks, these are the same memory, and `part.body.start` leads back.
 */
export function parseAttachedMessage(message: Message, part: Part): Message {
  return parseMessage(decodeBody(message, part).bytes);
}

const MESSAGE_TYPES: ReadonlySet<string> = new Set(['message/rfc822', 'message/global', 'message/news']);

/** RFC 2046 §5.2.1, RFC 6532 §3.7, and what news had before. */
export function isAttachedMessage(part: Part): boolean {
  return MESSAGE_TYPES.has(part.contentType.mediaType);
}

const MESSAGE_EXTENSIONS: ReadonlySet<string> = new Set(['eml', 'mht', 'mhtml', 'nws']);
/** So much of a file is looked at to tell whether it is a message. */
const LOOKED_AT_BYTES = 8 * 1024;

/** Whether mail programs open the part as a message: by its type, by a name, or, of a file of no known type, by its first lines. */
export function holdsMessage(message: Message, part: Part): boolean {
  if (part.children.length > 0) return false;
  if (isAttachedMessage(part)) return true;
  if (fileExtensions(message, part).some((extension) => MESSAGE_EXTENSIONS.has(extension))) return true;
  if (part.contentType.mediaType !== 'application/octet-stream') return false;
  return textKind(decodeBodyStart(message, part, LOOKED_AT_BYTES).bytes)?.mediaType === 'message/rfc822';
}
