/**
 * MIME as byte spans (RFC 5322, RFC 2045-2049, RFC 2183, RFC 2231). A message is parsed into a tree of spans over the
 * buffer that holds it; changes are edits of spans; everything that no edit touches is the sender's, octet by octet.
 *
 * @example
 * const message = parseMessage(bytes);
 * const subject = headerField(message.root.header, 'Subject');
 * const { edits, outcomes } = rewriteContent(
 *   message,
 *   [
 *     { kind: 'prependDisclaimer', text: 'This message comes from outside.' },
 *     { kind: 'prependSubject', tag: '[EXTERNAL]' },
 *   ],
 *   { skipIfPresent: true },
 * );
 * const rewritten: Uint8Array[] = applyEdits(message.bytes, edits); // slices of `bytes`, and what is new
 */

export type { CharsetText } from './charset.ts';
export { classify } from './classify.ts';
export { fileName } from './content-fields.ts';
export { DEFECTS, type DefectKind } from './defects.ts';
export { applyEdits, concatSlices, totalLength } from './edits.ts';
export { decodeEncodedWords, encodeWords } from './encoded-words.ts';
export { headerField, headerFields } from './header.ts';
export { headerText, rawHeaderText } from './header-text.ts';
export { rewriteContent } from './rewrite.ts';
export { parseMessage } from './scan.ts';
export { decodeText } from './text.ts';
export { type DecodedBody, decodeBody } from './transfer.ts';
export type {
  ChangeOutcome,
  Classification,
  ContentChange,
  ContentType,
  Defect,
  Edit,
  EditedPart,
  HeaderBlock,
  HeaderField,
  Message,
  Part,
  RewriteOptions,
  RewriteResult,
  Span,
  UntouchableReason,
  UntouchedReason,
} from './types.ts';
