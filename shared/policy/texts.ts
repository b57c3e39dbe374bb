/** Texts that a policy puts into messages or logs. What passes here can neither end a header field nor leave its place. */
import type { Checked } from './shape.ts';

/** One line without control characters: a rule's name, a reason, a subject tag, a word to search for. */
export function oneLine(value: string): Checked {
  if (/[\r\n\u0085\u2028\u2029]/.test(value)) return { why: 'it must be one line' };
  return /\p{Cc}/u.test(value) ? { why: 'it holds a control character' } : { value };
}

/** Lines of text without control characters: YAML's escapes (`"\\e"`) can write what a text file cannot hold. */
export function lines(value: string): Checked {
  return /[^\P{Cc}\t\r\n]/u.test(value) ? { why: 'it holds a control character' } : { value };
}

/** Elements that take what follows for their own content when they are not closed, or whatever is done. */
const SWALLOWING = /<\s*(plaintext|xmp|textarea|noembed|noframes|noscript|template|select|frameset)\b/i;

/** An HTML fragment. A whole page inside a message's body would close what it does not own. */
export function htmlFragment(value: string): Checked {
  const page = /<[/!]?\s*(html|head|body|doctype|title|meta|base)\b/i.exec(value);
  if (page !== null) return { why: `give a fragment for the inside of a page, without <${page[1]}>` };
  // Mail programs drop scripts and forms, and filters punish a message for having them.
  const active = /<\s*(script|iframe|object|embed|form)\b/i.exec(value);
  if (active !== null) return { why: `mail programs refuse <${active[1]}>` };
  const swallowing = SWALLOWING.exec(value);
  if (swallowing !== null) return { why: `<${swallowing[1]}> can hide the message` };
  if (value.lastIndexOf('<!--') > value.lastIndexOf('-->')) return { why: 'a comment is not closed' };
  if (value.lastIndexOf('<') > value.lastIndexOf('>'))
    return { why: 'a tag is not closed; write "<" as "&lt;"' };
  if (value.search(/<style\b(?![\s\S]*<\/style>)/i) >= 0) return { why: 'a <style> is not closed' };
  return lines(value);
}
