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

export {
  type AddressDefect,
  type AddressList,
  type Mailbox,
  parseAddressList,
  shownName,
} from './address.ts';
export { isAttachedMessage, parseAttachedMessage } from './attached-message.ts';
export type {
  ArchiveEntry,
  ArchiveListing,
  Attachment,
  AttachmentContent,
  RealType,
} from './attachment-types.ts';
export { listAttachments } from './attachments.ts';
export { attachmentText, bodyText, type VisibleText } from './body-text.ts';
export type { CharsetText } from './charset.ts';
export { classify } from './classify.ts';
export { fileName, fileNames } from './content-fields.ts';
export { DEFECTS, type DefectKind } from './defects.ts';
export { applyEdits, concatSlices, digestOfSlices, totalLength } from './edits.ts';
export { decodeEncodedWords, encodeWords } from './encoded-words.ts';
export { EXECUTABLE_EXTENSIONS, isExecutable } from './executable.ts';
export { extensionsOf } from './file-names.ts';
export { joinFlowed } from './flowed.ts';
export { headerField, headerFields } from './header.ts';
export { headerText, rawHeaderText } from './header-text.ts';
export { isAutomatic, MESSAGE_KINDS, type MessageKind, messageKinds } from './message-kinds.ts';
export { charsetsOf, type Importance, importanceOf, isReply } from './message-properties.ts';
export { repairEdits } from './repair-edits.ts';
export { rewriteContent } from './rewrite.ts';
export { parseMessage } from './scan.ts';
export { decodeText } from './text.ts';
export { type DecodedBody, decodeBody } from './transfer.ts';
export {
  contentProblems,
  type TransitProblem,
  type TransitProblemKind,
  transitProblems,
} from './transit.ts';
export type {
  BodyChange,
  ChangeOutcome,
  Classification,
  ContentChange,
  ContentType,
  Defect,
  Disclaimer,
  Edit,
  EditedPart,
  HeaderBlock,
  HeaderChange,
  HeaderField,
  LeftPart,
  Message,
  Part,
  PartChange,
  Repair,
  RewriteOptions,
  RewriteResult,
  Span,
  UntouchableReason,
  UntouchedReason,
  WrapChange,
} from './types.ts';
