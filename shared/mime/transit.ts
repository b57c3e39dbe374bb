/**
 * What a mail system may refuse about new content: the criteria that PutRawMessageContent documents (Amazon WorkMail Message
 * Flow API Reference, RawMessageContent), by the standards that they speak of. AWS does not publish which headers are
 * required, immutable or unique, nor all types of attachment that SES refuses: the tables are our choice, on the strict side,
 * so that what passes here should pass there. That content beyond seven bits "should" be encoded is a recommendation, and
 * nothing is refused for it.
 */
import { BLOCKED_EXTENSIONS } from './blocked-extensions.ts';
import { fileNames } from './content-fields.ts';
import { IMMUTABLE_FIELDS, REQUIRED_FIELDS, UNIQUE_FIELDS } from './field-rules.ts';
import { headerFields } from './header.ts';
import { rawHeaderText } from './header-text.ts';
import { editedLength, type LongLine, longLines, outlineOf } from './outline.ts';
import type { Edit, Message, Part } from './types.ts';

/** The limit for a message in MIME form. */
export const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;
/** A name in the text of a problem is the sender's; no more of it is repeated. */
const MAX_NAME_CHARS = 80;

export type TransitProblemKind =
  | 'too-large'
  /** RFC 5321 §4.5.3.1.6: "The maximum total length of a text line including the <CRLF> is 1000 octets". */
  | 'long-line'
  | 'header-malformed'
  | 'header-missing'
  | 'header-duplicate'
  | 'header-changed'
  | 'multipart-malformed'
  | 'part-empty'
  | 'attachment-type';

export interface TransitProblem {
  readonly kind: TransitProblemKind;
  /** Of the part; that of the message as it comes to be, but for lines: of the message as it was. Empty: the message itself. */
  readonly path: string;
  /** In words; names a header field or an extension where it is about one. */
  readonly text: string;
}

/** Defects of a multipart after which it is not "properly formatted". */
const MULTIPART_DEFECTS: ReadonlyMap<string, string> = new Map([
  ['multipart-without-boundary', 'A multipart has no boundary.'],
  ['boundary-too-long', 'The boundary of a multipart is longer than 70 characters.'],
  ['boundary-never-found', 'The boundary of a multipart is never found.'],
  ['multipart-unclosed', 'A multipart is not closed by its boundary.'],
  ['multipart-encoded', 'A multipart has a transfer encoding.'],
  ['too-deep', 'The parts of the message are nested too deeply.'],
  ['too-many-parts', 'The message has too many parts.'],
]);

/** No criterion of the guide, but nobody could say which header fields such a message has. */
const HEADER_DEFECTS: ReadonlySet<string> = new Set([
  'missing-header-separator',
  'junk-in-header',
  'header-too-large',
  'too-many-fields',
]);

const DASH = 0x2d;

/**
 * Everything that would be refused about the message with the edits made; empty when it can go. The edited message is not
 * built for it.
 */
export function transitProblems(message: Message, edits: readonly Edit[]): readonly TransitProblem[] {
  return problemsOf(message, edits, outlineOf(message, edits), message);
}

/** The same about a message as it is. `original`: as it came in; undefined where nothing is to be compared with it. */
export function contentProblems(message: Message, original: Message | undefined): readonly TransitProblem[] {
  return problemsOf(message, [], message, original);
}

function problemsOf(
  message: Message,
  edits: readonly Edit[],
  outline: Message,
  original: Message | undefined,
): readonly TransitProblem[] {
  const tooLarge = editedLength(message, edits) > MAX_MESSAGE_BYTES;
  return [
    ...(tooLarge
      ? [{ kind: 'too-large', path: '', text: 'The message is larger than 40 MB.' } as const]
      : []),
    ...longLines(message, edits).map(longLine),
    ...headerProblems(outline, original),
    ...partProblems(outline),
    ...attachmentProblems(outline),
  ];
}

function longLine({ path }: LongLine): TransitProblem {
  return { kind: 'long-line', path, text: 'A line of the message is longer than 1000 characters.' };
}

function valuesOf(message: Message, name: string): readonly string[] {
  return headerFields(message.root.header, name).map((field) => rawHeaderText(message, field));
}

function headerProblems(message: Message, original: Message | undefined): readonly TransitProblem[] {
  const problems: TransitProblem[] = [];
  const add = (kind: TransitProblemKind, text: string): number => problems.push({ kind, path: '', text });
  if (message.defects.some(({ kind }) => HEADER_DEFECTS.has(kind)))
    add('header-malformed', 'The header section of the message is malformed.');
  for (const name of REQUIRED_FIELDS)
    if (valuesOf(message, name).length === 0) add('header-missing', `Missing required header '${name}'.`);
  for (const name of UNIQUE_FIELDS)
    if (valuesOf(message, name).length > 1) add('header-duplicate', `Duplicate header '${name}'.`);
  if (original === undefined) return problems;
  for (const name of IMMUTABLE_FIELDS)
    if (valuesOf(message, name).join('\n') !== valuesOf(original, name).join('\n'))
      add('header-changed', `Header '${name}' cannot be changed.`);
  return problems;
}

/** Two delimiters one right after the other: the second lacks the line end that belongs to it (RFC 2046 §5.1.1). */
function isNothing({ bytes }: Message, { header, body }: Part): boolean {
  return header.start === body.end && bytes[body.end] === DASH;
}

function partProblems(message: Message): readonly TransitProblem[] {
  const problems: TransitProblem[] = [];
  const add = (kind: TransitProblemKind, path: string, text: string): number =>
    problems.push({ kind, path, text });
  for (const kind of new Set(message.defects.map((defect) => defect.kind))) {
    const why = MULTIPART_DEFECTS.get(kind);
    if (why !== undefined) add('multipart-malformed', '', why);
  }
  for (const part of message.parts) {
    const isMultipart = part.contentType.mediaType.startsWith('multipart/');
    if (isMultipart && part.children.length === 0)
      add('multipart-malformed', part.path, 'A multipart has no part.');
    if (part.parent !== undefined && isNothing(message, part))
      add('part-empty', part.path, `Part ${part.path} of a multipart is empty.`);
  }
  return problems;
}

function attachmentProblems(message: Message): readonly TransitProblem[] {
  return message.parts.flatMap((part) => {
    const extension = fileNames(message, part)
      .map(extensionOf)
      .find((one) => BLOCKED_EXTENSIONS.has(one));
    if (extension === undefined) return [];
    const number = part.path === '' ? '1' : part.path;
    const text = `Part ${number} is an attachment of a type that is not supported: '.${extension.slice(0, MAX_NAME_CHARS)}'.`;
    return [{ kind: 'attachment-type', path: part.path, text }];
  });
}

/** Lower case, without the dot; empty when there is none. */
function extensionOf(name: string): string {
  return /\.([^./\\]*)$/.exec(name.trimEnd())?.[1]?.toLowerCase() ?? '';
}
