/** Elements whose content is text to a browser, and where that text ends. */

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

/** Where the content of the element that begins at `from` ends: before its end tag, or with the text. */
export function endOfRawText(html: string, from: number, name: string): number {
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
