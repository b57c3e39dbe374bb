/**
 * HTML as tokens with offsets (HTML Standard §13.2.5), without a tree: text, tags, comments, and what stands in elements
 * whose content is text. It reads as a browser does that is outside SVG and MathML and runs no scripts; what may be read in
 * another way there is for the transforms to level (`levelling.ts`). Every octet is in exactly one token. Linear.
 */

export interface HtmlToken {
  readonly kind: 'text' | 'rawText' | 'startTag' | 'endTag' | 'comment' | 'declaration';
  readonly start: number;
  readonly end: number;
  /** Lower case, of a tag; of raw text the element's; else empty. */
  readonly name: string;
  /** The input does not end within it. */
  readonly complete: boolean;
}

export interface HtmlAttribute {
  readonly start: number;
  readonly end: number;
  /** Lower case. */
  readonly name: string;
  /** Without its quotes, entities as they stand. Equal where there is no value. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** How much markup is still looked at (`MAX_HTML_TOKENS`); negative when there was more. */
export interface HtmlBudget {
  left: number;
}

/** Elements whose content is text up to their own end tag (HTML Standard §13.2.6.2, 13.2.6.4.7). */
export const RAW_TEXT: ReadonlySet<string> = new Set([
  'title',
  'style',
  'script',
  'textarea',
  'noembed',
  'noframes',
  'iframe',
  'xmp',
  'plaintext',
]);

const END_TAGS: ReadonlyMap<string, RegExp> = new Map(
  [...RAW_TEXT].map((name) => [name, new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi')]),
);

/** The tokens from `start` on. Stops where the budget ends. */
export function* htmlTokens(html: string, start: number, budget: HtmlBudget): Generator<HtmlToken> {
  let at = start;
  while (at < html.length) {
    const token = markupAt(html, at) ?? textAt(html, at);
    if (--budget.left < 0) return;
    yield token;
    at = token.end;
    if (token.kind !== 'startTag' || !token.complete || !RAW_TEXT.has(token.name)) continue;
    const end = endOfRawText(html, at, token.name);
    if (end > at) {
      const complete = end < html.length;
      yield { kind: 'rawText', start: at, end, name: token.name, complete };
    }
    at = end;
  }
}

/** The attributes of a tag, those of its repeated names too. */
export function attributesOf(html: string, tag: HtmlToken, budget: HtmlBudget): readonly HtmlAttribute[] {
  const attributes: HtmlAttribute[] = [];
  let at = tag.start + 1 + tag.name.length;
  for (;;) {
    while (isSpace(html, at) || html[at] === '/') at++;
    if (at >= tag.end - 1 || html[at] === '>') return attributes;
    if (--budget.left < 0) return attributes;
    const start = at;
    at = afterAttributeName(html, at);
    const name = html.slice(start, at).toLowerCase();
    const equals = skipSpace(html, at);
    if (html[equals] !== '=') {
      attributes.push({ start, end: at, name, valueStart: at, valueEnd: at });
      continue;
    }
    const from = skipSpace(html, equals + 1);
    const end = afterValue(html, from);
    if (end === -1) return attributes;
    const quoted = html[from] === '"' || html[from] === "'" ? 1 : 0;
    attributes.push({ start, end, name, valueStart: from + quoted, valueEnd: end - quoted });
    at = end;
  }
}

/** What begins with the "<" at `at`; undefined where that is text. */
function markupAt(html: string, at: number): HtmlToken | undefined {
  if (html[at] !== '<') return undefined;
  const next = html.charCodeAt(at + 1);
  if (isLetter(next)) return tag(html, at, 'startTag');
  if (next === 0x2f) {
    if (at + 2 >= html.length) return undefined;
    return isLetter(html.charCodeAt(at + 2)) ? tag(html, at, 'endTag') : bogus(html, at);
  }
  if (html.startsWith('<!--', at)) return comment(html, at);
  return next === 0x21 || next === 0x3f ? bogus(html, at) : undefined;
}

/** HTML Standard §13.2.5.1, 6, 7: what makes of a "<" the beginning of something. */
const MARKUP = /<(?:[a-zA-Z!?]|\/[\s\S])/g;

function textAt(html: string, at: number): HtmlToken {
  MARKUP.lastIndex = at + 1;
  const end = MARKUP.exec(html)?.index ?? html.length;
  return { kind: 'text', start: at, end, name: '', complete: true };
}

function tag(html: string, at: number, kind: 'startTag' | 'endTag'): HtmlToken {
  const nameStart = kind === 'startTag' ? at + 1 : at + 2;
  const nameEnd = endOfTagName(html, nameStart);
  const end = afterTag(html, nameEnd);
  const name = html.slice(nameStart, nameEnd).toLowerCase();
  return { kind, start: at, end: end === -1 ? html.length : end, name, complete: end !== -1 };
}

/** HTML Standard §13.2.5.41, 42: what looks like a declaration and is none ends at the first ">". */
function bogus(html: string, at: number): HtmlToken {
  const close = html.indexOf('>', at + 2);
  const end = close === -1 ? html.length : close + 1;
  return { kind: 'declaration', start: at, end, name: '', complete: close !== -1 };
}

const COMMENT_END = /--!?>/g;

/** HTML Standard §13.2.5.43-52: `<!-->` and `<!--->` are whole comments, `--!>` ends one as well. */
function comment(html: string, at: number): HtmlToken {
  const common = { kind: 'comment', start: at, name: '' } as const;
  if (html[at + 4] === '>') return { ...common, end: at + 5, complete: true };
  if (html.startsWith('->', at + 4)) return { ...common, end: at + 6, complete: true };
  COMMENT_END.lastIndex = at + 4;
  const found = COMMENT_END.exec(html);
  const end = found === null ? html.length : found.index + found[0].length;
  return { ...common, end, complete: found !== null };
}

function endOfRawText(html: string, from: number, name: string): number {
  if (name === 'plaintext') return html.length;
  if (name === 'script') return endOfScript(html, from);
  const endTag = END_TAGS.get(name);
  if (endTag === undefined) return from;
  endTag.lastIndex = from;
  return endTag.exec(html)?.index ?? html.length;
}

const SCRIPT_MARKS = /<!--|-->|<\/?script[\t\n\f\r />]/gi;

/** HTML Standard §13.2.5.15-31: after "<!--" a script within the script hides one end tag. */
function endOfScript(html: string, from: number): number {
  let escaped = false;
  let doubly = false;
  SCRIPT_MARKS.lastIndex = from;
  for (let mark = SCRIPT_MARKS.exec(html); mark !== null; mark = SCRIPT_MARKS.exec(html)) {
    const [what] = mark;
    if (what === '<!--') {
      // The dashes may be those of "-->" as well.
      if (!escaped) SCRIPT_MARKS.lastIndex -= 2;
      escaped = true;
    } else if (what === '-->') {
      escaped = false;
      doubly = false;
    } else if (what[1] === '/') {
      if (!doubly) return mark.index;
      doubly = false;
    } else if (escaped) doubly = true;
  }
  return html.length;
}

/** HTML Standard §13.2.5.32-39: after the ">" that ends the tag whose name ends at `from`, or -1. */
export function afterTag(html: string, from: number): number {
  let at = from;
  for (;;) {
    while (isSpace(html, at) || html[at] === '/') at++;
    if (at >= html.length) return -1;
    if (html[at] === '>') return at + 1;
    at = skipSpace(html, afterAttributeName(html, at));
    if (html[at] === '=') at = afterValue(html, skipSpace(html, at + 1));
    if (at === -1) return -1;
  }
}

function afterAttributeName(html: string, from: number): number {
  // The first character belongs to the name, whatever it is.
  let at = from + 1;
  while (at < html.length && !isSpace(html, at) && !isNameEnd(html.charCodeAt(at))) at++;
  return at;
}

function isNameEnd(code: number): boolean {
  return code === 0x2f || code === 0x3e || code === 0x3d;
}

function afterValue(html: string, at: number): number {
  const quote = html[at];
  if (quote === '"' || quote === "'") {
    const close = html.indexOf(quote, at + 1);
    return close === -1 ? -1 : close + 1;
  }
  let end = at;
  while (end < html.length && !isSpace(html, end) && html.charCodeAt(end) !== 0x3e) end++;
  return end;
}

function endOfTagName(html: string, from: number): number {
  let at = from;
  while (at < html.length && !isSpace(html, at)) {
    const code = html.charCodeAt(at);
    if (code === 0x2f || code === 0x3e) break;
    at++;
  }
  return at;
}

export function skipSpace(html: string, from: number): number {
  let at = from;
  while (isSpace(html, at)) at++;
  return at;
}

/** HTML Standard §13.2.6.4.1: tab, LF, FF, CR and space before the body show nothing. */
export function isSpace(html: string, at: number): boolean {
  const code = html.charCodeAt(at);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b);
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
