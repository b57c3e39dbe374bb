/** Shapes of values that only actions take. */
import { isProtectedField } from '../../mime/field-rules.ts';
import { list, optional, record, required } from '../collections.ts';
import { checkAddress, headerName } from '../names.ts';
import { checkPattern } from '../pattern.ts';
import { type Checked, text } from '../shape.ts';
import { htmlFragment, lines, oneLine } from '../texts.ts';
import { MAX_VALUES } from '../values.ts';
import { LINK_VARIABLE, VARIABLES, withVariables } from '../variables.ts';

/** Characters of a banner, footer or note, as text and as HTML: one that is longer hides the message. */
export const MAX_TEXT = 10_000;
/** Addresses of one action; an answer of WorkMail's rules names each. */
const MAX_ADDRESSES = 50;

/** Lines with variables. */
export const longText = text('text', { maxLength: MAX_TEXT }, withVariables(lines));
export const html = text('an HTML fragment', { maxLength: MAX_TEXT }, withVariables(htmlFragment));
/** One line with variables. */
export const shortText = text('one line of text', { maxLength: 500 }, withVariables(oneLine));
/** `longText` that may also speak of `%%Link%%`. */
export const noteText = text(
  'text',
  { maxLength: MAX_TEXT },
  withVariables(lines, [...Object.keys(VARIABLES), LINK_VARIABLE]),
);

export const asciiText = text('text of ASCII letters', { maxLength: MAX_TEXT }, (value) =>
  // The very reason for this text is a charset that cannot hold more.
  /^[\t\r\n\u0020-\u007e]*$/.test(value) ? withVariables(lines)(value) : { why: 'it holds more than ASCII' },
);

export const disclaimerFields = {
  text: required(longText, {
    description: 'Plain text; used in text parts and, where "html" is absent, escaped in HTML parts.',
  }),
  html: optional(html, { description: 'HTML fragment for HTML parts.' }),
};

export const addresses = list(text('an address', { maxLength: 320 }, checkAddress), {
  what: 'addresses',
  max: MAX_ADDRESSES,
  single: true,
});

/** A web address that others are put behind. */
function httpsPrefix(value: string): Checked {
  const url = URL.parse(value);
  if (url === null || url.protocol !== 'https:') return { why: 'it must begin with "https://"' };
  if (url.username !== '' || url.password !== '') return { why: 'a password in a URL is shown to everybody' };
  return /[\s<>"'\\]/.test(value) ? { why: 'it holds a character that must be written as %XX' } : { value };
}

export const prefix = text('a URL that begins with "https://"', { maxLength: 500 }, httpsPrefix);
export const folderPrefix = text(
  'a URL that begins with "https://" and ends with "/"',
  { maxLength: 500 },
  (value) => (value.endsWith('/') ? httpsPrefix(value) : { why: 'it must end with "/"' }),
);

/** Hosts of links: `example.com`, or with its subdomains. */
export const hosts = list(
  text('a domain, or "*.domain"', { maxLength: 255 }, (value) => {
    if (value === '*' || value.includes('@')) return { why: 'write a domain, or "*.domain"' };
    return checkPattern(value);
  }),
  { what: 'domains', max: MAX_VALUES, single: true },
);

/** Where a copy is kept below the bucket's `copies/`. */
export const folder = text('a folder such as finance/invoices', { maxLength: 200 }, (value) => {
  const bare = value.replace(/\/$/, '');
  if (!/^[A-Za-z0-9][A-Za-z0-9_./-]*$/.test(bare))
    return { why: 'use letters, digits, "-", "_", "." and "/"' };
  return /\/\/|\/\.|\.\./.test(bare)
    ? { why: 'no part of it may be empty or begin with "."' }
    : { value: bare };
});

/** RFC 3463 §2: class 5 is a permanent failure. */
export const status = text(
  'an enhanced status code such as 5.7.1',
  { maxLength: 9, pattern: '^5\\.[0-9]{1,3}\\.[0-9]{1,3}$' },
  (value) =>
    /^5\.\d{1,3}\.\d{1,3}$/.test(value)
      ? { value }
      : { why: 'it begins with "5.", as in "5.7.1" (in quotes)' },
);

/** A text and its HTML. */
export const textAndHtml = record('the keys "text" and, if you like, "html"', disclaimerFields);

/** YAML's block texts end with a line end that nobody means. */
export function trimmed<T extends { readonly text: string; readonly html?: string }>(value: T): T {
  const plain = { ...value, text: value.text.trimEnd() };
  return value.html === undefined ? plain : { ...plain, html: value.html.trim() };
}

/** What the fields in our own name begin with: a rule must not forge a mark. */
const OWN_FIELDS = 'x-mailroom-';

/** The name of a header field that a policy may change: not those that `mime/` protects, and none of ours. */
export const changeableField = text('the name of a header field', { maxLength: 77 }, (value) => {
  const lower = value.toLowerCase();
  const kept = isProtectedField(lower) || lower.startsWith(OWN_FIELDS);
  return kept ? { why: 'this field cannot be changed' } : headerName(value);
});
