/** Macro strings (RFC 7208 §7): `%{ir}.%{v}._spf.%{d2}` is read once and filled in for each check. */

/** A stretch of text, or a macro with its transformers. */
export type MacroPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'macro';
      readonly letter: MacroLetter;
      /** An upper-case letter: the value is percent-encoded (§7.3). */
      readonly escape: boolean;
      /** How many labels from the right are kept; undefined for all. */
      readonly keep: number | undefined;
      readonly reverse: boolean;
      readonly delimiters: string;
    };

export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'h' | 'v';

/** `c`, `r` and `t` are for explanations only (§7.2), which are not fetched. */
const MACRO = /%\{([slodiphvSLODIPHV])([0-9]*)([rR]?)([.\-+,/_=]*)\}/y;
/** §7.1 macro-literal. */
const LITERAL = /[!-$&-~]+/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['%%', '%'],
  ['%_', ' '],
  ['%-', '%20'],
]);
/** §7.1 toplabel: not only digits, no hyphen at its ends. */
const TOP_LABEL = /\.(?=[0-9A-Za-z-]*[A-Za-z-])[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.?$/;
/** No count beyond this makes a difference: a name has at most 127 labels. */
const MAX_KEPT = 128;
/** RFC 7208 §7.3: a longer name loses labels from the left. */
const MAX_NAME_CHARS = 253;
/** Before the name, and behind it. */
const DOTS_AT_ENDS = 2;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** §7.1 macro-string; undefined when it is none. */
export function parseMacroString(text: string): readonly MacroPiece[] | undefined {
  const pieces: MacroPiece[] = [];
  for (let at = 0; at < text.length; ) {
    const read = readPiece(text, at);
    if (read === undefined) return undefined;
    pieces.push(read.piece);
    at = read.end;
  }
  return pieces;
}

/** §7.1 domain-spec: a macro string that ends with a macro or a top label. */
export function parseDomainSpec(text: string): readonly MacroPiece[] | undefined {
  const pieces = parseMacroString(text);
  const last = pieces?.at(-1);
  if (last === undefined) return undefined;
  return last.kind === 'macro' || TOP_LABEL.test(text) ? pieces : undefined;
}

function readPiece(
  text: string,
  at: number,
): { readonly piece: MacroPiece; readonly end: number } | undefined {
  LITERAL.lastIndex = at;
  const literal = LITERAL.exec(text)?.[0];
  if (literal !== undefined) return { piece: { kind: 'text', text: literal }, end: at + literal.length };
  const escaped = ESCAPES.get(text.slice(at, at + 2));
  if (escaped !== undefined) return { piece: { kind: 'text', text: escaped }, end: at + 2 };
  MACRO.lastIndex = at;
  const [whole, letter = '', digits = '', reverse, delimiters = ''] = MACRO.exec(text) ?? [];
  if (whole === undefined) return undefined;
  // §7.1: the count of labels is not zero.
  if (digits !== '' && Number(digits) === 0) return undefined;
  return {
    piece: {
      kind: 'macro',
      letter: letter.toLowerCase() as MacroLetter, // MACRO lets in these alone
      escape: letter !== letter.toLowerCase(),
      keep: digits === '' ? undefined : Math.min(Number(digits), MAX_KEPT),
      reverse: reverse !== '',
      delimiters: delimiters === '' ? '.' : delimiters,
    },
    end: at + whole.length,
  };
}

/**
 * Fills the macros in, with what `lookUp` says for their letters. From the right, and no further than a name can be long: of a
 * longer one the left is dropped (§7.3), so that a record of thousands of macros costs no more than one of a few.
 */
export async function expandMacros(
  pieces: readonly MacroPiece[],
  lookUp: (letter: MacroLetter) => string | Promise<string>,
): Promise<string> {
  let text = '';
  for (const piece of pieces.toReversed()) {
    if (text.length > MAX_NAME_CHARS + DOTS_AT_ENDS) break;
    text = (piece.kind === 'text' ? piece.text : transform(await lookUp(piece.letter), piece)) + text;
  }
  return text;
}

function transform(value: string, macro: Extract<MacroPiece, { kind: 'macro' }>): string {
  const labels = splitAt(value, macro.delimiters);
  if (macro.reverse) labels.reverse();
  const kept = labels.slice(-(macro.keep ?? labels.length)).join('.');
  return macro.escape ? percentEncoded(kept) : kept;
}

function splitAt(value: string, delimiters: string): string[] {
  const [first = '.', ...others] = new Set(delimiters);
  return others.reduce((text, other) => text.replaceAll(other, first), value).split(first);
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((octet) => {
      const char = String.fromCharCode(octet);
      return UNRESERVED.test(char) ? char : `%${octet.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}

/** §7.3: labels are taken from the left until the name fits into the DNS; without a dot at its end. */
export function shortened(name: string): string {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  if (bare.length <= MAX_NAME_CHARS) return bare;
  const dot = bare.indexOf('.', bare.length - MAX_NAME_CHARS - 1);
  return dot < 0 ? bare : bare.slice(dot + 1);
}
