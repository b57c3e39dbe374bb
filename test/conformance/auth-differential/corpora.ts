/** Messages that others collected, for readers to be compared over. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const corpora = process.env['MAILROOM_CORPORA'] ?? '';
/** The few that are larger add time and no header. */
const MAX_BYTES = 3_000_000;
const HEAD_BYTES = 60_000;

/** Those with a field that the pattern finds, by their place in the corpora. */
export function messagesWith(field: RegExp): readonly { readonly name: string; readonly bytes: Buffer }[] {
  if (!existsSync(corpora)) return [];
  return globSync('{mime,auth}/**/*.{eml,txt,data,raw}', { cwd: corpora })
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(join(corpora, name)) }))
    .filter(
      ({ bytes }) =>
        bytes.length <= MAX_BYTES && field.test(bytes.subarray(0, HEAD_BYTES).toString('latin1')),
    );
}
