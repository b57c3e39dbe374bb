/** Parse, banner, write: the calls of `handlers/edge/steps/rewrite.ts`. */
import {
  applyEdits,
  type ContentChange,
  concatSlices,
  parseMessage,
  rewriteContent,
  totalLength,
} from '../shared/mime/index.ts';
import type { Message } from '../shared/mime/types.ts';

const CHANGES: readonly ContentChange[] = [
  {
    kind: 'prependDisclaimer',
    text: 'This message comes from outside.',
    html: '<p>This message comes from outside.</p>',
  },
  { kind: 'prependSubject', tag: '[EXTERNAL]' },
  { kind: 'addHeader', name: 'X-Mailroom-Mark', value: 'v1; 0123456789abcdef' },
];

/** What was written, and what became of the banner: `edited`, or why there is none. */
export interface Written {
  readonly bytes: number;
  readonly banner: string;
}

/** Puts the changes into a parsed message, as slices of it and of what is new. */
function slices(message: Message): { readonly slices: readonly Uint8Array[]; readonly banner: string } {
  const { edits, outcomes } = rewriteContent(message, CHANGES, { skipIfPresent: true });
  const [banner] = outcomes;
  return {
    slices: applyEdits(message.bytes, edits),
    banner: banner?.kind === 'untouched' ? banner.reason : 'edited',
  };
}

/** Puts the changes into a parsed message, in one new buffer as S3's client wants it. */
export function write(message: Message): Written {
  const { slices: pieces, banner } = slices(message);
  return { bytes: concatSlices(pieces).length, banner };
}

/** As `work`, for whoever can pass slices on: nothing is copied. */
export function workInSlices(bytes: Uint8Array): Written {
  const { slices: pieces, banner } = slices(parseMessage(bytes));
  return { bytes: totalLength(pieces), banner };
}

export function work(bytes: Uint8Array): Written {
  return write(parseMessage(bytes));
}
