/**
 * Where an HTML body begins to show: the place of a banner. Mail programs read HTML by the HTML Standard's tokenizer, by
 * older rules, or (Outlook) with conditional comments obeyed, and a sender who knows how they differ could have the banner put
 * into what one of them hides. So the walk passes only what all of them take alike, and stops before everything else.
 */
import { skipSpace } from './html-chars.ts';
import { afterTag } from './html-tokens.ts';

/** HTML Standard §13.2.6.4.4: start tags without content that may stand before the body and show nothing. */
const EMPTY: ReadonlySet<string> = new Set(['html', 'head', 'base', 'basefont', 'bgsound', 'link', 'meta']);

/** HTML Standard §13.2.5.2-4: elements before the body whose content is text up to their own end tag. */
const RAW_TEXT_END: ReadonlyMap<string, RegExp> = new Map(
  ['title', 'style', 'script'].map((name) => [name, new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi')]),
);

/** What Outlook's conditional comments hold before the body; each must end where it began. */
const CONDITIONAL_PAIRS = ['xml', 'noscript', 'title', 'style', 'script'] as const;
const CONDITIONAL_NAMES: ReadonlySet<string> = new Set([...EMPTY, 'body', ...CONDITIONAL_PAIRS]);

/** After the `<body>` tag, or before the first thing that shows or may be read in two ways. Linear. */
export function startOfContent(html: string, start: number): number {
  let ended = -1;
  let at = start;
  for (;;) {
    at = skipSpace(html, at);
    // An end tag before anything shows ends nothing, unless nothing follows.
    if (at >= html.length) return ended === -1 ? at : ended;
    const name = /^<(\/?[a-z][^\t\n\f\r />]*)/i.exec(html.slice(at, at + 20))?.[1]?.toLowerCase() ?? '';
    const next = afterConstruct(html, at, name);
    if (next === -1) return at;
    if (name === 'body') return next;
    if (ended === -1 && (name === '/body' || name === '/html')) ended = at;
    at = next;
  }
}

/** The end of what begins at `at`, or -1 where the walk must stop. */
function afterConstruct(html: string, at: number, name: string): number {
  if (html.startsWith('<!--', at)) return afterComment(html, at);
  // Outside SVG and MathML a CDATA section is a comment that ends at the first ">"; not every reader knows that.
  if (html.startsWith('<![CDATA[', at)) return -1;
  if (html.startsWith('<!', at) || html.startsWith('<?', at)) return after(html, '>', at + 2);
  if (name.startsWith('/')) {
    return ['/head', '/body', '/html'].includes(name) ? afterEndTag(html, at + 1 + name.length) : -1;
  }
  if (name === 'body' || EMPTY.has(name)) return afterTag(html, at + 1 + name.length);
  return afterRawText(html, at, name);
}

function after(html: string, what: string, from: number): number {
  const found = html.indexOf(what, from);
  return found === -1 ? -1 : found + what.length;
}

/** HTML Standard §13.2.5.43-52: `<!-->`, `<!--->` and `--!>` end a comment too, to those who know. */
function afterComment(html: string, at: number): number {
  const end = html.indexOf('-->', at + 4);
  if (end === -1 || html.startsWith('>', at + 4) || html.startsWith('->', at + 4)) return -1;
  const content = html.slice(at + 4, end);
  return content.includes('--!>') || !isHarmlessToOutlook(content) ? -1 : end + 3;
}

function isHarmlessToOutlook(comment: string): boolean {
  if (!/^\s*\[if/i.test(comment)) return true;
  const names = [...comment.matchAll(/<(\/?[a-z][^\s/>]*)/gi)].map(([, name = '']) => name.toLowerCase());
  const count = (name: string): number => names.filter((one) => one === name).length;
  return (
    names.every((name) => CONDITIONAL_NAMES.has(name.replace('/', '')) || /^\/?[ow]:/.test(name)) &&
    CONDITIONAL_PAIRS.every((name) => count(name) === count(`/${name}`))
  );
}

/** Attributes of an end tag are read by the HTML Standard alone. */
function afterEndTag(html: string, from: number): number {
  const end = afterTag(html, from);
  return end === after(html, '>', from) ? end : -1;
}

function afterRawText(html: string, at: number, name: string): number {
  const endTag = RAW_TEXT_END.get(name);
  const begun = endTag === undefined ? -1 : afterTag(html, at + 1 + name.length);
  // `<title/>` is a start tag to some and the whole element to others.
  if (endTag === undefined || begun === -1 || html[begun - 2] === '/') return -1;
  endTag.lastIndex = begun;
  const end = endTag.exec(html)?.index ?? -1;
  // HTML Standard §13.2.5.20-31: after "<!--" an end tag may not end a script.
  if (end === -1 || (name === 'script' && html.slice(begun, end).includes('<!--'))) return -1;
  return afterEndTag(html, end + 2 + name.length);
}
