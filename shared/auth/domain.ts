/** Domain names as authentication compares them: lower case, A-labels, no trailing dot (RFC 5890 §2.3, RFC 1035 §2.3.4). */
import { domainToASCII } from 'node:url';

const MAX_NAME_CHARS = 253;
const MAX_LABEL_CHARS = 63;

/** Letters, digits, hyphens, and the underscore that some mail domains carry. */
const PLAIN_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** What an internationalized name may hold before conversion: no ASCII that a URL parser would treat in its own way. */
const ASCII_BESIDE_NAME = /[^a-z0-9_.\u{80}-\u{10ffff}-]/u;

/** `text` as an A-label name in lower case, or undefined when it is none (an IP literal, an empty label, too long). */
export function asciiDomain(text: string): string | undefined {
  const lower = text.toLowerCase();
  // A long name need not be converted to be refused; U-labels are shorter than their A-labels.
  if (lower.length > MAX_NAME_CHARS || ASCII_BESIDE_NAME.test(lower)) return undefined;
  // Only names that need it go through domainToASCII: it reads `1.2.3` as an IPv4 address.
  const name = isAscii(lower) ? lower : domainToASCII(lower);
  if (name.length > MAX_NAME_CHARS || !PLAIN_NAME.test(name)) return undefined;
  return name.split('.').every((label) => label.length <= MAX_LABEL_CHARS) ? name : undefined;
}

/** Whether `domain` is `parent` or a name below it; both lower-case A-labels. */
export function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

/** Whether every character is below U+0080. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

/**
 * The names that stand behind an `@` anywhere in `text`, each once, at most `limit`: for text that no parser can be
 * trusted to read, where every domain that a person could see counts.
 */
export function domainsNamedIn(text: string, limit: number): string[] {
  const found = new Set<string>();
  for (let at = text.indexOf('@'); at >= 0 && found.size < limit; at = text.indexOf('@', at + 1)) {
    let end = at + 1;
    while (
      end < text.length &&
      end - at <= MAX_NAME_CHARS &&
      !ASCII_BESIDE_NAME.test(text.charAt(end).toLowerCase())
    )
      end += 1;
    const domain = asciiDomain(text.slice(at + 1, end));
    if (domain !== undefined) found.add(domain);
  }
  return [...found];
}
