/**
 * The canonical forms of a body, over bytes and without a copy of it (RFC 6376 §3.4.3 simple, §3.4.4 relaxed).
 *
 * Mail crosses SMTP with CRLF line ends, and that is what was signed. A store may hold it with bare LF, so a LF without
 * a CR before it is taken as a line end (§5.3 has the signer convert them); a CR without a LF behind it is content.
 */

export type Canonicalization = 'simple' | 'relaxed';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Small pieces are gathered in one buffer: a hash that is fed two bytes at a time takes a hundred times as long. */
const STAGE_BYTES = 16 * 1024;
/** What is rewritten at once: a bare LF becomes two octets, so it fits into the stage. */
const REWRITTEN_BYTES = STAGE_BYTES / 4;
/** From here on a run of unchanged bytes is handed on as a slice instead of being gathered. */
const SLICE_BYTES = 2 * 1024;
/** Line ends that were held back by the million are written from here. */
const MANY_LINE_ENDS = Buffer.from('\r\n'.repeat(STAGE_BYTES / 2));
const ONE_SPACE = Buffer.of(SPACE);
const LONE_CR = Buffer.of(CR);

/**
 * Calls `take` with the canonical body, piece by piece. A piece is only good until the call returns. The result does
 * not depend on where `slices` are cut.
 */
export function canonicalBody(
  slices: Iterable<Uint8Array>,
  canonicalization: Canonicalization,
  take: (piece: Uint8Array) => void,
): void {
  const relaxed = canonicalization === 'relaxed';
  const stage = new Uint8Array(STAGE_BYTES);
  const form: Form = { relaxed, take, stage, used: 0, empty: true, lines: 0, blank: false, cr: false };
  for (const slice of slices) feed(form, slice);
  if (form.cr) releaseCr(form);
  // §3.4.3: an empty body becomes one CRLF; §3.4.4: it stays empty. Empty lines at the end are gone in both.
  form.lines = relaxed && form.empty ? 0 : 1;
  form.blank = false;
  release(form);
  flush(form);
}

interface Form {
  readonly relaxed: boolean;
  readonly take: (piece: Uint8Array) => void;
  readonly stage: Uint8Array;
  /** Bytes in `stage`. */
  used: number;
  /** No content was found. */
  empty: boolean;
  /** What was read and is not written, since what follows decides; in this order: line ends, white space. */
  lines: number;
  blank: boolean;
  /** A CR ended the slice before. */
  cr: boolean;
}

function feed(form: Form, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const scanner = scannerOf(bytes, form.relaxed);
  if (form.cr && bytes[0] !== LF) releaseCr(form);
  for (let at = 0; ; ) {
    at = hold(form, bytes, at);
    if (at >= bytes.length) return;
    release(form);
    const end = runEnd(scanner, at);
    if (end - at < SLICE_BYTES) at = rewrite(form, bytes, at);
    else {
      emit(form, bytes.subarray(at, end));
      at = end;
    }
  }
}

function endLine(form: Form): void {
  form.cr = false;
  form.blank = false;
  form.lines++;
}

/** Reads line ends and white space from `at`; returns where content begins. */
function hold(form: Form, bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF) endLine(form);
    else if (byte === CR && at + 1 === bytes.length) form.cr = true;
    else if (byte === CR && bytes[at + 1] === LF) continue;
    else if (form.relaxed && (byte === SPACE || byte === TAB)) form.blank = true;
    else break;
  }
  return at;
}

/** Writes the canonical form of some bytes from `from` on, octet by octet; nothing is held. Returns how far it came. */
function rewrite(form: Form, bytes: Uint8Array, from: number): number {
  const { relaxed, stage } = form;
  if (form.used + REWRITTEN_BYTES * 2 > STAGE_BYTES) flush(form);
  const end = Math.min(bytes.length, from + REWRITTEN_BYTES);
  let { used } = form;
  let lines = 0;
  let blank = false;
  let at = from;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF) {
      blank = false;
      lines++;
    } else if (relaxed && (byte === SPACE || byte === TAB)) {
      blank = true;
    } else if (byte === CR && at + 1 === bytes.length) {
      break;
    } else if (byte !== CR || bytes[at + 1] !== LF) {
      for (; lines > 0; lines--) {
        stage[used++] = CR;
        stage[used++] = LF;
      }
      if (blank) stage[used++] = SPACE;
      blank = false;
      stage[used++] = byte;
    }
  }
  form.used = used;
  form.lines = lines;
  form.blank = blank;
  form.empty = false;
  return at;
}

