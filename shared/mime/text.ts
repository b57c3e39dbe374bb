/** The text of a part: transfer encoding and charset taken off (RFC 2046 §4.1). For reading; edits work on octets. */
import { type CharsetText, decodeLeniently } from './charset.ts';
import { decodeBody } from './transfer.ts';
import type { Message, Part } from './types.ts';

/**
 * The part's body as text. Never fails: an unknown transfer encoding is read as it stands, an unknown or missing
 * charset as UTF-8 or else windows-1252; `charset` names what was used, `replaced` says that octets did not fit.
 */
export function decodeText(message: Message, part: Part): CharsetText {
  return decodeLeniently(decodeBody(message, part).bytes, part.contentType.parameters.get('charset'));
}
