/**
 * Words that a text must hold for a pattern to be found in it: searching for them is many times faster than searching for
 * the pattern. Where something in the pattern is not understood here, nothing is said, and it is searched for itself.
 */

/** One of these, in ASCII and lower case, stands in every text in which the pattern is found. */
type Words = readonly string[];

/** A shorter word stands in most texts. */
const MIN_WORD = 2;
/** More words cost more than they spare. */
const MAX_WORDS = 64;
/** Groups in groups; what is deeper is not understood. */
const MAX_DEPTH = 20;

/** A character that stands for itself; punctuation may be behind a backslash. */
const LETTER = /\\([!-/:-@[-`{-~])|([^\\[()|*+?.^$\P{ASCII}\p{Cc}])/uy;
/** What stands for one of several characters, or for a place. */
const OTHER =
  /\\[pP](?:\{\^?\w+\}|\w)|\\x(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{2})|\\[0-7]{1,3}|\\[bBAzdDsSwWnrtfva]|[.^$]|\P{ASCII}|\(\?[imsU]*(?:-[imsU]+)?\)(?![*+?{])|\[\^?\]?(?:\\[^Q]|\[:\^?\w+:\]|[^\]\\])*\]/uy;
const OPEN = /\((?:\?(?:[imsU]*(?:-[imsU]+)?:|P?<\w+>)|(?!\?))/y;
const BAR = /\|/y;
const CLOSE = /\)/y;
const REPEAT = /(?:([*?])|\+|\{(\d+)(?:,\d*)?\})\??/y;

/** A pattern, and how far it was read. */
interface Reading {
  readonly source: string;
  at: number;
}

/** What stands here, if it is of this form, and goes on behind it. */
function take(reading: Reading, form: RegExp): RegExpExecArray | null {
  form.lastIndex = reading.at;
  const found = form.exec(reading.source);
  if (found !== null) reading.at = form.lastIndex;
  return found;
}

/** How long the shortest word is: the longer, the fewer texts hold it. */
function shortest(words: Words): number {
  return Math.min(...words.map((word) => word.length));
}

/** What every branch requires; of several, the best set of each. Reads up to `)` or the end. */
function alternatives(reading: Reading, depth: number): readonly Words[] {
  const branches: (readonly Words[])[] = [];
  do branches.push(branch(reading, depth));
  while (take(reading, BAR) !== null);
  const [only] = branches;
  if (only !== undefined && branches.length === 1) return only;
  const best = branches.map((sets) => sets.toSorted((one, other) => shortest(other) - shortest(one))[0]);
  const words = best.flatMap((set) => set ?? []);
  return best.includes(undefined) || words.length > MAX_WORDS ? [] : [words];
}

/** All that one branch requires. Stops where something is not understood. */
function branch(reading: Reading, depth: number): readonly Words[] {
  const sets: Words[] = [];
  let run = '';
  const endRun = (): void => {
    if (run.length >= MIN_WORD) sets.push([run]);
    run = '';
  };
  for (;;) {
    const letter = take(reading, LETTER);
    const inside = letter === null ? group(reading, depth) : undefined;
    if (letter === null && inside === undefined && take(reading, OTHER) === null) break;
    const repeat = take(reading, REPEAT);
    const maybe = repeat !== null && (repeat[1] !== undefined || Number(repeat[2]) === 0);
    if (letter !== null && !maybe) run += (letter[1] ?? letter[2] ?? '').toLowerCase();
    if (letter === null || repeat !== null) endRun();
    if (inside !== undefined && !maybe) sets.push(...inside);
  }
  endRun();
  return sets;
}

/** A group, if one begins here. */
function group(reading: Reading, depth: number): readonly Words[] | undefined {
  if (depth === MAX_DEPTH || take(reading, OPEN) === null) return undefined;
  const sets = alternatives(reading, depth + 1);
  // Not at its end: `requiredWords` sees that too.
  return take(reading, CLOSE) === null ? undefined : sets;
}

/** Of each set one word must stand in the text, for a pattern that the engine takes. Empty: nothing can be said. */
export function requiredWords(source: string): readonly Words[] {
  const reading: Reading = { source, at: 0 };
  const sets = alternatives(reading, 0);
  return reading.at === source.length ? sets : [];
}

/**
 * The form of a text in which required words are looked for. Two letters have a third form beside their capital: U+212A
 * for k, which becomes k, and U+017F for s, which would stay.
 */
export function searchForm(text: string): string {
  return text.toLowerCase().replaceAll('\u017f', 's');
}
