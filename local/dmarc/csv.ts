/** Rows as CSV (RFC 4180) that a spreadsheet opens without running what strangers wrote. */

/** A spreadsheet takes a cell that begins like this for a formula, and a formula can send the others away. */
const FORMULA = /^[=+\-@\t\r]/;

/** With a heading and CRLF line ends. `columns` alone when there are no rows. */
export function csvText(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string | number>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  return lines.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');
}

function cellText(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
