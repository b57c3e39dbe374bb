/**
 * Subject tags. The tag goes in at the start of the value as it stands, so that the sender's encoded words and
 * folding stay. A subject that already begins with the tag, in any case and after "Re:" and its kin, is left alone.
 */
import { encodeWords } from './encoded-words.ts';
import { bufferOver, headerFields, isBlank } from './header.ts';
import { headerText, trimBlanks } from './header-text.ts';
import { MAX_REPLY_PREFIXES, MAX_TAGGED_SUBJECTS } from './limits.ts';
import type { LineEnd } from './line-ends.ts';
import { hasControls, newField, topOfHeader } from './new-field.ts';
import type { ServingEdit } from './splice.ts';
import type { HeaderField, Message } from './types.ts';

export interface WantedTag {
  /** Index of the change. */
  readonly change: number;
  readonly tag: string;
}

/** Reply and forward marks of mail programs: "Re:", "Fwd:", "AW[2]:", and so on. */
const REPLY_MARK =
  /^(?:re|fw|fwd|aw|wg|sv|vs|vb|vl|antw|doorst|tr|rv|enc|rif|i|odp|pd|ynt|ilt|r|res|回复|转发|答复|返信)(?:\[\d{1,3}\]|\(\d{1,3}\))?[ \t]*[:：][ \t]*/iu;
/** RFC 2047 §2: a line with an encoded word is no longer. */
const MAX_WORD_LINE = 76;
/** A tag longer than this is no tag; it keeps the line far below 998. */
const MAX_TAG_LENGTH = 200;

/** Whether the tag can be put into a header: something is in it, and no line end or other control character. */
export function isUsableTag(tag: string): boolean {
  return tag.trim() !== '' && tag.length <= MAX_TAG_LENGTH && !hasControls(tag);
}

/**
 * The insertions that put the tags before the subject, first tag first. Every Subject field gets them, since readers
 * differ in which of several they show (RFC 5322 §3.6 allows one); a message without one gets one.
 */
export function tagSubject(
  message: Message,
  wanted: readonly WantedTag[],
  eol: LineEnd,
): readonly ServingEdit[] {
  if (wanted.length === 0) return [];
  const fields = headerFields(message.root.header, 'subject').slice(0, MAX_TAGGED_SUBJECTS);
  if (fields.length === 0) return newSubject(message, wanted, eol);
  return fields.flatMap((field) => {
    const missing = missingTags(headerText(message, field), wanted);
    return missing.length === 0 ? [] : [tagField(message, field, missing, eol)];
  });
}

function newSubject(message: Message, wanted: readonly WantedTag[], eol: LineEnd): readonly ServingEdit[] {
  const field = newField('Subject', wanted.map(({ tag }) => tag.trim()).join(' '), eol);
  const top = topOfHeader(message, message.root);
  if (field === undefined || top === undefined) return [];
  return [
    { span: { start: top, end: top }, replacement: field, changes: wanted.map(({ change }) => change) },
  ];
}

/** The tags that the subject does not begin with. */
export function missingTags(subject: string, wanted: readonly WantedTag[]): readonly WantedTag[] {
  const present = presentTags(subject, wanted);
  return wanted.filter((one) => !present.has(one));
}

/** The tags among the reply marks and tags that the subject begins with. */
function presentTags(subject: string, wanted: readonly WantedTag[]): ReadonlySet<WantedTag> {
  const present = new Set<WantedTag>();
  let rest = subject.slice(0, MAX_REPLY_PREFIXES * MAX_TAG_LENGTH);
  for (let round = 0; round < MAX_REPLY_PREFIXES + wanted.length; round++) {
    const found = wanted.find((one) => beginsWith(rest, one.tag.trim()));
    const mark = found === undefined ? (REPLY_MARK.exec(rest)?.[0].length ?? 0) : found.tag.trim().length;
    if (mark === 0) break;
    if (found !== undefined)
      for (const one of wanted) if (one.tag.trim() === found.tag.trim()) present.add(one);
    rest = trimBlanks(rest.slice(mark));
  }
  return present;
}

function beginsWith(text: string, tag: string): boolean {
  return text.slice(0, tag.length).toLowerCase() === tag.toLowerCase();
}

function tagField(
  message: Message,
  field: HeaderField,
  missing: readonly WantedTag[],
  eol: LineEnd,
): ServingEdit {
  const { start, end } = field.value;
  const rest = bufferOver(message.bytes).toString('latin1', start, end);
  const text = trimBlanks(rest.replace(/[\r\n]/g, ''));
  const tags = missing.map(({ tag }) => tag.trim().toWellFormed()).join(' ');
  // RFC 2047 §6.2: white space between encoded words is not shown, so it goes inside the tag's own.
  const encoded = encodeWords(tags);
  const isWord = encoded !== tags;
  const inserted = isWord && text.startsWith('=?') ? encodeWords(`${tags} `) : encoded;
  const folded = ` ${inserted.split(' ').join(isWord ? `${eol} ` : ' ')}`;
  const replacement = Buffer.from(folded + separator(message, field, folded, rest, text, eol), 'latin1');
  return { span: { start, end: start }, replacement, changes: missing.map(({ change }) => change) };
}

/** What stands between the tag and the sender's value, which brings its own white space as a rule. */
function separator(
  message: Message,
  field: HeaderField,
  tag: string,
  rest: string,
  text: string,
  eol: LineEnd,
): string {
  if (text === '') return '';
  const first = message.bytes[field.value.start];
  const ownSpace = isBlank(first) || first === 0x0a || (first === 0x0d && rest[1] === '\n');
  if (first === 0x0a || first === 0x0d) return '';
  const lineEnd = rest.search(/\r?\n/);
  const firstLine = lineEnd === -1 ? rest.length : lineEnd;
  const lastTagLine = tag.length - (tag.lastIndexOf('\n') + 1);
  const nameLength = tag.includes('\n') ? 0 : field.name.length + 1;
  const blankLine = rest.slice(0, firstLine).trim() === '';
  const fold = nameLength + lastTagLine + 1 + firstLine > MAX_WORD_LINE && !blankLine;
  return `${fold ? eol : ''}${ownSpace ? '' : ' '}`;
}
