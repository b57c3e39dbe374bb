/** Fixtures of this project, messages of others (MAILROOM_CORPORA), and what several tests ask of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyEdits,
  concatSlices,
  type Edit,
  type Message,
  type Part,
  parseMessage,
} from '../../../shared/mime/index.ts';

export const FIXTURES = new URL('../../fixtures/mime/', import.meta.url).pathname;
export const CORPORA = process.env['MAILROOM_CORPORA'];

export interface Tree {
  readonly type: string;
  readonly body?: string;
  readonly children?: readonly Tree[];
}

export interface Expected {
  readonly kind: string;
  readonly tree: Tree;
  readonly defects: readonly string[];
}

export interface NamedMessage {
  readonly name: string;
  readonly bytes: Buffer;
}

export function fixtures(): readonly NamedMessage[] {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.eml'));
  return names
    .toSorted()
    .map((name) => ({ name: name.slice(0, -4), bytes: readFileSync(join(FIXTURES, name)) }));
}

export function fixture(name: string): Buffer {
  return readFileSync(join(FIXTURES, `${name}.eml`));
}

export function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Expected;
}

/** Every file under `$MAILROOM_CORPORA/mime`, whatever it is: octets are octets. */
export function corpus(): readonly NamedMessage[] {
  if (CORPORA === undefined) return [];
  const root = join(CORPORA, 'mime');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: path.slice(root.length + 1), bytes: readFileSync(path) };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Those files that are messages, not answers, pictures or notes about them. */
export function corpusMessages(): readonly NamedMessage[] {
  return corpus().filter(({ name }) => !/\.(?:json|golden|png|doc|dat|md)$|COPYING/.test(name));
}

export function apply(message: Message, edits: readonly Edit[]): Buffer {
  return Buffer.from(concatSlices(applyEdits(message.bytes, edits)));
}

export function message(text: string): Message {
  return parseMessage(Buffer.from(text, 'latin1'));
}

export function leaves(parsed: Message): readonly Part[] {
  return parsed.parts.filter(({ children }) => children.length === 0);
}

/** The first place where spans leave a gap, overlap or are empty; undefined when they cover the input once. */
export function coverFault(parsed: Message): string | undefined {
  let at = 0;
  for (const { kind, path, start, end } of parsed.spans) {
    if (start !== at || end <= start) return `${kind} of "${path}": [${start}, ${end}) after ${at}`;
    at = end;
  }
  return at === parsed.bytes.length ? undefined : `the end ${at} of ${parsed.bytes.length}`;
}

/**
 * That the output is the original with the given spans replaced, worked out without the library: between the spans
 * the octets are the same, and so is the number of octets that each replacement takes.
 */
export function differsOnlyIn(
  original: Uint8Array,
  output: Uint8Array,
  spans: readonly { readonly start: number; readonly end: number; readonly bytesAfter: number }[],
): boolean {
  let inOriginal = 0;
  let inOutput = 0;
  const ordered = spans.toSorted((a, b) => a.start - b.start || a.end - b.end);
  for (const { start, end, bytesAfter } of [
    ...ordered,
    { start: original.length, end: original.length, bytesAfter: 0 },
  ]) {
    const kept = Buffer.from(original.subarray(inOriginal, start));
    if (start < inOriginal || !kept.equals(output.subarray(inOutput, inOutput + kept.length))) return false;
    inOutput += kept.length + bytesAfter;
    inOriginal = end;
  }
  return inOutput === output.length;
}
