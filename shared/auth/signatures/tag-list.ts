/**
 * Tag-lists, `name=value; name=value`: the form of DKIM-Signature, of ARC's fields and of key records (RFC 6376 §3.2).
 *
 *     const list = parseTagList('v=1; a=rsa-sha256; b=AbC=');
 *     list.ok && list.tags.get('a')?.value;                    // 'rsa-sha256'
 */
import { MAX_SIGNATURE_BYTES, MAX_TAGS } from './limits.ts';

/** One tag; its places are in the text that was read. */
export interface Tag {
  /** Without white space around it, with any inside. Names and values are case-sensitive. */
  readonly value: string;
  /** Behind the `=`. */
  readonly start: number;
  /** Before the `;`, or the end of the text: white space around the value is between the two. */
  readonly end: number;
}

export type TagList =
  | { readonly ok: true; readonly tags: ReadonlyMap<string, Tag> }
  | { readonly ok: false; readonly why: 'too-long' | 'too-many-tags' | 'syntax' | 'duplicate-tag' };

/** RFC 6376 §3.2: tag-name. */
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
/** tval and FWS; UTF-8 too (RFC 8616 §4), which text of one character a byte shows as U+0080 and above. */
const VALUE = /^[\t\n\r\x20-\x7e\u{80}-\u{10ffff}]*$/u;
/** CR and LF are folding, and nothing else: a blank must follow (RFC 5322 §2.2.3). */
const BROKEN_FOLD = /\r(?!\n)|\n(?![ \t])/;

/** Reads `text`, the value of a field with its folding or a key record. Linear; the map keeps the order of the tags. */
export function parseTagList(text: string): TagList {
  if (text.length > MAX_SIGNATURE_BYTES) return { ok: false, why: 'too-long' };
  if (BROKEN_FOLD.test(text)) return { ok: false, why: 'syntax' };
  const tags = new Map<string, Tag>();
  for (let at = 0; at < text.length; ) {
    const semicolon = text.indexOf(';', at);
    const end = semicolon === -1 ? text.length : semicolon;
    const equals = text.indexOf('=', at);
    if (equals === -1 || equals > end) {
      // One semicolon may end the list; nothing but white space follows it.
      const ends = semicolon === -1 && at > 0 && trimBlanks(text.slice(at)) === '';
      return ends ? { ok: true, tags } : { ok: false, why: 'syntax' };
    }
    const name = trimBlanks(text.slice(at, equals));
    const raw = text.slice(equals + 1, end);
    if (!NAME.test(name) || !VALUE.test(raw)) return { ok: false, why: 'syntax' };
    // RFC 6376 §3.2: a tag that is there twice makes the whole list invalid.
    if (tags.has(name)) return { ok: false, why: 'duplicate-tag' };
    if (tags.size >= MAX_TAGS) return { ok: false, why: 'too-many-tags' };
    tags.set(name, { value: trimBlanks(raw), start: equals + 1, end });
    at = end + 1;
  }
  return tags.size > 0 ? { ok: true, tags } : { ok: false, why: 'syntax' };
}

/** A value that is a list with colons (`h=`, `q=`, `t=` of keys), white space around its members removed. */
export function splitColons(value: string): string[] {
  return value.split(':').map(trimBlanks);
}

/** Without white space anywhere: RFC 6376 allows it between the characters of base64. */
export function withoutBlanks(value: string): string {
  return value.replace(/[ \t\r\n]+/g, '');
}

/** Decodes `base64string` (RFC 6376 §2.10), whose `=` at the end may be missing; undefined for anything else, or for nothing. */
export function decodeBase64(value: string): Buffer | undefined {
  const compact = withoutBlanks(value);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  return bytes.length === 0 ? undefined : bytes;
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
