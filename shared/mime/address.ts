/**
 * Address lists: what stands in From, To, Cc (RFC 5322 §3.4, with the obsolete forms of §4.4).
 *
 * A list holds mailboxes (`Ann <ann@example.com>` or `ann@example.com`) and groups of them (`Team: a@x, b@y;`).
 * Comments in parentheses may stand almost anywhere and nest; a local part may be quoted; an old form carries a route
 * before the address (`<@relay.example:ann@example.com>`). Mail programs disagree about everything that is not plain,
 * and attackers live on that. So the parser reads leniently, and names as a defect whatever another reader could take
 * for something else. Whoever needs certainty refuses what has defects.
 *
 * One pass over the characters, one over the tokens, no recursion, no regular expression on the text.
 */

export interface Mailbox {
  /** The phrase before the angle brackets, or the comment after a bare address; not RFC 2047 decoded. */
  readonly displayName: string | undefined;
  /** `local@domain` as written, without comments and white space. */
  readonly address: string;
  /** What follows the `@`, lower case; a domain literal keeps its brackets. Not converted to A-labels. */
  readonly domain: string;
}

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

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  /** Each at most once, in no particular order. */
  readonly defects: readonly AddressDefect[];
}

/** Against memory and time spent on a field of megabytes; RFC 5322 limits a line, not a field. */
const MAX_LIST_CHARS = 262_144;
/** Against a From or To of hundreds of thousands of addresses; WorkMail takes 500 recipients. */
const MAX_MAILBOXES = 5_000;

