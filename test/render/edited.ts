/** A body as it stands in a message after banner and footer went in. */
import {
  applyEdits,
  type ContentChange,
  concatSlices,
  decodeText,
  type EditedPart,
  parseMessage,
  rewriteContent,
} from '../../shared/mime/index.ts';

export const BANNER = 'This message comes from outside. Look twice before you click.';
export const FOOTER = 'Example Ltd, 1 Sample Street. Registered in Example, number 123.';

const FOOTER_HTML = `<span class="shown-footer">${FOOTER}</span>`;

export const CHANGES: readonly ContentChange[] = [
  { kind: 'prependDisclaimer', text: BANNER, html: `<b class="shown-banner">${BANNER}</b>` },
  { kind: 'appendDisclaimer', text: FOOTER, html: FOOTER_HTML },
];

export const ABOVE_REPLY: readonly ContentChange[] = [
  { kind: 'appendDisclaimer', position: 'aboveReply', text: FOOTER, html: FOOTER_HTML },
];

/** The HTML that got all of the changes; undefined where there is none such. */
export function editedHtml(bytes: Uint8Array, changes: readonly ContentChange[]): string | undefined {
  const message = parseMessage(bytes);
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: true });
  const [first, ...others] = outcomes.map((outcome) =>
    outcome.kind === 'edited' ? outcome.parts.filter(isHtml).map(({ path }) => path) : [],
  );
  const path = first?.find((each) => others.every((paths) => paths.includes(each)));
  if (path === undefined) return undefined;
  const after = parseMessage(concatSlices(applyEdits(bytes, edits)));
  const part = after.parts.find((each) => each.path === path);
  return part === undefined ? undefined : decodeText(after, part).text;
}

const isHtml = ({ mediaType }: EditedPart): boolean => mediaType === 'text/html';

/** A message with that HTML as its only body. */
export function messageOf(html: string): Buffer {
  const head = [
    'From: ada@example.org',
    'To: bo@example.net',
    'Subject: figures',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=us-ascii',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${html.replaceAll(/\r?\n/g, '\r\n')}\r\n`, 'latin1');
}
