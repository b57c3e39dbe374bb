/**
 * format=flowed (RFC 3676): a line of text/plain that ends in a space goes on in the next one, so that a paragraph may be
 * laid out anew. With `delsp=yes` that space is only a mark; languages without spaces need it.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x3e;

/** The text with its paragraphs joined, quoted ones behind as many `>` as they had and a space. Linear in its length. */
export function joinFlowed(text: string, delSp: boolean): string {
  let out = '';
  let paragraph: string | undefined;
  let depth = 0;
  const flush = (): void => {
    if (paragraph !== undefined) out += `\n${'>'.repeat(depth)}${depth > 0 ? ' ' : ''}${paragraph}`;
    paragraph = undefined;
  };
  for (let at = 0; at <= text.length; ) {
    const end = endOfLine(text, at);
    const line = readLine(text, at, end);
    // §4.5: lines of another depth are another paragraph, whatever the space at the end says.
    if (line.depth !== depth) flush();
    depth = line.depth;
    // §4.3: the signature separator ends in a space and flows nowhere.
    const signature = end - line.start === 3 && text.startsWith('-- ', line.start);
    if (signature) flush();
    const flows = end > line.start && text.charCodeAt(end - 1) === SPACE && !signature;
    paragraph = (paragraph ?? '') + text.slice(line.start, flows && delSp ? end - 1 : end);
    if (!flows) flush();
    at = text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  }
  flush();
  return out.slice(1);
}

function endOfLine(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LF || code === CR) break;
  }
  return at;
}

/** §4.4: the depth of quoting, then one stuffed space; where the text begins behind them. */
function readLine(text: string, at: number, end: number): { readonly depth: number; readonly start: number } {
  let start = at;
  while (start < end && text.charCodeAt(start) === QUOTE) start++;
  return { depth: start - at, start: start < end && text.charCodeAt(start) === SPACE ? start + 1 : start };
}
