/**
 * Variables in the texts of a policy: `%%Subject%%` and the like. What they stand for comes from the message, so from a
 * stranger: it is cut, brought to one line, and escaped where it goes into HTML.
 */
import type { Checked } from './shape.ts';

/** Those that every text may have, and what they stand for. */
export const VARIABLES = {
  From: 'the author as the From header shows them',
  FromAddress: "the author's address",
  To: 'the To header',
  Cc: 'the Cc header',
  Subject: 'the subject',
  Date: 'the Date header',
  MessageId: 'the Message-ID header',
  Rule: 'the name of the rule',
  Reason: "the rule's reason",
  Attachments: 'the names of the attachments: of those that the action is about, elsewhere of all',
} as const;
/** Only in the note of `replaceAttachments`: where the attachments are kept. */
export const LINK_VARIABLE = 'Link';
/** Only in `renameAttachments`: the name as it was. */
export const NAME_VARIABLE = 'Name';

export type VariableName = keyof typeof VARIABLES;
export type Variables = { readonly [name: string]: string };

/** Longest value: a subject of megabytes must not fill a banner. */
const MAX_VALUE = 500;
const VARIABLE = /%%([A-Za-z]{1,30})%%/g;
/** Marks of writing direction could show the rest of the text backwards (CVE-2021-42574); lines and controls could leave its place. */
const UNWANTED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/** One line, without what could leave its place, cut to size. */
export function plainValue(value: string): string {
  const line = value
    .slice(0, 4 * MAX_VALUE)
    .replace(UNWANTED, ' ')
    .replace(/\s{2,2000}/g, ' ')
    .trim();
  return (line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE)}…` : line).toWellFormed();
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapedHtml(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
}

/** The text with its variables filled in. A variable without a value becomes empty; what is put in is not looked at again. */
export function expandVariables(text: string, values: Variables, form: 'text' | 'html'): string {
  return text.replace(VARIABLE, (_, name: string) => {
    const value = plainValue(Object.hasOwn(values, name) ? (values[name] ?? '') : '');
    return form === 'html' ? escapedHtml(value) : value;
  });
}

/** The names of the variables in a text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map((match) => match[1] ?? '');
}

/** Exchange and batch files have one sign on each side. */
const HALF_VARIABLE = /(?<!%)%([A-Za-z]{1,30})%(?!%)/g;

/** Warns of a variable that lacks the second sign on each side, and so stays as it is. */
function withHalfVariable(checked: Checked, names: readonly string[]): Checked {
  if ('why' in checked) return checked;
  for (const [written, name = ''] of checked.value.matchAll(HALF_VARIABLE))
    if (names.includes(name))
      return { ...checked, warning: `"${written}" stays as it is; the variable is "%%${name}%%"` };
  return checked;
}

/** A check of a text that may have variables: the common ones, and `more`. */
export function withVariables(
  check: (value: string) => Checked,
  names: readonly string[] = Object.keys(VARIABLES),
): (value: string) => Checked {
  return (value) => {
    const unknown = variablesIn(value).find((name) => !names.includes(name));
    if (unknown === undefined) return withHalfVariable(check(value), names);
    return {
      why: `there is no variable %%${unknown}%% here; known: ${names.map((name) => `%%${name}%%`).join(', ')}`,
    };
  };
}
