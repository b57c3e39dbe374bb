/** The difference of two messages as lines for a terminal. */
import type { DiffHunk, PartDiff } from './diff.ts';

/** Lines of one part that are shown, and of all parts together: a long message would push the rest away. */
const MAX_PART_LINES = 60;
const MAX_LINES = 400;

const number = new Intl.NumberFormat('en');
const SIGN = { same: ' ', removed: '-', added: '+' } as const;

/** Nothing where no difference was asked for. */
export function diffTextLines(parts: readonly PartDiff[] | undefined): string[] {
  if (parts === undefined) return [];
  if (parts.length === 0) return ['Before and after: the same'];
  const lines = parts.flatMap(partLines);
  const shown = lines.slice(0, MAX_LINES);
  const more = lines.length - shown.length;
  return ['Before and after:', ...shown, ...(more > 0 ? [`  … and ${more} lines more`] : [])];
}

function partLines(part: PartDiff): string[] {
  const name = part.name === undefined ? '' : `, ${JSON.stringify(part.name)}`;
  const title = `  ${whichPart(part)}, ${part.mediaType}${name}`;
  const header = hunkLines(part.header);
  const text = hunkLines(part.text);
  return [
    ...(header.length === 0 ? [] : [`${title}, header:`, ...header]),
    ...(part.body === 'same' ? [] : [`${title}${bodyText(part)}`, ...text]),
  ];
}

function whichPart({ before, after }: PartDiff): string {
  const path = before ?? after ?? '';
  const moved = before !== undefined && after !== undefined && before !== after ? `, then part ${after}` : '';
  return path === '' ? 'the message' : `part ${path}${moved}`;
}

function bodyText({ body, bytesBefore, bytesAfter }: PartDiff): string {
  const [before, after] = [number.format(bytesBefore), number.format(bytesAfter)];
  switch (body) {
    case 'gone':
      return `: gone (${before} bytes)`;
    case 'new':
      return `: new (${after} bytes)`;
    case 'inside':
      return ': in the attached message now, as it was';
    case 'too-different':
      return `: ${before} bytes become ${after}, too different to be shown by lines`;
    case 'bytes':
      return `: ${before} bytes become ${after}`;
    default:
      return ':';
  }
}

function hunkLines(hunks: readonly DiffHunk[]): string[] {
  const lines = hunks.flatMap((hunk, index) => [
    ...(index === 0 ? [] : ['    …']),
    ...hunk.lines.map(({ kind, text }) => `    ${SIGN[kind]} ${text}`),
  ]);
  if (lines.length <= MAX_PART_LINES) return lines;
  return [...lines.slice(0, MAX_PART_LINES), `    … and ${lines.length - MAX_PART_LINES} lines more`];
}
