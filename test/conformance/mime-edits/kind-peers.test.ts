/** What postal-mime and mailparser see of the other kinds of change: the same message, but for what was meant. */
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { fixtures, type NamedMessage } from '../../shared/mime/support.ts';
import { MADE } from '../mime-made/index.ts';
import { BODY_KINDS } from './body-kinds.ts';
import { edit } from './changes.ts';
import { KINDS, type Kind, NEW_NAME } from './kinds.ts';
import { jsPeerFaults } from './peers.ts';
import { readMessage } from './reader.ts';

const kindOf = (name: string): Kind => {
  const kind = [...KINDS, ...BODY_KINDS].find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no kind "${name}"`);
  return kind;
};

interface Pair {
  readonly name: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** The messages that the change changed. */
function changed(kind: string, messages: readonly NamedMessage[]): readonly Pair[] {
  return messages.flatMap(({ name, bytes }) => {
    const changes = kindOf(kind).changesFor(readMessage(bytes));
    const { after } = edit(bytes, changes);
    return after.equals(bytes) ? [] : [{ name, before: bytes, after }];
  });
}

interface File {
  readonly name: string | undefined;
  /** Its type and octets. */
  readonly content: string;
}

async function filesSeen(bytes: Buffer): Promise<readonly (readonly File[])[]> {
  const postal = await PostalMime.parse(bytes, { attachmentEncoding: 'base64' });
  const parsed = await simpleParser(bytes, { skipHtmlToText: true, skipTextToHtml: true });
  return [
    postal.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? undefined,
      content: `${mimeType} ${String(content)}`,
    })),
    // Of a file of no particular type mailparser guesses one from its name.
    parsed.attachments.map(({ filename, content }) => ({
      name: filename,
      content: content.toString('base64'),
    })),
  ];
}

const contents = (files: readonly File[]): readonly string[] => files.map(({ content }) => content);

describe('other readers see the same parts, files and fields', () => {
  it.each([
    ['a field is set', fixtures()],
    // To mailparser a name with a blank behind it is another name.
    ['a field is removed', fixtures().filter(({ name }) => name !== 'header-space-before-colon')],
    ['links are prefixed', MADE],
    ['active content is removed', MADE],
  ] as const)('%s', async (kind, messages) => {
    const faults: string[] = [];
    const pairs = changed(kind, messages);
    for (const { name, before, after } of pairs)
      faults.push(...(await jsPeerFaults(before, [after])).map((fault) => `${name}: ${fault}`));
    expect(faults).toEqual([]);
    expect(pairs.length).toBeGreaterThan(5);
  });

  it('attachments are renamed: the same files under the one name', async () => {
    const pairs = changed('attachments are renamed', MADE);
    for (const { name, before, after } of pairs) {
      const [was, is] = [await filesSeen(before), await filesSeen(after)];
      expect(is.map(contents), name).toEqual(was.map(contents));
      for (const files of is)
        expect(
          files.some((file) => file.name === NEW_NAME),
          name,
        ).toBe(true);
    }
    expect(pairs.length).toBeGreaterThan(20);
  });

  it('attachments are taken out: fewer files, and no others', async () => {
    const pairs = changed('attachments are taken out', MADE);
    for (const { name, before, after } of pairs) {
      const [was, is] = [await filesSeen(before), await filesSeen(after)];
      for (const [index, files] of is.entries()) {
        const known = contents(was[index] ?? []);
        expect(
          contents(files).filter((content) => !known.includes(content)),
          name,
        ).toEqual([]);
        expect(files.length, name).toBeLessThan(known.length);
      }
    }
    expect(pairs.length).toBeGreaterThan(20);
  });
});
