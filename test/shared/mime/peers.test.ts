import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseMessage, rewriteContent } from '../../../shared/mime/index.ts';
import { BANNER, CHANGES, FOOTER } from './invariants.ts';
import { ownTypes, peerTypes } from './peer-trees.ts';
import { apply, CORPORA, corpusMessages, fixtures, type NamedMessage } from './support.ts';

interface Adjudication {
  readonly ours: string;
  readonly mailsplit: string;
  readonly clause: string;
  readonly why: string;
}

const adjudicated = JSON.parse(
  readFileSync(new URL('../../conformance/mime-adjudication.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Adjudication>>;

/** Where the two readers see other parts, it must be as adjudicated; and no adjudication may be out of date. */
async function compare(prefix: string, messages: readonly NamedMessage[]): Promise<void> {
  const found: Record<string, Pick<Adjudication, 'ours' | 'mailsplit'>> = {};
  for (const { name, bytes } of messages) {
    const ours = ownTypes(bytes);
    const mailsplit = await peerTypes(bytes);
    if (ours !== mailsplit) found[`${prefix}${name}`] = { ours, mailsplit };
  }
  const expected = Object.entries(adjudicated).filter(([name]) => name.startsWith(prefix));
  for (const [name, { clause, why }] of expected)
    expect(clause.startsWith('RFC ') && why.length > 20, name).toBe(true);
  expect(found).toEqual(
    Object.fromEntries(expected.map(([name, { ours, mailsplit }]) => [name, { ours, mailsplit }])),
  );
}

describe('parts and their types, against mailsplit', () => {
  it('in our fixtures', async () => {
    await compare('fixtures/', fixtures());
  });

  it.skipIf(CORPORA === undefined)('in messages of other projects (MAILROOM_CORPORA)', async () => {
    await compare('corpora/mime/', corpusMessages());
  });
});

/** postal-mime makes HTML of text parts that stand beside HTML, our line breaks included. */
const TEXT_MADE_HTML: ReadonlySet<string> = new Set(['mixed-list-footer', 'mixed-several-texts']);

interface Pair {
  readonly name: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Without white space and without what we put in. */
function bare(text: string | undefined): string {
  return (text ?? '')
    .replace(/<table class="[^"]*" role="presentation"[\s\S]*?<\/table>/g, '')
    .replace(/Zweite Notiz . gr[üu]n & <sch[öo]n>\.\s*--b is no boundary here\s*> nor a quote/g, '')
    .replaceAll(BANNER, '')
    .replaceAll(FOOTER, '')
    .replace(/\s+/g, '');
}

describe('rewritten fixtures, read by others', () => {
  const pairs: Pair[] = [];
  beforeAll(() => {
    for (const { name, bytes } of fixtures()) {
      // Where the others see other parts, they show other texts.
      if (`fixtures/${name}` in adjudicated) continue;
      const parsed = parseMessage(bytes);
      const { edits, outcomes } = rewriteContent(parsed, CHANGES, { skipIfPresent: true });
      if (outcomes[0]?.kind === 'edited') pairs.push({ name, before: bytes, after: apply(parsed, edits) });
    }
  });

  it('postal-mime shows the banner, and else what it showed before', async () => {
    expect(pairs.length).toBeGreaterThan(100);
    for (const { name, before, after } of pairs) {
      const [was, is] = [await PostalMime.parse(before), await PostalMime.parse(after)];
      expect(`${is.text} ${is.html}`, name).toContain(BANNER);
      if (was.html !== undefined) expect(is.html, name).toContain(BANNER);
      expect(bare(is.text), name).toBe(bare(was.text));
      if (!TEXT_MADE_HTML.has(name)) expect(bare(is.html), name).toBe(bare(was.html));
      expect(is.attachments, name).toEqual(was.attachments);
    }
  });

  it('mailparser shows the banner, and the same attachments', async () => {
    for (const { name, before, after } of pairs) {
      const [was, is] = [await simpleParser(before), await simpleParser(after)];
      expect(`${is.text} ${String(is.html)}`, name).toContain(BANNER);
      const files = (all: typeof is.attachments): readonly unknown[] =>
        all.map(({ contentType, filename, content }) => [contentType, filename, content.toString('base64')]);
      expect(files(is.attachments), name).toEqual(files(was.attachments));
      expect(is.from?.text, name).toBe(was.from?.text);
    }
  });
});
