/** All messages of our own making for the rules of rewriting. */
import { ATTACHMENTS } from './attachments.ts';
import { HEADERS } from './headers.ts';
import { HTML_BODIES } from './html-bodies.ts';
import { LINKS } from './links.ts';
import { REPLIES } from './replies.ts';
import type { Made } from './spec.ts';
import { STRUCTURES } from './structures.ts';
import { TEXTS } from './texts.ts';

export const MADE: readonly Made[] = [
  ...STRUCTURES,
  ...HTML_BODIES,
  ...TEXTS,
  ...HEADERS,
  ...ATTACHMENTS,
  ...REPLIES,
  ...LINKS,
];
