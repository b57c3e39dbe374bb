/** Where two readings of a message differ, part by part. Uses nothing of `shared/mime`. */
import type { ReadPart } from './reader.ts';

export interface Difference {
  readonly what: 'fields' | 'body' | 'glue' | 'children';
  readonly was: ReadPart;
  readonly is: ReadPart;
}

const raw = ({ fields }: ReadPart): string => fields.map((field) => field.raw).join('');
const bodyOf = ({ blank, body, tail }: ReadPart): string => blank + body + tail;

/** All differences, parents first. Where the number of children differs nothing below is compared. */
export function differences(was: ReadPart, is: ReadPart): readonly Difference[] {
  const found: Difference[] = [];
  const say = (what: Difference['what']): unknown => found.push({ what, was, is });
  if (raw(was) !== raw(is)) say('fields');
  if (was.children.length !== is.children.length) {
    say('children');
    return found;
  }
  if (was.children.length === 0 && bodyOf(was) !== bodyOf(is)) say('body');
  if (was.glue.join('\0') !== is.glue.join('\0')) say('glue');
  const below = was.children.flatMap((child, index) => differences(child, is.children[index] ?? child));
  return [...found, ...below];
}

/** The differences as faults, but for those that are meant. */
export function unmeant(
  all: readonly Difference[],
  isMeant: (difference: Difference) => boolean,
): readonly string[] {
  return all.filter((each) => !isMeant(each)).map(({ what, was }) => `"${was.path}": the ${what} differ`);
}

/**
 * What is left of a message once the parts are out: each with the delimiter line above it, and whatever multipart then
 * holds none. In the place of `keep` there stays the part, for who puts something else there.
 */
export function without(part: ReadPart, paths: ReadonlySet<string>, keep?: string): ReadPart | undefined {
  if (paths.has(part.path)) return part.path === keep ? part : undefined;
  if (part.children.length === 0) return part;
  const children: ReadPart[] = [];
  // Preamble first; then a delimiter for each child, the closing one, the epilogue.
  const glue = part.glue.slice(0, 1);
  for (const [index, child] of part.children.entries()) {
    const left = without(child, paths, keep);
    if (left === undefined) continue;
    children.push(left);
    glue.push(part.glue[index + 1] ?? '');
  }
  if (children.length === 0) return undefined;
  return { ...part, children, glue: [...glue, ...part.glue.slice(part.children.length + 1)] };
}
