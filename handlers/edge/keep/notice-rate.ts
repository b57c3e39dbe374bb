/** A number of turns, taken by whoever comes, each once: objects that are written only where nothing is. */
import type { ObjectStore } from '../object-store.ts';

export interface Turns {
  readonly bucket: string;
  /** Without a slash at its end. */
  readonly prefix: string;
  readonly turns: number;
}

/** How often another may be quicker before that counts as "no turn left": so many tries are made at most. */
const MAX_RACES = 4;

/**
 * Takes a turn; false when none is left. The turns are taken in their order, so the first free one is found by halving:
 * a sender who brings about a thousand notices costs a handful of calls for each, and not one for each turn.
 */
export async function takeTurn(
  store: Pick<ObjectStore, 'exists' | 'putIfAbsent'>,
  { bucket, prefix, turns }: Turns,
  signal: AbortSignal,
): Promise<boolean> {
  let taken = 0;
  let free = turns;
  while (taken < free) {
    const middle = (taken + free) >>> 1;
    if (await store.exists(bucket, `${prefix}/${middle}`, signal)) taken = middle + 1;
    else free = middle;
  }
  const last = Math.min(turns, free + MAX_RACES);
  for (let turn = free; turn < last; turn++) {
    const object = { bucket, key: `${prefix}/${turn}`, body: Buffer.from('1\n'), contentType: 'text/plain' };
    if ((await store.putIfAbsent(object, signal)) === 'stored') return true;
  }
  return false;
}