/** A CR that no LF followed is content. */
function releaseCr(form: Form): void {
  form.cr = false;
  release(form);
  emit(form, LONE_CR);
}

function release(form: Form): void {
  while (form.lines > 0) {
    const lines = Math.min(form.lines, MANY_LINE_ENDS.length / 2);
    emit(form, MANY_LINE_ENDS.subarray(0, lines * 2));
    form.lines -= lines;
  }
  if (form.blank) emit(form, ONE_SPACE);
  form.blank = false;
}

function emit(form: Form, piece: Uint8Array): void {
  flush(form);
  form.take(piece);
  form.empty = false;
}

function flush(form: Form): void {
  if (form.used > 0) form.take(form.stage.subarray(0, form.used));
  form.used = 0;
}

/** A slice, and the same memory four octets at a time, from `first` on. */
interface Scanner {
  readonly bytes: Uint8Array;
  readonly relaxed: boolean;
  readonly words: Int32Array;
  readonly first: number;
}

const WORD_BYTES = 4;
/** Octets without a blank after which the next ones are looked at four at a time: words of a language are shorter. */
const WORTH_WORDS = 12;

function scannerOf(bytes: Uint8Array, relaxed: boolean): Scanner {
  const first = Math.min(bytes.length, (WORD_BYTES - (bytes.byteOffset % WORD_BYTES)) % WORD_BYTES);
  const count = Math.floor((bytes.length - first) / WORD_BYTES);
  const words = new Int32Array(bytes.buffer, count === 0 ? 0 : bytes.byteOffset + first, count);
  return { bytes, relaxed, words, first };
}

/** The end of the longest run from `from` that its canonical form leaves as it is. Content stands at `from`. */
function runEnd(scanner: Scanner, from: number): number {
  const { bytes, relaxed } = scanner;
  const { length } = bytes;
  let clean = 0;
  for (let at = from; at < length; ) {
    const byte = bytes[at] ?? 0;
    if (byte > SPACE || (byte > CR && !relaxed)) {
      at++;
      clean++;
      if (clean >= WORTH_WORDS) at = skipWords(scanner, at);
      continue;
    }
    clean = 0;
    if (byte === CR) {
      // A line end with content right behind it. At the end of the slice nobody knows what follows.
      if (at + 2 >= length || bytes[at + 1] !== LF || isHeld(bytes[at + 2] ?? 0)) return at;
      at += 3;
    } else if (byte === LF || (relaxed && byte === TAB)) {
      return at;
    } else if (relaxed && byte === SPACE) {
      if (at + 1 >= length || isHeld(bytes[at + 1] ?? 0)) return at;
      at += 2;
    } else {
      at++;
    }
  }
  return length;
}

/** Passes words in which no octet is below the bound: most of an encoded attachment is such. */
function skipWords({ words, first, relaxed }: Scanner, from: number): number {
  if (from < first || (from - first) % WORD_BYTES !== 0) return from;
  const bound = relaxed ? 0x21212121 : 0x0e0e0e0e;
  let index = (from - first) / WORD_BYTES;
  for (; index < words.length; index++) {
    // An octet below the bound has its highest bit set after the subtraction, and had it not before.
    const word = words[index] ?? 0;
    if (((word - bound) & ~word & 0x80808080) !== 0) break;
  }
  return first + index * WORD_BYTES;
}

function isHeld(byte: number): boolean {
  return byte === LF || byte === CR || byte === SPACE || byte === TAB;
}