interface Token {
  readonly kind: 'atom' | 'quoted' | 'literal' | 'comment' | 'special';
  /** Without quotes or parentheses, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly afterComment: boolean;
}

/**
 * Reads an unfolded field body. Never throws; what cannot be read is left out and named in `defects`.
 *
 * ```ts
 * parseAddressList('Ann <ann@example.com>').mailboxes[0]?.domain; // 'example.com'
 * ```
 */
export function parseAddressList(value: string): AddressList {
  const defects = new Set<AddressDefect>();
  if (value.length > MAX_LIST_CHARS) defects.add('too-long');
  const tokens = tokenize(value.slice(0, MAX_LIST_CHARS), defects);
  const mailboxes: Mailbox[] = [];
  for (const element of splitElements(tokens, defects)) {
    if (mailboxes.length >= MAX_MAILBOXES) {
      defects.add('too-many');
      break;
    }
    const mailbox = readMailbox(element, defects);
    if (mailbox !== undefined) mailboxes.push(mailbox);
  }
  return { mailboxes, defects: [...defects] };
}

function tokenize(text: string, defects: Set<AddressDefect>): Token[] {
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
    if (isSpecial(char) && char !== ':') return undefined;
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

/** Cuts the list at commas and at the limits of groups. A group's name is dropped, its members stay. */
function* splitElements(tokens: readonly Token[], defects: Set<AddressDefect>): Generator<Token[]> {
  let element: Token[] = [];
  let inAngle = false;
  let inGroup = false;
  for (const token of tokens) {
    const special = token.kind === 'special' ? token.text : '';
    if (special === '<') inAngle = true;
    if (special === '>') inAngle = false;
    if (!inAngle && special === ':') {
      // RFC 5322 §3.4: the phrase before the colon names a group; groups do not nest.
      if (inGroup) defects.add('bad-address');
      if (element.some(isAt)) defects.add('address-in-name');
      inGroup = true;
      element = [];
    } else if (!inAngle && (special === ',' || special === ';')) {
      if (special === ';') inGroup = false;
      yield element;
      element = [];
    } else {
      element.push(token);
    }
  }
  if (inAngle) defects.add('unbalanced-angle');
  if (inGroup) defects.add('unclosed-group');
  yield element;
}

function readMailbox(element: readonly Token[], defects: Set<AddressDefect>): Mailbox | undefined {
  if (element.every((token) => token.kind === 'comment')) return undefined;
  const open = element.findIndex((token) => token.kind === 'special' && token.text === '<');
  if (open < 0) {
    const comment = element.findLast((token) => token.kind === 'comment');
    return readAddress(element, comment?.text, defects);
  }
  const close = element.findIndex((token, index) => index > open && isSpecialToken(token, '>'));
  const phrase = element.slice(0, open);
  const after = close < 0 ? [] : element.slice(close + 1);
  if (phrase.some(isAt)) defects.add('address-in-name');
  if (phrase.some((token) => isSpecialToken(token, '>'))) defects.add('unbalanced-angle');
  if (after.some((token) => token.kind !== 'comment')) defects.add('text-around-address');
  const inside = withoutRoute(element.slice(open + 1, close < 0 ? undefined : close), defects);
  return readAddress(inside, displayName(phrase), defects);
}

function displayName(phrase: readonly Token[]): string | undefined {
  const words = phrase.filter((token) => token.kind !== 'comment').map((token) => token.text);
  return words.length === 0 ? undefined : words.join(' ');
}

/** RFC 5322 §4.4: `@a,@b:` before the address is a route, to be ignored. */
function withoutRoute(inside: readonly Token[], defects: Set<AddressDefect>): readonly Token[] {
  const first = inside.find((token) => token.kind !== 'comment');
  if (first === undefined || !isAt(first)) return inside;
  defects.add('route');
  return inside.slice(inside.findLastIndex((token) => isSpecialToken(token, ':')) + 1);
}

/** RFC 5322 §3.4.1 addr-spec, with white space and comments allowed around it only. */
function readAddress(
  tokens: readonly Token[],
  name: string | undefined,
  defects: Set<AddressDefect>,
): Mailbox | undefined {
  const words = tokens.filter((token) => token.kind !== 'comment');
  const at = words.findIndex(isAt);
  if (at < 0) {
    defects.add('no-address');
    return undefined;
  }
  const local = joinTail(words.slice(0, at), defects);
  const domain = joinHead(words.slice(at + 1), defects);
  if (local === undefined || domain === undefined) {
    defects.add('bad-address');
    return undefined;
  }
  checkGap(words[at - 1], words[at], defects);
  checkGap(words[at], words[at + 1], defects);
  if (local.includes('=?') || domain.includes('=?')) defects.add('encoded-word-in-address');
  return { displayName: name, address: `${local}@${domain}`, domain: domain.toLowerCase() };
}

/** The domain: the words after the @, as far as they hang together. */
function joinHead(words: readonly Token[], defects: Set<AddressDefect>): string | undefined {
  let text = '';
  let last: Token | undefined;
  for (const word of words) {
    if (word.kind === 'special' || word.kind === 'quoted') return undefined;
    if (last !== undefined && !hangTogether(last, word)) {
      defects.add('text-around-address');
      break;
    }
    checkGap(last, word, defects);
    text += word.text;
    last = word;
  }
  return text === '' ? undefined : text;
}

/** The local part: the words before the @, as far back as they hang together. */
function joinTail(words: readonly Token[], defects: Set<AddressDefect>): string | undefined {
  const parts: string[] = [];
  let next: Token | undefined;
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const word = words[index];
    if (word === undefined || word.kind === 'special' || word.kind === 'literal') return undefined;
    if (next !== undefined && !hangTogether(word, next)) {
      defects.add('text-around-address');
      break;
    }
    checkGap(word, next, defects);
    parts.push(word.kind === 'quoted' ? quote(word.text) : word.text);
    next = word;
  }
  return parts.length === 0 ? undefined : parts.reverse().join('');
}

/** RFC 5322 §4.4 obs-domain and obs-local-part: white space or a comment may stand beside a dot, nowhere else. */
function hangTogether(left: Token, right: Token): boolean {
  return left.end === right.start || left.text.endsWith('.') || right.text.startsWith('.');
}

function checkGap(left: Token | undefined, right: Token | undefined, defects: Set<AddressDefect>): void {
  if (left === undefined || right === undefined || left.end === right.start) return;
  defects.add(right.afterComment ? 'comment-in-address' : 'space-in-address');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function isSpecialToken(token: Token, text: string): boolean {
  return token.kind === 'special' && token.text === text;
}

function isAt(token: Token): boolean {
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
