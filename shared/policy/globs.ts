/** Names with `*` and `?`. */
import { list } from './collections.ts';
import { folded } from './fold.ts';
import { converted, text } from './shape.ts';
import { oneLine } from './texts.ts';

/** Names of one criterion. */
const MAX_GLOBS = 250;

/** `*` stands for anything, `?` for one character. In the form in which names are compared. */
export type Glob = string;

/** One or several names with `*` and `?`. */
export const globs = list(
  converted(
    text('a file name, perhaps with "*" and "?"', { maxLength: 200 }, oneLine),
    (name): Glob => folded(name),
  ),
  { what: 'file names', max: MAX_GLOBS, single: true },
);

/** Whether the glob describes the whole name. Time grows with the product of both lengths at worst, and names are short. */
export function globFinds(glob: Glob, name: string): boolean {
  let at = 0;
  let inGlob = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const sign = glob[inGlob];
    if (sign === '*') {
      star = inGlob++;
      resume = at;
    } else if (sign === '?' || sign === name[at]) {
      inGlob++;
      at++;
    } else if (star >= 0) {
      inGlob = star + 1;
      at = ++resume;
    } else return false;
  }
  while (glob[inGlob] === '*') inGlob++;
  return inGlob === glob.length;
}
