/**
 * format=flowed (RFC 3676): a line of text/plain that ends in a space goes on in the next one, so that a paragraph may be
 * laid out anew. With `delsp=yes` that space is only a mark; languages without spaces need it.
 */

interface Line {
  readonly depth: number;
  readonly text: string;
}

/** The text with its paragraphs joined, quoted ones behind as many `>` as they had and a space. Linear in its length. */
export function joinFlowed(text: string, delSp: boolean): string {
  const out: string[] = [];
  let paragraph: string[] = [];
  let depth = 0;
  const flush = (): void => {
    if (paragraph.length > 0) out.push(`${depth > 0 ? `${'>'.repeat(depth)} ` : ''}${paragraph.join('')}`);
    paragraph = [];
  };
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = readLine(raw);
    // §4.5: lines of another depth are another paragraph, whatever the space at the end says.
    if (line.depth !== depth) flush();
    depth = line.depth;
    // §4.3: the signature separator ends in a space and flows nowhere.
    const signature = line.text === '-- ';
    if (signature) flush();
    const flows = line.text.endsWith(' ') && !signature;
    paragraph.push(flows && delSp ? line.text.slice(0, -1) : line.text);
    if (!flows) flush();
  }
  flush();
  return out.join('\n');
}

/** §4.4: the depth of quoting, then one stuffed space. */
function readLine(raw: string): Line {
  let depth = 0;
  while (raw[depth] === '>') depth++;
  return { depth, text: raw.slice(raw[depth] === ' ' ? depth + 1 : depth) };
}
