/** The extensions of a part's names: who lists files, and who looks for texts and messages among them, asks for each part. */
import { fileNames } from './content-fields.ts';
import { extensionsOf } from './file-names.ts';
import type { Message, Part } from './types.ts';

const known = new WeakMap<Part, readonly string[]>();

/** Those of every name that some program shows for the part, as `extensionsOf` has them. */
export function fileExtensions(message: Message, part: Part): readonly string[] {
  const extensions = known.get(part) ?? fileNames(message, part).flatMap(extensionsOf);
  known.set(part, extensions);
  return extensions;
}
