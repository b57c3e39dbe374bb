/** Text in US-ASCII for where nothing else can be written: a banner with plain letters is better than none. */

/** What decomposition leaves: the letters and marks of the Latin script that mail is full of. */
const NEAREST: ReadonlyMap<string, string> = new Map([
  ['\u00df', 'ss'],
  ['\u00e6', 'ae'],
  ['\u00c6', 'AE'],
  ['\u0153', 'oe'],
  ['\u0152', 'OE'],
  ['\u00f8', 'o'],
  ['\u00d8', 'O'],
  ['\u0142', 'l'],
  ['\u0141', 'L'],
  ['\u0111', 'd'],
  ['\u0110', 'D'],
  ['\u0131', 'i'],
  ['\u00fe', 'th'],
  ['\u00de', 'Th'],
  ['\u2018', "'"],
  ['\u2019', "'"],
  ['\u201a', "'"],
  ['\u201c', '"'],
  ['\u201d', '"'],
  ['\u201e', '"'],
  ['\u00ab', '"'],
  ['\u00bb', '"'],
  ['\u2010', '-'],
  ['\u2013', '-'],
  ['\u2014', '-'],
  ['\u2022', '*'],
  ['\u20ac', 'EUR'],
  ['\u00a9', '(c)'],
  ['\u26a0', '!'],
]);

/** The text with each character as the nearest of ASCII: letters without their marks (Unicode NFKD), else a question mark. */
export function asciiForm(text: string): string {
  let out = '';
  for (const char of text.normalize('NFKD').replace(/\p{M}/gu, '')) {
    out += char <= '\u007f' ? char : (NEAREST.get(char) ?? '?');
  }
  return out;
}
