/** Texts that a policy puts into messages or logs. What passes here can neither end a header field nor leave its place. */
import type { Checked } from './shape.ts';

/** One line without control characters: a rule's name, a reason, a subject tag, a word to search for. */
export function oneLine(value: string): Checked {
  return /[\r\n\t\u0085\u2028\u2029]/.test(value) ? { why: 'it must be one line' } : { value };
}

/** An HTML fragment. A whole page inside a message's body would close what it does not own. */
export function htmlFragment(value: string): Checked {
  const page = /<[/!]?\s*(html|head|body|doctype|title|meta|base)\b/i.exec(value);
  if (page !== null) return { why: `give a fragment for the inside of a page, without <${page[1]}>` };
  // Mail programs drop scripts and forms, and filters punish a message for having them.
  const active = /<\s*(script|iframe|object|embed|form)\b/i.exec(value);
  if (active !== null) return { why: `mail programs refuse <${active[1]}>` };
  return value.includes('<!--') !== value.includes('-->') ? { why: 'a comment is not closed' } : { value };
}
