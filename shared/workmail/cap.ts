/**
 * WorkMail's custom availability provider (CAP): when a user asks for the free/busy times of another domain, WorkMail
 * calls a function with the mailboxes and a time window, waits 25 s, and shows what comes back. A mailbox that the
 * answer leaves out or gets wrong fails alone.
 */

export { type CapDecoded, decodeCapRequest, MAX_CAP_MAILBOXES, parseTimestamp } from './cap-request.ts';
export {
  type CapEncoded,
  encodeCapResponse,
  MAX_CAP_EVENTS_PER_MAILBOX,
  MAX_CAP_RESPONSE_BYTES,
} from './cap-response.ts';
export { encodeTimezone } from './cap-timezone.ts';
export type * from './cap-types.ts';
