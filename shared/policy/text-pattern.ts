/**
 * Patterns over text: regular expressions in RE2's syntax (https://github.com/google/re2/wiki/Syntax), which has neither
 * backreferences nor look-around, so that a search takes time in proportion to the text, whatever the pattern and the text.
 * The engine is large and is loaded when a policy has a pattern.
 */
import type { RE2JS, RE2JSSyntaxException } from 're2js';
import { requiredWords, searchForm } from './required-words.ts';

type Library = typeof import('re2js');

/** A pattern that was compiled. In JSON it is its source alone. */
export interface TextPattern {
  readonly source: string;
  /** Whether it is found anywhere in the text. */
  found(searched: SearchText): boolean;
}

/** A text as patterns look at it; made once for all of them. */
export interface SearchText {
  /** Its beginning. */
  readonly text: string;
  /** The same, for `requiredWords`. */
  readonly form: string;
}

export function searchText(whole: string): SearchText {
  const text = whole.slice(0, MAX_PATTERN_TEXT);
  return { text, form: searchForm(text) };
}

export type CompiledPattern =
  | {
      readonly ok: true;
      readonly pattern: TextPattern;
      /** Instructions. */
      readonly size: number;
      /** It matches the empty text, so it is found in every one. */
      readonly everywhere: boolean;
    }
  /** `at` counts characters from 0, where the engine tells. */
  | { readonly ok: false; readonly why: string; readonly at?: number };

export interface PatternEngine {
  compile(source: string): CompiledPattern;
}

/** Characters of one pattern: fifty words, or thirty domains. A longer one is a list that belongs into several. */
export const MAX_PATTERN = 1_000;
/**
 * Instructions of one compiled pattern; fifty words are five hundred, and `.{1,300}` is short and stands for six hundred.
 * Most searches read 128 K characters in about a millisecond. Where pattern and text are made to defeat the engine's
 * automaton, each instruction costs some 20 ns for every character, still in linear time: with the limit below that is
 * two seconds, and not the whole time of a rule.
 */
export const MAX_PATTERN_PROGRAM = 700;
/** Instructions of all patterns of a policy: a thousand rules with a common pattern each. Keeps their sum in bounds too. */
export const MAX_POLICY_PROGRAM = 50_000;
/** Characters of a text that patterns look at, from its beginning. */
export const MAX_PATTERN_TEXT = 128 * 1024;

let engine: Promise<PatternEngine> | undefined;

/** Loads the engine, once for each process. */
export function loadPatternEngine(): Promise<PatternEngine> {
  engine ??= import('re2js').then(createEngine);
  return engine;
}

function createEngine({ RE2JS: Engine, RE2JSSyntaxException: SyntaxException }: Library): PatternEngine {
  const flags = Engine.CASE_INSENSITIVE | Engine.MULTILINE;
  return {
    compile(source) {
      let compiled: RE2JS;
      try {
        compiled = Engine.compile(source, flags);
      } catch (error) {
        if (!(error instanceof SyntaxException)) throw error;
        return { ok: false, ...explain(source, error) };
      }
      const size = compiled.programSize();
      if (size > MAX_PATTERN_PROGRAM)
        return {
          ok: false,
          why: `it is too large: with its repetitions written out it has ${size} steps, and ${MAX_PATTERN_PROGRAM} is the most; repeat less, or write several patterns`,
        };
      const required = requiredWords(source);
      // `test` runs on the engine's automaton; a matcher, which also finds where, takes fifty times as long.
      const found = ({ text, form }: SearchText): boolean =>
        required.every((words) => words.some((word) => form.includes(word))) && compiled.test(text);
      const everywhere = ['', '\u2603'].every((text) => compiled.test(text));
      return { ok: true, pattern: { source, found }, size, everywhere };
    },
  };
}

/** The flags that the library writes before what it was given. */
const FLAGS = '(?m)(?i)';

/** What other engines have and RE2 has not, in a pattern that it refused. */
const UNSUPPORTED: readonly { readonly form: RegExp; readonly why: string }[] = [
  {
    form: /(?<!\\)\(\?<?!/,
    why: 'look-ahead and look-behind are not supported; say what must not be there with "unless"',
  },
  {
    form: /(?<!\\)\(\?<?=/,
    why: 'look-ahead and look-behind are not supported; write a second condition, or a wider pattern',
  },
  { form: /(?<!\\)\\[1-9]/, why: 'references back to a group are not supported' },
];

/** What is wrong and where: the library tells the piece that it stumbled over. */
function explain(
  source: string,
  error: RE2JSSyntaxException,
): { readonly why: string; readonly at?: number } {
  const unsupported = UNSUPPORTED.find(({ form }) => form.test(source));
  if (unsupported !== undefined) return { why: unsupported.why, at: source.search(unsupported.form) };
  const why = error.getDescription();
  const piece = error.getPattern();
  // A piece that goes to the end of the pattern stands for the place where it begins; another may occur several times.
  if (piece === null || piece === '' || piece.startsWith(FLAGS)) return { why };
  const at = source.endsWith(piece) ? source.length - piece.length : source.indexOf(piece);
  return at < 0 ? { why } : { why: `${why}: ${JSON.stringify(piece)}`, at };
}
