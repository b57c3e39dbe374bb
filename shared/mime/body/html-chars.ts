/** The characters that HTML's syntax is made of (HTML Standard §13.2.5), one look for each. */

export const SLASH = 0x2f;
export const OPEN = 0x3c;
export const EQUALS = 0x3d;
export const CLOSE = 0x3e;

/** The first place from `from` on where no white space is. */
export function skipSpace(html: string, from: number): number {
  let at = from;
  while (isSpace(html, at)) at++;
  return at;
}

/** As `skipSpace`; between the attributes of a tag slashes mean nothing (HTML Standard §13.2.5.32). */
export function skipSpaceAndSlashes(html: string, from: number): number {
  let at = from;
  while (isKind(html.charCodeAt(at), SPACE | IS_SLASH)) at++;
  return at;
}

/** HTML Standard §13.2.6.4.1: tab, LF, FF, CR and space before the body show nothing. */
export function isSpace(html: string, at: number): boolean {
  return isKind(html.charCodeAt(at), SPACE);
}

/** What a character may be, a bit each: one look for each character of a tag. */
export const SPACE = 1;
export const IS_SLASH = 2;
export const ENDS_NAME = 4;
export const ENDS_VALUE = 8;
export const ENDS_TAG_NAME = 16;
const KINDS = new Uint8Array(128);
for (const code of [0x09, 0x0a, 0x0c, 0x0d, 0x20]) KINDS[code] = SPACE;
KINDS[SLASH] = IS_SLASH | ENDS_NAME | ENDS_TAG_NAME;
KINDS[EQUALS] = ENDS_NAME;
KINDS[CLOSE] = ENDS_NAME | ENDS_VALUE | ENDS_TAG_NAME;

/** Whether the character is one of the kinds; one beyond the text is none. */
export function isKind(code: number, kinds: number): boolean {
  return code < 128 && ((KINDS[code] ?? 0) & kinds) !== 0;
}

/** What a quoted value begins and ends with. */
export function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27;
}

/** Lower case, as it mostly is already. */
export function nameOf(html: string, start: number, end: number): string {
  const name = html.slice(start, end);
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code > 0x7f || (code >= 0x41 && code <= 0x5a)) return name.toLowerCase();
  }
  return name;
}

/** An ASCII letter. */
export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
