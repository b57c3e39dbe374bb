/**
 * A release: a message that a rule held comes once more, and passes the rules this time. It carries
 *
 *     X-Mailroom-Release: v1 EXPIRES MAC
 *
 * EXPIRES is Unix time in seconds, MAC = HMAC-SHA256(key, "mailroom-release v1" NUL recipient NUL digest NUL EXPIRES) in
 * base64url. The digest is that of the original message, so the field passes nothing else, to nobody else, and not for
 * ever; that it passes only once is for whoever keeps the record of what was used.
 *
 * The original comes in one of two shapes: attached to a message that we wrote, as its second and last part, or by
 * itself, with the field as its first line (below what the servers on the way added).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { headerField } from '../mime/header.ts';
import { rawHeaderText } from '../mime/header-text.ts';
import { decodeBody } from '../mime/transfer.ts';
import type { Message } from '../mime/types.ts';

export const RELEASE_HEADER = 'X-Mailroom-Release';

const VERSION = 'v1';
const RELEASE = /^v1 (\d{10}) ([A-Za-z0-9_-]{43})$/;
/** Of the digest: one call of the hash for many lines. */
const PIECE_BYTES = 64 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/** HMAC-SHA256 with the key that marks are made with (`shared/workmail/mark.ts`); what is signed tells the two apart. */
export type ReleaseMac = (data: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export interface ReleaseClaim {
  readonly recipient: string;
  /** Of `originalDigest`. */
  readonly digest: string;
  /** Unix time in seconds. */
  readonly expires: number;
}

/** The value of the field. */
export async function makeRelease(
  claim: ReleaseClaim,
  mac: ReleaseMac,
  signal: AbortSignal,
): Promise<string> {
  const value = await mac(claimedData(claim), signal);
  return `${VERSION} ${claim.expires} ${Buffer.from(value).toString('base64url')}`;
}

export type VerifiedRelease =
  | { readonly kind: 'ours'; readonly expires: number; readonly id: string }
  /** Made up, or copied from another message or another recipient's. */
  | { readonly kind: 'not-ours' }
  /** The message carries no such field. */
  | { readonly kind: 'none' };

/** Reads the field of a message for its one recipient; `key` is all generations of it. `id` is the same for every copy of one release. */
export async function verifyRelease(
  message: Message,
  recipient: string,
  key: readonly ReleaseMac[],
  signal: AbortSignal,
): Promise<VerifiedRelease> {
  const field = headerField(message.root.header, RELEASE_HEADER);
  if (field === undefined) return { kind: 'none' };
  const match = RELEASE.exec(rawHeaderText(message, field).trim());
  const [, expires = '', given = ''] = match ?? [];
  if (match === null) return { kind: 'not-ours' };
  const claimed = Buffer.from(given, 'base64url');
  for (const original of originals(message, field.end)) {
    const claim = { recipient, digest: originalDigest(original), expires: Number(expires) };
    for (const mac of key) {
      const expected = await mac(claimedData(claim), signal);
      if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) continue;
      const id = createHash('sha256').update(`release ${given}`).digest('hex');
      return { kind: 'ours', expires: claim.expires, id };
    }
  }
  return { kind: 'not-ours' };
}

/**
 * SHA-256, in hexadecimal, of the message with LF line ends and without those at its end: servers on the way write CRLF
 * for a lone LF, and add one to a last line that has none. A lone CR stays what it is.
 */
export function originalDigest(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end -= 1;
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let length = 0;
  for (let at = 0; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === CR && bytes[at + 1] === LF) continue;
    piece[length] = byte;
    length += 1;
    if (length < PIECE_BYTES) continue;
    hash.update(piece);
    length = 0;
  }
  return hash.update(piece.subarray(0, length)).digest('hex');
}

/** What may be the original: the attached message, and what follows the field. */
function originals(message: Message, fieldEnd: number): Uint8Array[] {
  const { contentType, children } = message.root;
  const [, attached, ...more] = children;
  const whole = message.bytes.subarray(fieldEnd);
  const isWrapped =
    contentType.mediaType === 'multipart/mixed' && attached !== undefined && more.length === 0;
  return isWrapped ? [decodeBody(message, attached).bytes, whole] : [whole];
}

function claimedData({ recipient, digest, expires }: ReleaseClaim): Uint8Array {
  return Buffer.from(['mailroom-release v1', recipient.toLowerCase(), digest, String(expires)].join('\0'));
}
