/**
 * A template of the same meaning with as little indentation as YAML takes: one blank for a level, where people write two.
 * The packaged template has a longest length, and blanks at the beginnings of its lines are a tenth of it.
 */

/** A text that goes on in the next lines: `Key: >-`, `- |`. Within it blanks are part of what it says. */
const OPENS_TEXT = /(?:^|[ :-]) ?[|>][+-]?$/;

interface Level {
  /** Where it begins in the text that is read, and in the one that is written. */
  readonly from: number;
  readonly to: number;
}

/** The column of what follows the dashes of a list: `- - a` begins at 4. */
function afterDashes(line: string, from: number): number {
  let at = from;
  while (line.startsWith('- ', at)) at += 2;
  return at;
}

/** A key whose value is a map of nothing but short values, each on a line of its own. */
const SHORT_VALUE = String.raw`(?:![A-Za-z]+ )?(?:"[^"\n]*"|[^\s,{}[\]"'|>&*!#][^,{}[\]"'#\n]*|\[.*\]|\{.*\})`;
const MAP_OF_SHORT = new RegExp(`^( *)([A-Za-z]+):\\n((?:\\1 [A-Za-z]+: ${SHORT_VALUE}\\n)+)(?!\\1 )`, 'gm');

/** Puts such maps into one line: a line end and blanks are longer than a comma. */
export function withMapsInLine(text: string): string {
  return text.replaceAll(MAP_OF_SHORT, (_whole, indent: string, key: string, lines: string) => {
    const pairs = lines.trim().split(/\n */);
    return `${indent}${key}: { ${pairs.join(', ')} }\n`;
  });
}

/** Rewrites block YAML as people write it, without tabs and comments. Whoever calls compares what it says. */
export function withLessIndentation(text: string): string {
  let levels: readonly Level[] = [];
  /** Of the text that goes on: the column of its key, and how far its lines move. */
  let inText: { readonly key: number; readonly to: number; by: number | undefined } | undefined;
  const written = text.split('\n').map((line) => {
    const content = line.trimStart();
    const from = line.length - content.length;
    if (content === '') return '';
    if (inText !== undefined && from > inText.key) {
      inText.by ??= from - inText.to - 1;
      return line.slice(inText.by);
    }
    const outer = levels.filter((level) => level.from <= from);
    const last = outer.at(-1);
    // A list may begin in the column of its key.
    const step = content.startsWith('- ') ? 0 : 1;
    const to = last === undefined ? 0 : last.from === from ? last.to : last.to + step;
    const inner: Level[] = [];
    for (let at = from + 2; at <= afterDashes(line, from); at += 2)
      inner.push({ from: at, to: to + at - from });
    levels = [...outer.filter((level) => level.from < from), { from, to }, ...inner];
    const key = levels.at(-1) ?? { from, to };
    inText = OPENS_TEXT.test(content) ? { key: key.from, to: key.to, by: undefined } : undefined;
    return `${' '.repeat(to)}${content}`;
  });
  return written.join('\n');
}
