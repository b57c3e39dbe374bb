/**
 * The criteria that PutRawMessageContent documents for new content (Amazon WorkMail Message Flow API Reference,
 * RawMessageContent), as far as they can be checked without guessing. AWS names no list of required, immutable or
 * unique headers; here the unique ones are those of which RFC 5322 §3.6 allows one, and From must be there. Whether
 * each part of a multipart is well formed, and whether SES supports the type of an attachment, is not checked.
 */

/** RFC 5321 §4.5.3.1.6: "The maximum total length of a text line including the <CRLF> is 1000 octets". */
const MAX_LINE_BYTES = 1000;
/** WorkMail's limit for a message in MIME form. */
const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;
/** A header longer than this is an attack; it is not looked through further. */
const MAX_HEADER_BYTES = 1024 * 1024;

const UNIQUE = new Set([
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
]);

const LF = 10;
const CR = 13;
const COLON = 58;

function hasLongLine(bytes: Uint8Array): boolean {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(LF, start);
    const next = end === -1 ? bytes.length : end + 1;
    // A line end of LF alone is sent as CRLF.
    const bare = end !== -1 && bytes[end - 1] !== CR ? 1 : 0;
    if (next - start + bare > MAX_LINE_BYTES) return true;
    start = next;
  }
  return false;
}

/** How often each header field stands there, by lower-case name; undefined when a line is neither a field nor its continuation. */
function countFields(bytes: Uint8Array): ReadonlyMap<string, number> | undefined {
  const counts = new Map<string, number>();
  let start = 0;
  while (start < bytes.length && start < MAX_HEADER_BYTES) {
    const end = bytes.indexOf(LF, start);
    const stop = end === -1 ? bytes.length : end;
    const line = bytes.subarray(start, bytes[stop - 1] === CR ? stop - 1 : stop);
    if (line.length === 0) break;
    start = stop + 1;
    if (line[0] === 32 || line[0] === 9) continue;
    const colon = line.indexOf(COLON);
    if (colon < 1) return undefined;
    const name = Buffer.from(line.subarray(0, colon)).toString('latin1').trim().toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Why WorkMail would answer MessageRejected, in words; undefined when it would take the message. */
export function rejectionOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) return 'The message is larger than 40 MB.';
  if (hasLongLine(bytes)) return 'A line of the message is longer than 1000 characters.';
  const fields = countFields(bytes);
  if (fields === undefined) return 'The header section of the message is malformed.';
  if (!fields.has('from')) return "Missing required header 'From'.";
  for (const [name, count] of fields) if (count > 1 && UNIQUE.has(name)) return `Duplicate header '${name}'.`;
  return undefined;
}
