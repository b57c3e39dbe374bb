/** Changes inside the bodies that people read: links, active content, images, HTML made text. */
import type { ContentChange } from '../../../shared/mime/index.ts';
import { type Difference, differences, unmeant } from './differences.ts';
import type { Kind } from './kinds.ts';
import { decodedBody, fieldValue, parameterOf, partsOf, type ReadPart } from './reader.ts';

/** The text of a part; latin1 where its charset is not known, or is none for its octets. */
export function textOf(part: ReadPart): string {
  const octets = Buffer.from(decodedBody(part), 'latin1');
  try {
    return new TextDecoder(parameterOf(part, 'charset') ?? 'utf-8', { fatal: true }).decode(octets);
  } catch {
    return octets.toString('latin1');
  }
}

const isShown = (part: ReadPart): boolean =>
  (part.type === 'text/plain' || part.type === 'text/html') &&
  !/^\s*attachment\b/i.test(fieldValue(part, 'content-disposition') ?? '');

const LABELS = /^content-(?:type|transfer-encoding)$/;
const unlabelled = ({ fields }: ReadPart): string =>
  fields
    .filter(({ name }) => !LABELS.test(name) && name !== 'mime-version')
    .map(({ raw }) => raw)
    .join('');

/** The body of a text that is shown, or its labels where it had to be written anew. */
function isOfBody({ what, was, is }: Difference): boolean {
  if (!isShown(was) || was.type !== is.type) return false;
  return what === 'body' || (what === 'fields' && unlabelled(was) === unlabelled(is));
}

type BodyJudge = (was: string, is: string, html: boolean) => string | undefined;

/** A kind that changes bodies only, each as `judge` wants it. */
function bodyKind(name: string, changes: readonly ContentChange[], judge: BodyJudge): Kind {
  return {
    name,
    changesFor: () => changes,
    judge(was, is) {
      const all = differences(was, is);
      const faults = all
        .filter(({ what }) => what === 'body')
        .flatMap((each) => {
          const fault = judge(textOf(each.was), textOf(each.is), each.was.type === 'text/html');
          return fault === undefined ? [] : [`"${each.was.path}": ${fault}`];
        });
      return [...unmeant(all, isOfBody), ...faults];
    },
  };
}

const RAW = /<(script|style|title|textarea|noscript|template|iframe|object|applet)\b[\s\S]*?<\/\1\s*>/gi;
/** What is never closed takes the rest with it. */
const OPEN_RAW = /<(?:script|style|title|textarea|noscript|template|iframe|object|applet)\b[\s\S]*$/i;
const OPEN_TAG = /<[a-z/!?][\s\S]*$/i;
const TAG = /<(?:"[^"]*"|'[^']*'|[^>"'])*>/g;

