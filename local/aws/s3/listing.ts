/** Sorts what a bucket holds, rolls it up at a delimiter and pages through it. */

/** S3: "Sets the maximum number of keys returned in the response. By default, the action returns up to 1,000". */
export const MAX_KEYS = 1000;

export interface ListOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys and common prefixes up to and with this one are left out. */
  readonly after: string;
  /** Of the rows with the key `after`: those up to and with this one are left out, and no others. */
  readonly afterId?: string | undefined;
  readonly maxKeys: number;
}

/** Something with a key: an object, a version of it, an upload. */
export interface Row {
  readonly key: string;
  /** Tells rows of one key apart. */
  readonly id: string;
}

export interface Listing<T extends Row> {
  readonly rows: readonly T[];
  readonly commonPrefixes: readonly string[];
  /** The last key or prefix of this page, when there is another one; and the id of its row. */
  readonly next?: { readonly key: string; readonly id?: string };
}

/** S3 lists in the order of the keys' UTF-8 bytes, which is not the order of JavaScript strings. */
function compareKeys(a: Row, b: Row): number {
  return a.key === b.key ? 0 : Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}

/** The rows behind the marker; those of one key stay in the order in which they came. */
function rowsAfter<T extends Row>(rows: Iterable<T>, options: ListOptions): T[] {
  const after = Buffer.from(options.after);
  const sorted = [...rows].filter((row) => row.key.startsWith(options.prefix)).sort(compareKeys);
  if (options.after === '') return sorted;
  const { afterId } = options;
  const marked = afterId === undefined ? [] : sorted.filter((row) => row.key === options.after);
  const seen = marked.findIndex((row) => row.id === afterId);
  const rest = seen === -1 ? [] : marked.slice(seen + 1);
  return [...rest, ...sorted.filter((row) => Buffer.compare(Buffer.from(row.key), after) > 0)];
}

/** The rows with the prefix, rolled up at the delimiter, sorted and cut to a page. */
export function listPage<T extends Row>(rows: Iterable<T>, options: ListOptions): Listing<T> {
  const { prefix, delimiter } = options;
  const page: T[] = [];
  const commonPrefixes: string[] = [];
  let last: Listing<T>['next'];
  for (const row of rowsAfter(rows, options)) {
    const cut = delimiter === '' ? -1 : row.key.indexOf(delimiter, prefix.length);
    const name = cut === -1 ? row.key : row.key.slice(0, cut + delimiter.length);
    if (cut !== -1 && (commonPrefixes.at(-1) === name || name === options.after)) continue;
    if (page.length + commonPrefixes.length >= options.maxKeys)
      return { rows: page, commonPrefixes, ...(last === undefined ? {} : { next: last }) };
    if (cut === -1) page.push(row);
    else commonPrefixes.push(name);
    last = cut === -1 ? { key: name, id: row.id } : { key: name };
  }
  return { rows: page, commonPrefixes };
}
