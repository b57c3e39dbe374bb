/** Header fields of mail that the stand-in writes by itself: bounces, journal records, what SES adds. */

/** RFC 5322 §2.1.1 allows 998 in a line. */
const LINE_CHARS = 76;

/** `Wed, 07 Jul 2021 18:40:11 +0000` (RFC 5322 §3.3), in UTC. */
export function internetDate(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000');
}

/**
 * RFC 5322 §2.2.3: folded at spaces; a word longer than a line stays whole. For values that are ASCII already and must
 * stay as they are: `newField` of the library would encode what looks like an encoded word, and takes no empty value.
 */
export function foldedLines(name: string, value: string): string[] {
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of value.split(' ')) {
    if (line.length + 1 + word.length > LINE_CHARS && line.trim() !== '' && !line.endsWith(':')) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
