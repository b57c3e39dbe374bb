/**
 * What mailauth is given of a message. It is exact, and it was not written for hostile sizes: some headers take it time
 * in the square of their length, some bodies stop the process while it reads them. So headers that nobody's mail has
 * are not verified at all, and bodies are handed over in a form that takes time in proportion to their length.
 */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FieldSpan, scanHeader } from './header-fields.ts';

/** Verifying costs more than time in proportion to the header: a longer one is not verified, only delivered. */
export const MAX_VERIFIED_HEADER_BYTES = 128 * 1024;
/** Long runs of blanks and line ends in a header are what slow patterns stumble over; nobody's mail has them. */
export const MAX_BLANK_RUN = 256;
/** A field that is folded over more lines than this (one a recipient is common) takes mailauth time in the square of them. */
export const MAX_FIELD_LINES = 1_000;
/** A signature may list every field of the header many times over, and each is looked for. */
export const MAX_FIELDS = 1_000;
/** Address lists take time in the square of their length too; an author needs one line. */
export const MAX_FROM_BYTES = 16 * 1024;
/** RFC 6376 §6.1: a verifier may limit the signatures that it tries; each costs a look-up and an RSA operation. */
export const MAX_SIGNATURES = 20;
const PIECE_BYTES = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Whether signatures and author are looked at. When not, DMARC is permerror: nothing can be concluded. */
export function verifiable(bytes: Uint8Array): boolean {
  const { fields, end } = scanHeader(bytes.subarray(0, MAX_VERIFIED_HEADER_BYTES + 1));
  if (end > MAX_VERIFIED_HEADER_BYTES || fields.length > MAX_FIELDS) return false;
  if (longestBlankRun(bytes.subarray(0, end)) > MAX_BLANK_RUN) return false;
  if (fields.some((field) => linesOf(bytes, field) > MAX_FIELD_LINES)) return false;
  const fromBytes = fields.reduce(
    (sum, field) => sum + (field.name === 'from' ? field.end - field.start : 0),
    0,
  );
  if (fromBytes > MAX_FROM_BYTES) return false;
  return fields.filter((field) => field.name === 'dkim-signature').length <= MAX_SIGNATURES;
}

function linesOf(bytes: Uint8Array, field: FieldSpan): number {
  let lines = 0;
  for (let at = field.start; at < field.end; at += 1) if (bytes[at] === LF) lines += 1;
  return lines;
}

/** Spaces, tabs, line ends and the other control characters. */
function longestBlankRun(header: Uint8Array): number {
  let longest = 0;
  let run = 0;
  for (const octet of header) {
    run = octet <= 0x20 ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/** The message as mailauth reads it fastest. */
export function verifierInput(bytes: Uint8Array): Buffer | Readable {
  return inPieces(crlfOnly(bytes));
}

/**
 * mailauth turns each bare LF into CRLF before it hashes, one asynchronous step a line. Forty megabytes of line feeds
 * would stop the process; done here in one pass it takes a moment. Such a message is hashed as mailauth would have it.
 */
function crlfOnly(bytes: Uint8Array): Buffer {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bare = bareFeeds(source);
  if (bare === 0) return source;
  const target = Buffer.allocUnsafe(source.length + bare);
  let to = 0;
  let before = 0;
  for (const octet of source) {
    if (octet === LF && before !== CR) {
      target[to] = CR;
      to += 1;
    }
    target[to] = octet;
    to += 1;
    before = octet;
  }
  return target;
}

function bareFeeds(bytes: Uint8Array): number {
  let count = 0;
  let before = 0;
  for (const octet of bytes) {
    if (octet === LF && before !== CR) count += 1;
    before = octet;
  }
  return count;
}

/**
 * A long message in pieces that end with a line, with a turn of the event loop after each, so that others are served
 * meanwhile. mailauth reads a line that is cut by a piece again from its start: uncut, that is never needed.
 */
function inPieces(bytes: Buffer): Buffer | Readable {
  if (bytes.length <= PIECE_BYTES) return bytes;
  return Readable.from(
    (async function* pieces() {
      for (let at = 0; at < bytes.length; ) {
        const feed = bytes.indexOf(LF, at + PIECE_BYTES - 1);
        const end = feed < 0 ? bytes.length : feed + 1;
        yield bytes.subarray(at, end);
        at = end;
        await nextTurn();
      }
    })(),
  );
}
