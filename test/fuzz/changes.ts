/** Fuzzes every kind of change of content, alone and all together, over messages of any octets. */
import fc from 'fast-check';
import { type ContentChange, type Message, parseMessage, rewriteContent } from '../../shared/mime/index.ts';
import { grammarMessage, mutatedFixture, rawMessage } from '../shared/mime/arbitraries.ts';
import { apply, coverFault, differsOnlyIn } from '../shared/mime/support.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const TEXT = 'A notice \u2014 look twice.\n> and\nFrom here';
const LINKS = { prefix: 'https://links.example.com/?to=', exempt: ['*.example.com'] };

const HEADER: readonly ContentChange[] = [
  { kind: 'prependSubject', tag: '[EXTERNAL]' },
  { kind: 'addHeader', name: 'X-New', value: 'gr\u00fcn' },
  { kind: 'setHeader', name: 'X-Set', value: 'a' },
  { kind: 'setHeader', name: 'Subject', value: 'another' },
  { kind: 'removeHeader', name: 'X-Gone' },
];

const BODY: readonly ContentChange[] = [
  { kind: 'prependDisclaimer', text: TEXT, removeOld: true },
  { kind: 'appendDisclaimer', text: 'Example Ltd.', position: 'aboveReply', removeOld: true },
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'remote' },
];

/** Each list is one call. */
function changesFor({ parts }: Message): readonly (readonly ContentChange[])[] {
  const leaves = parts.filter(({ children }) => children.length === 0).map(({ path }) => path);
  const last = leaves.slice(-1);
  const names = new Map(leaves.map((path) => [path, 'harmless \u2014 renamed.txt']));
  return [
    HEADER,
    [...BODY, { kind: 'prefixLinks', ...LINKS }],
    [...BODY, { kind: 'defangLinks', exempt: [] }],
    [...BODY, { kind: 'markLinks', exempt: [] }],
    [{ kind: 'restoreLinks', prefix: LINKS.prefix }],
    [{ kind: 'removeParts', paths: last, note: TEXT }, { kind: 'removeAmp' }],
    [{ kind: 'removeParts', paths: [...leaves, '1', '9.9', '~1', '1~1'] }],
    [{ kind: 'renameParts', names }, ...BODY],
    [{ kind: 'convertToText' }, ...BODY],
    [{ kind: 'wrap', text: TEXT, html: '<p>A notice</p>', subject: 'wrapped' }, ...HEADER],
    [...HEADER, ...BODY, { kind: 'convertToText' }, { kind: 'removeParts', paths: last }],
  ];
}

function check(bytes: Uint8Array): void {
  const message = parseMessage(bytes);
  for (const changes of changesFor(message)) {
    for (const repair of [false, true]) {
      const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: true, repair });
      const kinds = changes.map(({ kind }) => kind).join();
      if (outcomes.length !== changes.length) throw new Error(`${kinds}: ${outcomes.length} outcomes`);
      const output = apply(message, edits);
      const spans = edits.map(({ span, replacement }) => ({ ...span, bytesAfter: replacement.length }));
      if (!differsOnlyIn(bytes, output, spans)) throw new Error(`${kinds}: more differs than the edits say`);
      const untouched = outcomes.every(({ kind }) => kind === 'untouched');
      if (untouched && !repair && edits.length > 0) throw new Error(`${kinds}: untouched, and edited`);
      const fault = coverFault(parseMessage(output));
      if (fault !== undefined) throw new Error(`${kinds}: spans: ${fault}`);
    }
  }
}

export const fuzzer: ByteFuzzer = {
  name: 'changes',
  inputs: fc.oneof(rawMessage, grammarMessage, mutatedFixture()),
  check,
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
