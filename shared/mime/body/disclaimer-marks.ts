/**
 * How a copy of a disclaimer is told from the text around it. In HTML its element has a class that names its kind and the
 * hash of what it shows: so it is found though variables made it differ, and only where nobody has written into it.
 */
import { decodeReferences } from './entities.ts';
import { htmlTokens } from './html-tokens.ts';

/** What is compared: no white space, and nothing that does not show. Clients break and indent as they like. */
export function comparable(text: string): string {
  return text.replace(/[\s\u00ad\u200b-\u200f\u2060\ufeff]/g, '');
}

/** What a fragment of HTML shows, to be compared. */
export function comparableHtml(html: string): string {
  const pieces: string[] = [];
  for (const token of htmlTokens(html, 0, { left: Number.POSITIVE_INFINITY })) {
    if (token.kind !== 'text') continue;
    pieces.push(comparable(decodeReferences(html.slice(token.start, token.end), 'text').text));
  }
  return pieces.join('');
}

export type DisclaimerKind = 'prependDisclaimer' | 'appendDisclaimer';

const CLASS_OF: Readonly<Record<DisclaimerKind, string>> = {
  prependDisclaimer: 'mailroom-top',
  appendDisclaimer: 'mailroom-bottom',
};

/** The class for a disclaimer that shows `text`. */
export function disclaimerClass(kind: DisclaimerKind, text: string): string {
  return `${CLASS_OF[kind]}-${hashOf(comparable(text))}`;
}

/** Whether an element of this `class`, which shows `text`, is a disclaimer of that kind as it was put in. Gmail puts letters before classes. */
export function isMarked(classes: string, kind: DisclaimerKind, text: string): boolean {
  const wanted = disclaimerClass(kind, text);
  return classes
    .split(/\s+/)
    .some((name) => name === wanted || name.endsWith(`_${wanted}`) || name.endsWith(`x_${wanted}`));
}

/** FNV-1a of the UTF-16 units: it must tell texts apart, not withstand an attack. A sender can only have his own text taken out. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
