/** Uuencoded files taken out of the text that they stand in, or renamed there. */
import { asciiForm } from './ascii-form.ts';
import type { BodySplice } from './body/types.ts';
import { encodeInCharset } from './charset.ts';
import { bufferOver } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { type UuencodedFile, uuencodedFiles } from './uuencode.ts';

/** What becomes of the N-th uuencoded file of a text, counted from one. */
export interface FileCut {
  readonly change: number;
  readonly number: number;
  /** The file goes, with this in its place. */
  readonly note?: string;
  /** The file stays, and is called this. */
  readonly name?: string;
}

/** The number in a path that ends in `~N`, with the path of the part; undefined when the path is that of a part. */
export function filePath(path: string): { readonly part: string; readonly number: number } | undefined {
  const [, part, digits] = /^([\d.]*)~(\d{1,6})$/.exec(path) ?? [];
  return part === undefined ? undefined : { part, number: Number(digits) };
}

/** The splices, in ascending order; none for a file that is not there. The first of several cuts of one file counts. */
export function fileSplices(
  body: Uint8Array,
  cuts: readonly FileCut[],
  charset: string,
  eol: LineEnd,
): readonly BodySplice[] {
  if (cuts.length === 0) return [];
  return uuencodedFiles(body).flatMap((file, index) => {
    const mine = cuts.filter(({ number }) => number === index + 1);
    const cut = mine.find(({ name }) => name === undefined) ?? mine[0];
    if (cut === undefined) return [];
    const changes = [cut.change];
    if (cut.name !== undefined) return renamed(body, file, cut.name, charset, changes);
    const lines = cut.note === undefined ? [] : cut.note.trim().split(/\r\n|\r|\n/);
    const bytes = inCharset(lines.map((line) => `${line}${eol}`).join(''), charset);
    return [{ start: file.start, end: file.end, bytes, changes }];
  });
}

function inCharset(text: string, charset: string): Buffer {
  const octets = encodeInCharset(text.toWellFormed(), charset);
  return octets === undefined ? Buffer.from(asciiForm(text), 'latin1') : bufferOver(octets);
}

/** The name is what follows the mode on the first line. */
function renamed(
  body: Uint8Array,
  { start, dataStart }: UuencodedFile,
  name: string,
  charset: string,
  changes: readonly number[],
): readonly BodySplice[] {
  const line = bufferOver(body).toString('latin1', start, dataStart);
  const lead = /^begin \d+ +/.exec(line)?.[0].length;
  if (lead === undefined) return [];
  const end = start + line.trimEnd().length;
  return [{ start: start + lead, end, bytes: inCharset(name, charset), changes }];
}
