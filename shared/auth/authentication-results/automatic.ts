/**
 * Mail that nobody may answer: reports, automatic answers and list mail (RFC 3834 §2). An answer to it goes to the wrong
 * person or round in circles. The sender writes these fields, and whoever forges them only spares himself an answer.
 */
import type { HeaderField, Message } from '../../mime/types.ts';
import { collapseSpace, decodeHeaderBytes, unfold } from '../text.ts';

/** Against a Precedence or Auto-Submitted of megabytes; the words looked for are short. */
const MAX_VALUE_BYTES = 256;

const LIST_FIELDS: ReadonlySet<string> = new Set(['list-id', 'list-post', 'list-unsubscribe']);
const BULK: ReadonlySet<string> = new Set(['bulk', 'list', 'junk']);

/** Whether the root header says so. Never throws. */
export function isAutomatic(message: Message): boolean {
  if (message.root.contentType.mediaType === 'multipart/report') return true;
  return message.root.header.fields.some((field) => saysAutomatic(message, field));
}

function saysAutomatic(message: Message, field: HeaderField): boolean {
  if (LIST_FIELDS.has(field.lowerName)) return true;
  // RFC 3834 §5: anything but `no` was not written by a person.
  if (field.lowerName === 'auto-submitted') return firstWord(message, field) !== 'no';
  return field.lowerName === 'precedence' && BULK.has(firstWord(message, field));
}

function firstWord(message: Message, field: HeaderField): string {
  const { start, end } = field.value;
  const { text } = decodeHeaderBytes(message.bytes.subarray(start, Math.min(end, start + MAX_VALUE_BYTES)));
  return collapseSpace(unfold(text)).toLowerCase().split(/[ ;(]/, 1)[0] ?? '';
}
