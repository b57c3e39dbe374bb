/** What is put into the messages, and how it may look in a part. No other text of a message is like it. */
import {
  applyEdits,
  type ChangeOutcome,
  type ContentChange,
  concatSlices,
  parseMessage,
  rewriteContent,
} from '../../../shared/mime/index.ts';

export interface ChangeSet {
  readonly name: string;
  /** In the order banner, footer, tag, field. */
  readonly changes: readonly [ContentChange, ContentChange, ContentChange, ContentChange];
  readonly tag: string;
  /** Each disclaimer as octets: in UTF-8, in a charset of Western Europe, with the nearest characters of ASCII. */
  readonly banner: readonly string[];
  readonly footer: readonly string[];
  /** Of the HTML: a word that only the disclaimer has. */
  readonly bannerWord: string;
  readonly footerWord: string;
}

export const NEW_FIELD = 'X-Edit-Evidence';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function changeSet(
  name: string,
  tag: string,
  texts: readonly [string, string],
  forms: readonly [string[], string[]],
): ChangeSet {
  const [banner, footer] = texts;
  return {
    name,
    tag,
    changes: [
      { kind: 'prependDisclaimer', text: banner, html: `<b class="evidence-banner">${banner}</b>` },
      { kind: 'appendDisclaimer', text: footer, html: `<i class="evidence-footer">${footer}</i>` },
      { kind: 'prependSubject', tag },
      { kind: 'addHeader', name: NEW_FIELD, value: 'one value' },
    ],
    banner: [latin1(banner), ...forms[0]],
    footer: [latin1(footer), ...forms[1]],
    bannerWord: 'evidence-banner',
    footerWord: 'evidence-footer',
  };
}

/** Nothing needs another label for it, but a charset that does not hold ASCII as it stands. */
export const PLAIN = changeSet(
  'of ASCII',
  '[EXTERNAL]',
  ['Evidence: this came from outside.', 'Evidence: the company at its seat.'],
  [[], []],
);

/** Most parts need another charset for it, or another transfer encoding. */
export const ACCENTED = changeSet(
  'of other characters',
  '[\u00e4u\u00dfen]',
  ['Evidence \u2014 pr\u00fcfen Sie, wer schreibt.', 'Evidence \u2014 die Firma, B\u00fcro K\u00f6ln.'],
  [
    ['Evidence \x97 pr\xfcfen Sie, wer schreibt.', 'Evidence - prufen Sie, wer schreibt.'],
    ['Evidence \x97 die Firma, B\xfcro K\xf6ln.', 'Evidence - die Firma, Buro Koln.'],
  ],
);

/** What the library says that it has done. The checker holds it to that. */
export interface Claim {
  /** Paths of the parts with the banner, and with the footer. */
  readonly banner: readonly string[];
  readonly footer: readonly string[];
  readonly subject: boolean;
  readonly field: boolean;
}

export interface Edited {
  readonly after: Buffer;
  readonly claim: Claim;
  readonly outcomes: readonly ChangeOutcome[];
}

export function edit(bytes: Uint8Array, changes: readonly ContentChange[]): Edited {
  const message = parseMessage(bytes);
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: false });
  const pathsOf = (outcome: ChangeOutcome | undefined): readonly string[] =>
    outcome?.kind === 'edited' ? [...new Set(outcome.parts.map(({ path }) => path))] : [];
  return {
    after: Buffer.from(concatSlices(applyEdits(bytes, edits))),
    claim: {
      banner: pathsOf(outcomes[0]),
      footer: pathsOf(outcomes[1]),
      subject: outcomes[2]?.kind === 'edited',
      field: outcomes[3]?.kind === 'edited',
    },
    outcomes,
  };
}
