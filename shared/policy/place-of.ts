/** Where something of a policy stands in its file. */
import type { Place } from './report.ts';
import type { Located, MapEntry } from './source.ts';

/** The place of a member, or of the nearest thing around it that is in the file. */
export function placeOf(root: Located, ...path: readonly (string | number)[]): Place {
  let found: Place = root;
  let node: Located | undefined = root;
  for (const step of path) {
    // An item may stand without its list.
    if (node?.kind === 'map' && step === 0) continue;
    if (node?.kind === 'list' && typeof step === 'number') node = node.items[step];
    else if (node?.kind === 'map') {
      const entry: MapEntry | undefined = node.entries.find((candidate) => candidate.key === step);
      node = entry?.value;
      if (entry !== undefined) found = entry.keyPlace;
      continue;
    }
    if (node === undefined) break;
    found = node;
  }
  return found;
}