/** Roughly what a reader would show of HTML. */
export function shownBy(html: string): string {
  return html
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(RAW, '')
    .replace(OPEN_RAW, '')
    .replaceAll(TAG, ' ')
    .replace(OPEN_TAG, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const shown = (text: string, html: boolean): string => (html ? shownBy(text) : flat(text));
const refanged = (text: string): string =>
  text
    .replaceAll('[.]', '.')
    .replaceAll(/hxxp/gi, 'http')
    .replaceAll(/fxp:/gi, 'ftp:')
    .replaceAll(/\s+/g, '');
const tagsOf = (html: string): readonly string[] =>
  html
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(RAW, '')
    .match(TAG) ?? [];

/** Where a link led whose text names another host: behind it, in brackets. */
const LED_TO = /<\/a> \[(?:hxxps?|fxp):\/\/[^\s<>"]*\]/gi;

const FOLLOWED = /\shref\s*=\s*["']?\s*https?:/i;

const defang = bodyKind('links are defanged', [{ kind: 'defangLinks', exempt: [] }], (was, is, html) => {
  const without = html ? is.replaceAll(LED_TO, '</a>') : is;
  if (refanged(shown(was, html)) !== refanged(shown(without, html))) return 'other words differ';
  const links = html ? tagsOf(is).filter((tag) => /^<(?:a|area)\s/i.test(tag) && FOLLOWED.test(tag)) : [];
  return links.length > 0 ? `a link is still there: ${links[0]}` : undefined;
});

const active = bodyKind('active content is removed', [{ kind: 'removeActiveContent' }], (was, is, html) => {
  if (!html) return 'a text was changed';
  if (shownBy(was) !== shownBy(is)) return 'other words are shown';
  const left = tagsOf(is).filter((tag) => /^<(?:script|iframe|object|embed)\b|\son[a-z]+\s*=/i.test(tag));
  return left.length > 0 ? `it is still there: ${left[0]}` : undefined;
});

const tracking = bodyKind(
  'remote images are removed',
  [{ kind: 'removeTracking', images: 'remote' }],
  (was, is, html) => {
    if (!html) return 'a text was changed';
    if (shownBy(was) !== shownBy(is)) return 'other words are shown';
    const left = tagsOf(is).filter((tag) => /^<img\s/i.test(tag) && /\ssrc\s*=\s*["']?\s*https?:/i.test(tag));
    return left.length > 0 ? `it is still there: ${left[0]}` : undefined;
  },
);

const PREFIX = 'https://links.example.com/?to=';

const bare = (text: string): string => text.replaceAll(/\s+/g, '');

const prefix = bodyKind(
  'links are prefixed',
  [{ kind: 'prefixLinks', prefix: PREFIX, exempt: [] }],
  (was, is, html) => {
    if (html && bare(shownBy(was)) !== bare(shownBy(is))) return 'other words are shown';
    return is.includes(PREFIX) || is.includes(PREFIX.replace('=', '&#61;'))
      ? undefined
      : 'the prefix is not there';
  },
);

/** Nobody sees it, so it need not be said. */
const HIDDEN = /<div style="display:none[^>]*>[^<]*<\/div>/g;

const words = (text: string): readonly string[] => text.match(/\p{L}{3,}/gu) ?? [];

/** Whatever is shown as HTML is gone, and what it said stands in a text; no other part differs. */
const toText: Kind = {
  name: 'HTML is made text',
  changesFor: () => [{ kind: 'convertToText' }],
  judge(was, is) {
    const texts = partsOf(is).filter((part) => part.type === 'text/plain' && isShown(part));
    const said = new Set(texts.flatMap((part) => words(textOf(part))));
    const others = (message: ReadPart): string =>
      partsOf(message)
        .filter((part) => part.children.length === 0 && !isShown(part))
        .map(({ fields, body }) => fields.map(({ raw }) => raw).join('') + body)
        .join('\0');
    const faults = others(was) === others(is) || was.children.length === 0 ? [] : ['other parts differ'];
    const bodies = partsOf(was).filter((part) => part.type === 'text/html' && isShown(part));
    const alone =
      bodies.length === partsOf(was).filter((part) => part.children.length === 0 && isShown(part)).length;
    const missing = alone
      ? bodies
          .flatMap((part) =>
            words(shownBy(textOf(part).replaceAll(HIDDEN, '')).replaceAll(/\w*(?:&#?\w+;?\w*)+/g, ' ')),
          )
          .filter((word) => !said.has(word))
      : [];
    return missing.length > 0 ? [...faults, `words are lost: ${missing.slice(0, 5).join(' ')}`] : faults;
  },
};

export const BODY_KINDS: readonly Kind[] = [defang, active, tracking, prefix, toText];

/** There and back: for the message itself, not only for what is shown. */
export const THERE: readonly ContentChange[] = [{ kind: 'prefixLinks', prefix: PREFIX, exempt: [] }];
export const BACK: readonly ContentChange[] = [{ kind: 'restoreLinks', prefix: PREFIX }];
