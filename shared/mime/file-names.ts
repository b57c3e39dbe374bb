/** What becomes of a file's name on the way to a disk. Senders write names that only there end in what they want. */
import type { ArchiveEntry } from './attachment-types.ts';
import { decodeLeniently } from './charset.ts';
import { percentDecode } from './parameters.ts';
import { withoutUnseen } from './unseen.ts';

/** Stops a name of kilobytes of combining marks from being put into order: an extension is short. */
const MAX_NORMALIZED_CHARS = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f]/;

/** What a name must hold to be saved under another one: nearly none does. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SAVED_DIFFERENTLY = /[\u0000-\u001f%/\\:]|[. ]$|\s$/;

/**
 * The other names that the file may get when it is saved: without the folders before it, without the dots and spaces that
 * Windows drops at the end, without its stream (`a.exe:x` and `a.exe::$DATA` are `a.exe`), cut at a control character as programs in C
 * do, with `%2E` decoded as browsers do. The name itself is not among them.
 */
export function savedNames(name: string): readonly string[] {
  if (!SAVED_DIFFERENTLY.test(name)) return [];
  const names = new Set<string>();
  for (const text of name.includes('%') ? [name, decoded(name)] : [name]) {
    const control = text.search(CONTROL);
    for (const one of control === -1 ? [text] : [text, text.slice(0, control)]) {
      const last = lastSegment(withoutEnd(one));
      const colon = last.indexOf(':');
      names.add(last);
      if (colon > 0) names.add(withoutEnd(last.slice(0, colon)));
    }
  }
  names.delete(name);
  names.delete('');
  return [...names];
}

/** Lists of ten thousand entries are asked about by hundreds of rules. */
const entryNames = new WeakMap<ArchiveEntry, readonly string[]>();

/** The name of a packed file, and those that it may get when it is unpacked; the name in its folder is among them. */
export function namesOfEntry(entry: ArchiveEntry): readonly string[] {
  const known = entryNames.get(entry) ?? [entry.name, ...savedNames(entry.name)];
  entryNames.set(entry, known);
  return known;
}

function decoded(name: string): string {
  if (!/%[0-9a-fA-F]{2}/.test(name)) return name;
  const octets = percentDecode(Buffer.from(name, 'utf8').toString('latin1'));
  return decodeLeniently(Buffer.from(octets, 'latin1'), undefined).text;
}

/** Before the dots, separators, blanks and control characters at the end. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isNothing(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}

function isNothing(char: string): boolean {
  return char <= ' ' || './\\'.includes(char) || char.trim() === '';
}

function lastSegment(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
}

/**
 * The extensions that a name may be taken to have, without the dot, lower case, none twice. Marks that show nothing are no
 * part of one; a full-width `ｅｘｅ` is one to programs that know no Unicode.
 */
export function extensionsOf(name: string): readonly string[] {
  // Marks of direction make `exe.fdp` of `pdf.exe` for the eye (U+202E).
  const visible = withoutUnseen(name);
  const found = new Set<string>();
  for (const text of [visible, ...savedNames(visible)]) {
    const dot = text.lastIndexOf('.');
    const extension =
      dot === -1
        ? ''
        : text
            .slice(dot + 1)
            .trim()
            .toLowerCase();
    if (extension === '' || /[/\\]/.test(extension)) continue;
    found.add(extension);
    found.add(extension.slice(0, MAX_NORMALIZED_CHARS).normalize('NFKC'));
  }
  return [...found];
}
