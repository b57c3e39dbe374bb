/** ListObjectsV2 and ListObjectVersions: sorts what a bucket holds, rolls it up and pages through it. */
import type { Entry, Index } from './index-file.ts';

/** S3: "Sets the maximum number of keys returned in the response. By default, the action returns up to 1,000". */
export const MAX_KEYS = 1000;

export interface ListOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys and common prefixes up to and with this one are left out. */
  readonly after: string;
  readonly maxKeys: number;
}

export interface Listing {
  readonly objects: readonly Entry[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page begins (its `after`); absent on the last page. */
  readonly next?: string;
}

/** S3 lists in the order of the keys' UTF-8 bytes, which is not the order of JavaScript strings. */
function compareKeys(a: Entry, b: Entry): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}

/** The keys of the bucket that `keep` wants, rolled up at `delimiter`, sorted and cut to a page. */
export function listObjects(index: Index, options: ListOptions, keep: (entry: Entry) => boolean): Listing {
  const { prefix, delimiter } = options;
  const after = Buffer.from(options.after);
  const sorted = [...index.entries()]
    .filter((entry) => entry.key.startsWith(prefix) && keep(entry))
    .sort(compareKeys);
  const objects: Entry[] = [];
  const commonPrefixes: string[] = [];
  let last = '';
  for (const entry of sorted) {
    const cut = delimiter === '' ? -1 : entry.key.indexOf(delimiter, prefix.length);
    const name = cut === -1 ? entry.key : entry.key.slice(0, cut + delimiter.length);
    if (options.after !== '' && Buffer.compare(Buffer.from(entry.key), after) <= 0) continue;
    if (cut !== -1 && (commonPrefixes.at(-1) === name || name === options.after)) continue;
    if (objects.length + commonPrefixes.length >= options.maxKeys)
      return { objects, commonPrefixes, ...(last === '' ? {} : { next: last }) };
    if (cut === -1) objects.push(entry);
    else commonPrefixes.push(name);
    last = name;
  }
  return { objects, commonPrefixes };
}
