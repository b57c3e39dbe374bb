/** Rows and stories of the event log as text for a person at a terminal. */
import type { Row } from '../event-log/database.ts';
import type { Story } from '../event-log/why.ts';
import { safe } from '../safe-text.ts';

/** A subject of thousands of characters would push every other column off the screen. */
const MAX_CELL_CHARS = 80;

/** A table with a heading; what `none` says when there are no rows. */
export function tableText(rows: readonly Row[], none: string): string {
  const [first] = rows;
  if (first === undefined) return `${none}\n`;
  const columns = Object.keys(first);
  const cells = rows.map((row) => columns.map((column) => cellText(row[column] ?? null)));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[columns, ...cells].map(line).join('\n')}\n`;
}

function cellText(value: string | number | null): string {
  const text = value === null || value === '' ? '-' : safe(String(value));
  return text.length <= MAX_CELL_CHARS ? text : `${text.slice(0, MAX_CELL_CHARS - 1)}…`;
}

export interface ToldStory extends Story {
  /** What our functions said of it. */
  readonly decisions: readonly string[];
}

/** One paragraph for each message. */
export function storiesText(stories: readonly ToldStory[], from: string, to: string): string {
  if (stories.length === 0) {
    return (
      `The log has no mail from ${safe(from)} to ${safe(to)}. Mail that was refused before it was taken, mail whose ` +
      'From header names another address, and mail to a group that reached no mailbox is not here: ' +
      '"mailroom log mail-from" shows what did come.\n'
    );
  }
  const paragraphs = stories.map(({ time, subject, why, decisions, traces }) =>
    [
      `${time}  ${subject === '' ? '(no subject)' : cellText(subject)}`,
      `  ${safe(why)}`,
      ...decisions.map((text) => `  Mailroom: ${safe(text)}`),
      `  trace ${traces.map(safe).join(', ')}`,
    ].join('\n'),
  );
  return `${paragraphs.join('\n\n')}\n`;
}
