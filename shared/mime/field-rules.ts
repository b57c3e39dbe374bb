/** Which header fields there must be, which may be there once, and which say what a message is and are not ours to change. */

/** RFC 5322 §3.6 requires Date as well, but mail comes in without it, and WorkMail lets it pass in transit. */
export const REQUIRED_FIELDS: readonly string[] = ['from'];

/** Those of which RFC 5322 §3.6 and RFC 2045 allow one. */
export const UNIQUE_FIELDS: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
];

/** Who wrote it, when, under which id, and which way it came. */
export const IMMUTABLE_FIELDS: readonly string[] = [
  'from',
  'sender',
  'date',
  'message-id',
  'received',
  'return-path',
];

/** Whether no change of a header may concern the field: it is immutable, or says how the body is to be read. */
export function isProtectedField(lowerName: string): boolean {
  return (
    IMMUTABLE_FIELDS.includes(lowerName) || lowerName === 'mime-version' || lowerName.startsWith('content-')
  );
}
