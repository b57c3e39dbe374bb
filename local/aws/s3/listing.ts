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

/** The place of a code unit in the order of code points: surrogates, which are halves of the highest, come last. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Surrogates and what lies above them: without these, code units have the order of code points. */
const HIGH = /[\ud800-\uffff]/;

/**
 * S3 lists in the order of the keys' UTF-8 bytes, which is that of their code points and not that of JavaScript strings.
 * Without making the bytes: a page of a large bucket would hold up everything else.
 */
function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (!HIGH.test(a) || !HIGH.test(b)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** The rows behind the marker; those of one key stay in the order in which they came. */
function rowsAfter<T extends Row>(rows: Iterable<T>, options: ListOptions): T[] {
  const { prefix, after, afterId } = options;
  const found = [...rows].filter(
    ({ key }) => key.startsWith(prefix) && (after === '' || compareKeys(key, after) >= 0),
  );
  const sorted = found.filter(({ key }) => key !== after || after === '');
  sorted.sort((a, b) => compareKeys(a.key, b.key));
  if (after === '' || afterId === undefined) return sorted;
  const marked = found.filter(({ key }) => key === after);
  const seen = marked.findIndex(({ id }) => id === afterId);
  return seen === -1 ? sorted : [...marked.slice(seen + 1), ...sorted];
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
