/**
 * The tokens of an address list (RFC 5322 §3.2): atoms, quoted strings, comments, domain literals, and the characters that
 * mean something between them. One pass, no recursion.
 */

export type AddressDefect =
  | 'too-long'
  | 'too-many'
  | 'control-character'
  | 'unbalanced-quote'
  | 'unbalanced-comment'
  | 'unbalanced-angle'
  | 'unclosed-group'
  | 'backslash-outside-quotes'
  /** A list element names no address: `Doe, John <j@example.com>` has one. */
  | 'no-address'
  | 'bad-address'
  | 'address-in-name'
  | 'text-around-address'
  | 'comment-in-address'
  | 'space-in-address'
  | 'encoded-word-in-address'
  /** RFC 5322 §4.4 obs-route. */
  | 'route';

export interface Token {
  readonly kind: 'atom' | 'quoted' | 'literal' | 'comment' | 'special';
  /** Without quotes or parentheses, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly afterComment: boolean;
}

/** Reads the whole text; what is odd is named in `defects`. */
export function tokenize(text: string, defects: Set<AddressDefect>): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (isSpace(char)) {
      if (char === '\r' || char === '\n') defects.add('control-character');
      at += 1;
      continue;
    }
    const token = readToken(text, at, tokens.at(-1), defects);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

/** What the readers below find: a token before it is known what stands in front of it. */
type Found = Omit<Token, 'afterComment'>;

function readToken(text: string, at: number, before: Token | undefined, defects: Set<AddressDefect>): Token {
  const afterComment = before?.kind === 'comment';
  const char = text.charAt(at);
  if (char === '"') return { ...readQuoted(text, at, defects), afterComment };
  if (char === '(') return { ...readComment(text, at, defects), afterComment };
  if (isSpecial(char)) return { kind: 'special', text: char, start: at, end: at + 1, afterComment };
  // RFC 5322 §3.4.1: brackets mean a domain literal only after the @; elsewhere they are a stray character.
  if (char === '[' && before !== undefined && isAt(before)) {
    const literal = readLiteral(text, at);
    if (literal !== undefined) return { ...literal, afterComment };
  }
  return { ...readAtom(text, at, defects), afterComment };
}

function readLiteral(text: string, start: number): Found | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === ']') return { kind: 'literal', text: text.slice(start, at + 1), start, end: at + 1 };
    // No address literal has blanks or quotes (RFC 5321 §4.1.3), and others begin a quoted string there.
    if ((isSpecial(char) && char !== ':') || isSpace(char) || char === '"') return undefined;
  }
  return undefined;
}

function readAtom(text: string, start: number, defects: Set<AddressDefect>): Found {
  let end = start;
  for (; end < text.length; end += 1) {
    const char = text.charAt(end);
    if (isSpace(char) || isSpecial(char) || char === '"' || char === '(') break;
    if (isControl(char)) defects.add('control-character');
    if (char === '\\') defects.add('backslash-outside-quotes');
  }
  return { kind: 'atom', text: text.slice(start, end), start, end };
}

function readQuoted(text: string, start: number, defects: Set<AddressDefect>): Found {
  const chars: string[] = [];
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') return { kind: 'quoted', text: chars.join(''), start, end: at + 1 };
    if (isControl(char)) defects.add('control-character');
    // RFC 5322 §3.2.4: a backslash takes the next character as it is.
    if (char === '\\') at += 1;
    chars.push(text.charAt(at));
  }
  defects.add('unbalanced-quote');
  return { kind: 'quoted', text: chars.join(''), start, end: text.length };
}

/** Comments nest (RFC 5322 §3.2.2): a counter holds the depth, so no depth costs anything. */
function readComment(text: string, start: number, defects: Set<AddressDefect>): Found {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (isControl(char)) defects.add('control-character');
    if (char === '\\') at += 1;
    else if (char === '(') depth += 1;
    else if (char === ')') {
      depth -= 1;
      if (depth === 0) return { kind: 'comment', text: text.slice(start + 1, at).trim(), start, end: at + 1 };
    }
  }
  defects.add('unbalanced-comment');
  return { kind: 'comment', text: text.slice(start + 1).trim(), start, end: text.length };
}

/** Whether the token is that special character. */
export function isSpecialToken(token: Token, text: string): boolean {
  return token.kind === 'special' && token.text === text;
}

/** Whether it is the `@` between local part and domain. */
export function isAt(token: Token): boolean {
  return isSpecialToken(token, '@');
}

function isSpecial(char: string): boolean {
  return char === '<' || char === '>' || char === ',' || char === ';' || char === ':' || char === '@';
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

function isControl(char: string): boolean {
  return (char < ' ' && char !== '\t') || char === '\x7f';
}
