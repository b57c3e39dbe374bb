/**
 * WorkMail's hard limits for one message, both ways. The guide does not say who refuses what is beyond them; here the
 * SMTP server does, so that the sender keeps the message and is told by the own server. Two more are SMTP's from the
 * start: 40 MB as MIME is its SIZE, and the 501st recipient gets 452, after which a client sends a second message.
 */
import { decodeBody, fileName, type Message, type Part, parseMessage } from '../../shared/mime/index.ts';

export interface MessageLimits {
  /** Of all bodies together, transfer encodings undone. */
  readonly unencodedBytes: number;
  readonly attachments: number;
}

/** The guide's. In base64, 29 MB are just under the 40 MB that a message may have as MIME. */
export const MESSAGE_LIMITS: MessageLimits = { unencodedBytes: 29 * 1024 * 1024, attachments: 500 };

/** What SMTP answers. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** Why a message is refused, or undefined. */
export function messageProblem(
  bytes: Uint8Array,
  limits: MessageLimits = MESSAGE_LIMITS,
): Refusal | undefined {
  const message = parseMessage(bytes);
  const leaves = message.parts.filter((part) => part.children.length === 0);
  const attachments = leaves.filter((part) => isAttachment(message, part)).length;
  if (attachments > limits.attachments)
    return { code: 554, text: `5.6.0 The message has more than ${limits.attachments} attachments` };
  // No encoding makes a body smaller.
  if (bytes.length <= limits.unencodedBytes) return undefined;
  let unencoded = 0;
  for (const part of leaves) unencoded += decodeBody(message, part).bytes.length;
  if (unencoded <= limits.unencodedBytes) return undefined;
  return { code: 552, text: `5.3.4 The message is larger than ${limits.unencodedBytes} bytes unencoded` };
}

function isAttachment(message: Message, part: Part): boolean {
  if (part.path === '' && part.disposition === undefined) return false;
  return part.disposition === 'attachment' || fileName(message, part) !== undefined;
}
