/** What the flow reads of a message's header: who it says it is from, its subject, and SES's opinion on spam. */
import { parseAddressList } from '../../shared/mime/address.ts';
import { headerField, headerText, parseMessage, rawHeaderText } from '../../shared/mime/index.ts';
import type { Message } from '../../shared/mime/types.ts';

/** An address longer than RFC 5321 §4.5.3.1 allows says nothing about who sent it, and would only fill the event. */
const MAX_ADDRESS_CHARS = 320;
/** A subject of megabytes must not be kept in every summary and trace. */
const MAX_SUBJECT_CHARS = 10_000;

export interface HeaderFacts {
  /** The first address in From; undefined when there is none to read. */
  readonly from: string | undefined;
  /** The address in Sender; undefined when there is none to read. */
  readonly sender: string | undefined;
  /** Decoded; undefined without a Subject field. */
  readonly subject: string | undefined;
  /** The Message-ID with its angle brackets; undefined when it is missing or not plain. */
  readonly messageIdHeader: string | undefined;
  /** SES found the message to be spam (`X-SES-Spam-Verdict: FAIL`). */
  readonly isSpam: boolean;
}

/** Reads them. Never throws. */
export function readHeaderFacts(bytes: Uint8Array): HeaderFacts {
  const message = parseMessage(bytes);
  const { header } = message.root;
  const subject = headerField(header, 'subject');
  const id = rawText(message, 'message-id');
  return {
    from: firstAddress(message, 'from'),
    sender: firstAddress(message, 'sender'),
    subject: subject === undefined ? undefined : headerText(message, subject).slice(0, MAX_SUBJECT_CHARS),
    messageIdHeader: id !== undefined && /^<[!-;=?-~]{1,250}>$/.test(id) ? id : undefined,
    // SES writes its block on top, so the first field of this name is SES's. Only FAIL is heeded, which no sender gains by.
    isSpam: rawText(message, 'x-ses-spam-verdict')?.toUpperCase() === 'FAIL',
  };
}

/** The bytes of the message's own header. */
export function headerBytes(bytes: Uint8Array): Uint8Array {
  const { header } = parseMessage(bytes).root;
  return bytes.subarray(header.start, header.end);
}

function rawText(message: Message, name: string): string | undefined {
  const field = headerField(message.root.header, name);
  return field === undefined ? undefined : rawHeaderText(message, field).trim();
}

function firstAddress(message: Message, name: string): string | undefined {
  const text = rawText(message, name);
  const address = text === undefined ? undefined : parseAddressList(text).mailboxes[0]?.address;
  return address !== undefined && address.length <= MAX_ADDRESS_CHARS ? address : undefined;
}
