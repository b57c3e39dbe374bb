/**
 * Messages of our own, each with what must become of it written beside it: their parts, whether they may be edited, the
 * bodies and the very place in each that a banner and a footer go to, and the labels of a part that had to be written anew.
 */
import { describe, expect, it } from 'vitest';
import { classify, parseMessage } from '../../../shared/mime/index.ts';
import { coverFault } from '../../shared/mime/support.ts';
import { ACCENTED, type ChangeSet, edit, PLAIN } from '../mime-edits/changes.ts';
import { decodedBody, fieldValue, parameterOf, partsOf, readMessage } from '../mime-edits/reader.ts';
import { MADE } from './index.ts';
import { marked, squeezed } from './places.ts';
import { BANNER_MARK, FOOTER_MARK, type Made, REPLY_MARK } from './spec.ts';

const pathsWith = ({ bodies }: Made, mark: string): readonly string[] =>
  [...bodies].filter(([, body]) => body.includes(mark)).map(([path]) => path);

function placesOf({ bytes }: Made, set: ChangeSet, paths: Iterable<string>): ReadonlyMap<string, string> {
  const { after } = edit(bytes, set.changes);
  const parts = new Map(partsOf(readMessage(after)).map((part) => [part.path, part]));
  const found = new Map<string, string>();
  for (const path of paths) {
    const part = parts.get(path);
    if (part !== undefined) found.set(path, squeezed(marked(part, set)));
  }
  return found;
}

describe('messages of our own', () => {
  it('are many, and no two the same', () => {
    expect(MADE.length).toBeGreaterThanOrEqual(200);
    expect(new Set(MADE.map(({ name }) => name)).size).toBe(MADE.length);
    expect(new Set(MADE.map(({ bytes }) => bytes.toString('latin1'))).size).toBe(MADE.length);
  });

  it.each(MADE)('$name', (made) => {
    const message = parseMessage(made.bytes);
    expect(coverFault(message)).toBeUndefined();
    expect(edit(made.bytes, []).after.equals(made.bytes)).toBe(true);
    expect(message.parts.map(({ contentType }) => contentType.mediaType).join(' ')).toBe(made.types);
    const classified = classify(message);
    expect(classified.kind === 'plain' ? 'plain' : classified.reason).toBe(made.kind);
    for (const set of [PLAIN, ACCENTED]) {
      const { claim } = edit(made.bytes, set.changes);
      expect(claim.banner.toSorted()).toEqual(pathsWith(made, BANNER_MARK).toSorted());
      expect(claim.footer.toSorted()).toEqual(pathsWith(made, FOOTER_MARK).toSorted());
      expect(claim.field).toBe(true);
      const expected = new Map([...made.bodies].map(([path, body]) => [path, squeezed(body)]));
      expect(placesOf(made, set, made.bodies.keys())).toEqual(expected);
    }
    expect(edit(made.bytes, PLAIN.changes).claim.subject).toBe(made.tagged);
  });

  it.each(MADE.filter(({ becomes }) => becomes.size > 0))('$name: its labels after an edit', (made) => {
    const parts = partsOf(readMessage(edit(made.bytes, ACCENTED.changes).after));
    for (const [path, labels] of made.becomes) {
      const part = parts.find((one) => one.path === path);
      if (part === undefined) throw new Error(`no part "${path}"`);
      expect(`${parameterOf(part, 'charset')} ${fieldValue(part, 'content-transfer-encoding')}`).toBe(labels);
      expect(decodedBody(part)).not.toBe('');
    }
  });
});

/** The footer, asked for above what is quoted. */
const ABOVE: ChangeSet = {
  ...PLAIN,
  changes: [
    PLAIN.changes[0],
    { ...PLAIN.changes[1], position: 'aboveReply' },
    PLAIN.changes[2],
    PLAIN.changes[3],
  ] as ChangeSet['changes'],
};

describe('above what is quoted', () => {
  it.each(MADE.filter(({ aboveReply }) => aboveReply.size > 0))('$name', (made) => {
    const found = placesOf(made, ABOVE, made.aboveReply.keys());
    for (const [path, body] of made.aboveReply) {
      const place = found.get(path)?.replaceAll(BANNER_MARK, '').replaceAll(FOOTER_MARK, REPLY_MARK) ?? '';
      expect(squeezed(place)).toBe(squeezed(body));
    }
  });
});
