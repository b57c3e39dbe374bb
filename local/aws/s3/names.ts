/**
 * Where an object lies on disk. A key is hostile text of up to 1,024 bytes in which `..`, `//`, control characters and
 * names that only differ in case are all legal; the path made of it must stay inside its bucket, be another one for
 * every key, and be readable for the keys that Mailroom uses (`raw/HASH.eml` is the file `raw/HASH.eml`).
 *
 * - A key is split at `/`. All pieces but the last are folders, the last is a file.
 * - Bytes other than a-z 0-9 - _ = + , become `%xx`; capitals too, because some file systems do not tell them apart.
 * - A file name always holds a literal dot and a folder name never does, so that the keys `a` and `a/b` do not fight
 *   for one name: dots in folders are escaped, a file without a dot gets one at its end.
 * - `~` never comes out of the escaping: what the store adds (`~index.jsonl`) cannot be hit by a key.
 * - A piece too long for a file system is replaced by its hash; the key itself stands in the index.
 */
import { createHash } from 'node:crypto';

/** S3: "The name for a key is a sequence of Unicode characters whose UTF-8 encoding is up to 1,024 bytes long." */
export const MAX_KEY_BYTES = 1024;
/** File systems end at 255 bytes a name; the store adds up to 34. */
const MAX_PIECE_CHARS = 200;

const PLAIN = /^[a-z0-9_=+,-]$/;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** `%` and a letter that is no hexadecimal digit cannot come out of the escaping either. */
const EMPTY_PIECE = '%nil';
const HASHED_PIECE = '%sha256-';

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
export function isBucketName(name: string): boolean {
  return BUCKET_NAME.test(name) && !name.includes('..');
}

export function isKey(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= MAX_KEY_BYTES && key.isWellFormed();
}

function escaped(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

/** A dot stays only where asked, and never at an end: in front it would hide the file, behind it has a meaning here. */
function escapePiece(piece: string, keepDots: boolean): string {
  const bytes = Buffer.from(piece);
  let out = '';
  for (const [index, byte] of bytes.entries()) {
    const char = String.fromCharCode(byte);
    const inner = index > 0 && index < bytes.length - 1;
    out += PLAIN.test(char) || (char === '.' && keepDots && inner) ? char : escaped(byte);
  }
  if (out.length <= MAX_PIECE_CHARS) return out;
  return HASHED_PIECE + createHash('sha256').update(bytes).digest('hex');
}

function folderName(piece: string): string {
  return piece === '' ? EMPTY_PIECE : escapePiece(piece, false);
}

function fileName(piece: string): string {
  const name = piece === '' ? EMPTY_PIECE : escapePiece(piece, true);
  return name.includes('.') ? name : `${name}.`;
}

/** The folders and the file name of a key (which `isKey` accepted), relative to the bucket's folder. */
export function keyPath(key: string): { readonly folders: readonly string[]; readonly file: string } {
  const pieces = key.split('/');
  const last = pieces.pop() ?? '';
  return { folders: pieces.map(folderName), file: fileName(last) };
}

/** The piece that was escaped; undefined for a name that the escaping does not make, or cannot be undone (a hash). */
function unescapePiece(name: string): string | undefined {
  if (name === EMPTY_PIECE) return '';
  if (!/^(?:[a-z0-9_=+,.-]|%[0-9a-f]{2})+$/.test(name)) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** The key of a file at a path relative to the bucket's folder; undefined when no key lies there. */
export function keyOfPath(pieces: readonly string[]): string | undefined {
  const last = pieces.at(-1) ?? '';
  const names = [...pieces.slice(0, -1), last.endsWith('.') ? last.slice(0, -1) : last];
  const parts = names.map(unescapePiece);
  if (parts.includes(undefined)) return undefined;
  const key = parts.join('/');
  if (!isKey(key)) return undefined;
  const { folders, file } = keyPath(key);
  return [...folders, file].join('/') === pieces.join('/') ? key : undefined;
}
