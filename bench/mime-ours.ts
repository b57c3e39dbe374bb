/** Parse, banner, write: the calls of a rule that changes a message, and what takes the changed message from it. */
import { pipeline } from 'node:stream/promises';
import {
  applyEdits,
  type ContentChange,
  concatSlices,
  type Message,
  parseMessage,
  rewriteContent,
} from '../shared/mime/index.ts';

const CHANGES: readonly ContentChange[] = [
  {
    kind: 'prependDisclaimer',
    text: 'This message comes from outside.',
    html: '<p>This message comes from outside.</p>',
  },
  { kind: 'prependSubject', tag: '[EXTERNAL]' },
  { kind: 'addHeader', name: 'X-Mailroom-Mark', value: 'v1; 0123456789abcdef' },
];

/** All that can be done to the body of a message at once. */
const EVERYTHING: readonly ContentChange[] = [
  ...CHANGES,
  { kind: 'appendDisclaimer', text: 'Example Ltd.', position: 'aboveReply', removeOld: true },
  { kind: 'removeActiveContent' },
  { kind: 'removeTracking', images: 'remote' },
  { kind: 'prefixLinks', prefix: 'https://links.example.com/?to=', exempt: ['example.com'] },
];

/** What was written, and what became of the banner: `edited`, or why there is none. */
export interface Written {
  readonly bytes: number;
  readonly banner: string;
}

/** Puts changes into a parsed message, as slices of it and of what is new. */
function slices(message: Message, changes: readonly ContentChange[]) {
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: true });
  const [banner] = outcomes;
  return {
    slices: applyEdits(message.bytes, edits),
    banner: banner?.kind === 'untouched' ? banner.reason : 'edited',
  };
}

/** Hands the slices on through a stream, as they go to S3: the very sink that the pass-through of mailsplit has. */
async function write(message: Message, changes: readonly ContentChange[]): Promise<Written> {
  const { slices: pieces, banner } = slices(message, changes);
  let bytes = 0;
  await pipeline(pieces, async (all: AsyncIterable<Uint8Array>) => {
    for await (const piece of all) bytes += piece.length;
  });
  return { bytes, banner };
}

export function work(bytes: Uint8Array): Promise<Written> {
  return write(parseMessage(bytes), CHANGES);
}

/** As `work`, for whoever wants the message in one new buffer. */
export function workInOneBuffer(bytes: Uint8Array): Written {
  const { slices: pieces, banner } = slices(parseMessage(bytes), CHANGES);
  return { bytes: concatSlices(pieces).length, banner };
}

/** As `work`, with every change that a body can get. */
export function writeEverything(message: Message): Promise<Written> {
  return write(message, EVERYTHING);
}
