/** Every kind of change over every message: what an edit does not name stays, and what it names is so afterwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContentChange, parseMessage } from '../../../shared/mime/index.ts';
import { grammarMessage, mutatedFixture, rawMessage } from './arbitraries.ts';
import {
  checkRemoved,
  checkRenamed,
  checkRepaired,
  checkWrapped,
  leaf,
  rewriteChecked,
} from './change-invariants.ts';
import { CORPORA, corpusMessages, fixtures, type NamedMessage } from './support.ts';

const NOTE = 'An attachment was taken out.\n--b is no boundary, ä is a letter';
const WRAP: ContentChange = { kind: 'wrap', text: 'Look twice.\n--b', html: '<p>Look <b>twice</b>.</p>' };
const LINKS: ContentChange[] = [
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'remote' },
  { kind: 'defangLinks', exempt: [] },
];
const HEADERS: ContentChange[] = [
  { kind: 'setHeader', name: 'Subject', value: 'another subject, ä' },
  { kind: 'prependSubject', tag: '[TAG]' },
  { kind: 'removeHeader', name: 'X-Mailer' },
  { kind: 'removeHeader', name: 'To' },
  { kind: 'setHeader', name: 'X-Set', value: 'value' },
  { kind: 'addHeader', name: 'X-Added', value: 'value' },
];

/** Leaves chosen by the bits of a number. */
function chosen(bytes: Uint8Array, bits: number): string[] {
  return parseMessage(bytes)
    .parts.filter(leaf)
    .filter((_, index) => (bits >> (index % 16)) & 1)
    .map(({ path }) => path);
}

const NAME = 'Prüfung (1) "a".pdf.disarmed';

/** One check for each kind of change. */
const CHECKS: readonly (readonly [string, (bytes: Uint8Array, bits: number) => void])[] = [
  [
    'parts go',
    (bytes, bits) => {
      const paths = chosen(bytes, bits);
      checkRemoved(rewriteChecked(bytes, [{ kind: 'removeParts', paths }]), paths, undefined);
    },
  ],
  [
    'parts go, and a note stands in the place of each',
    (bytes, bits) => {
      const paths = chosen(bytes, bits);
      const changes = paths.map(
        (path): ContentChange => ({ kind: 'removeParts', paths: [path], note: NOTE }),
      );
      checkRemoved(rewriteChecked(bytes, changes), paths, NOTE);
    },
  ],
  [
    'parts are renamed',
    (bytes, bits) => {
      const names = new Map(chosen(bytes, bits).map((path) => [path, NAME]));
      checkRenamed(rewriteChecked(bytes, [{ kind: 'renameParts', names }]), names);
    },
  ],
  ['the message is wrapped', (bytes) => checkWrapped(rewriteChecked(bytes, [WRAP, ...HEADERS]))],
  [
    'a wrapped message is not wrapped again',
    (bytes) => {
      const once = rewriteChecked(bytes, [WRAP]).after.bytes;
      if (rewriteChecked(once, [WRAP]).result.edits.length > 0) throw new Error('wrapped again');
    },
  ],
  [
    'header fields',
    (bytes) => {
      const { before, after } = rewriteChecked(bytes, HEADERS);
      const of = (name: string) => after.root.header.fields.filter(({ lowerName }) => lowerName === name);
      const shape = ({ parts }: typeof after) =>
        parts.map(({ path, contentType }) => path + contentType.mediaType).join();
      if (shape(before) !== shape(after)) throw new Error(`${shape(before)} became ${shape(after)}`);
      const done = of('x-set').length > 0;
      if (done && (of('to').length > 0 || of('subject').length !== 1 || of('x-set').length !== 1))
        throw new Error('a field too many');
      const again = rewriteChecked(after.bytes, HEADERS.slice(0, 5));
      if (done && again.result.edits.length > 0) throw new Error('a second run edits again');
    },
  ],
  [
    'HTML becomes text',
    (bytes) => {
      const changes: ContentChange[] = [{ kind: 'removeAmp' }, { kind: 'convertToText' }];
      const { after, result } = rewriteChecked(bytes, changes);
      const left = result.outcomes.some((one) => one.kind === 'untouched' && one.reason !== 'not-found');
      const partly = result.outcomes.some((one) => one.kind === 'edited' && one.left !== undefined);
      const html = after.parts.filter(
        ({ contentType, disposition, children }) =>
          /^text\/(?:html|x-amp-html)$/.test(contentType.mediaType) &&
          children.length === 0 &&
          (disposition === undefined || disposition === 'inline'),
      );
      if (!left && !partly && html.length > 0) throw new Error('HTML is left');
      if (rewriteChecked(after.bytes, changes).result.edits.length > 0)
        throw new Error('a second run edits again');
    },
  ],
  [
    'long lines are repaired',
    (bytes) => {
      const stretched = Buffer.from(
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/text|Hello|\xe4/g, `$& ${'long '.repeat(250)}`),
        'latin1',
      );
      for (const message of [bytes, stretched]) {
        const repaired = rewriteChecked(message, [], { skipIfPresent: true, repair: true });
        checkRepaired(repaired);
        const again = rewriteChecked(repaired.after.bytes, [], { skipIfPresent: true, repair: true });
        if (again.result.edits.length > 0) throw new Error('a second run edits again');
      }
    },
  ],
  [
    'everything at once',
    (bytes, bits) => {
      const paths = chosen(bytes, bits);
      const rest = chosen(bytes, ~bits);
      const files = chosen(bytes, bits >> 3).map((path) => `${path}~1`);
      rewriteChecked(
        bytes,
        [
          { kind: 'prependDisclaimer', text: 'Banner — ä', html: '<b>Banner</b>' },
          { kind: 'appendDisclaimer', text: 'Footer', removeOld: true },
          ...HEADERS,
          ...LINKS,
          { kind: 'removeParts', paths: files },
          { kind: 'removeParts', paths, note: NOTE },
          { kind: 'renameParts', names: new Map(rest.map((path) => [path, NAME])) },
          ...(bits % 2 === 0 ? [{ kind: 'convertToText' } as const] : []),
          { kind: 'removeAmp' },
        ],
        { skipIfPresent: true, repair: bits % 3 === 0 },
      );
    },
  ],
];

function failures(
  messages: readonly NamedMessage[],
  check: (bytes: Uint8Array, bits: number) => void,
): readonly string[] {
  return messages.flatMap(({ name, bytes }, index) => {
    try {
      check(bytes, index % 2 === 0 ? 0xffff : index * 7919);
      return [];
    } catch (error) {
      return [`${name}: ${String(error).slice(0, 500)}`];
    }
  });
}

describe.each(CHECKS)('%s', (_name, check) => {
  it('in every fixture', () => {
    expect(failures(fixtures(), check)).toEqual([]);
  });

  it.skipIf(CORPORA === undefined)('in messages of other projects (MAILROOM_CORPORA)', () => {
    const small = corpusMessages().filter(({ bytes }) => bytes.length < 20_000);
    expect(failures(small, check)).toEqual([]);
  });

  it('in any message', () => {
    fc.assert(
      fc.property(
        fc.oneof(rawMessage, grammarMessage, grammarMessage, mutatedFixture()),
        fc.nat({ max: 0xffff }),
        (bytes, bits) => check(bytes, bits),
      ),
      { numRuns: 150 },
    );
  });
});
