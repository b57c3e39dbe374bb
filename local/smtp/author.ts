import { authorDomain } from '../../shared/auth/index.ts';
import { parseAddressList } from '../../shared/mime/address.ts';
import { headerFields, type Message, parseMessage } from '../../shared/mime/index.ts';
import type { Directory } from '../types.ts';

/** RFC 5321 §4.5.3.1.6: no line is longer, and a Sender field needs not more than a few. */
const MAX_SENDER_BYTES = 4_000;

/** Whether a user may send with this address: the own one or an alias. Sending as a group takes a permission, which is not modelled. */
export function isOwnAddress(directory: Directory, user: string, address: string): boolean {
  const mailboxes = directory.expand(address.toLowerCase());
  return mailboxes.length === 1 && mailboxes[0] === user;
}

/**
 * Why a user may not send this message, or undefined. From must name one author, written so that all readers see the
 * same one, and it must be the user; so must Sender, if there is one. Else one's own server would sign for another.
 */
export function authorProblem(bytes: Uint8Array, directory: Directory, user: string): string | undefined {
  const message = parseMessage(bytes);
  const author = authorDomain(message);
  if (author.kind !== 'one') return 'The From header must name one author';
  if (!isOwnAddress(directory, user, author.address)) return 'The From header must hold your own address';
  for (const sender of sendersOf(message)) {
    if (sender === undefined || !isOwnAddress(directory, user, sender))
      return 'The Sender header must hold your own address';
  }
  return undefined;
}

/** One per Sender field; undefined for one that holds anything but a single address. */
function sendersOf(message: Message): (string | undefined)[] {
  return headerFields(message.root.header, 'sender').map(({ value }) => {
    if (value.end - value.start > MAX_SENDER_BYTES) return undefined;
    const text = Buffer.from(message.bytes.subarray(value.start, value.end)).toString('latin1');
    const { mailboxes, defects } = parseAddressList(text.replace(/\r?\n(?=[ \t])/g, ''));
    return mailboxes.length === 1 && defects.length === 0 ? mailboxes[0]?.address : undefined;
  });
}
