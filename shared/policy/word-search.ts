/**
 * Whether words stand in a text, for hundreds of rules that ask about the same text. After a few questions the text is read
 * once and it is noted which four characters follow one another in it; a word with four that do not is not searched for.
 */

/** Questions after which the note pays. */
const ASKED_BEFORE_NOTE = 8;
/** How many characters in a row are noted. */
const RUN = 4;
/** Bits of the note: enough for a text of usual length to leave most of them empty, and little memory for the longest. */
const MIN_BITS = 2 ** 16;
const MAX_BITS = 2 ** 23;
const BITS_PER_CHAR = 16;

/** Says of a word whether it stands in the text. */
export type WordSearch = (word: string) => boolean;

/** Asks about one text; both in the form in which texts are compared. */
export function wordSearch(text: string): WordSearch {
  let asked = 0;
  let note: Note | undefined;
  return (word) => {
    if (++asked > ASKED_BEFORE_NOTE && word.length >= RUN) {
      note ??= noteOf(text);
      if (!mayStand(note, word)) return false;
    }
    return text.includes(word);
  };
}

interface Note {
  readonly bits: Uint8Array;
  readonly mask: number;
}

/** One character more, and the last four are what counts: what is further back has been shifted out. */
function shifted(hash: number, code: number): number {
  return ((hash << 8) ^ Math.imul(code, 0x9e3779b1)) | 0;
}

/** The place of the last four characters' bit. */
function placeOf(hash: number, mask: number): number {
  return (Math.imul(hash, 0x85ebca6b) >>> 7) & mask;
}

function noteOf(text: string): Note {
  let size = MIN_BITS;
  while (size < MAX_BITS && size < text.length * BITS_PER_CHAR) size *= 2;
  const bits = new Uint8Array(size / 8);
  const mask = size - 1;
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    hash = shifted(hash, text.charCodeAt(at));
    const place = placeOf(hash, mask);
    if (at >= RUN - 1) bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
  }
  return { bits, mask };
}

function mayStand({ bits, mask }: Note, word: string): boolean {
  let hash = 0;
  for (let at = 0; at < word.length; at++) {
    hash = shifted(hash, word.charCodeAt(at));
    const place = placeOf(hash, mask);
    if (at >= RUN - 1 && ((bits[place >> 3] ?? 0) & (1 << (place & 7))) === 0) return false;
  }
  return true;
}
