/**
 * Which parts are the body that a person reads, and which of them gets a text at its top or its bottom.
 * multipart/alternative: every alternative (RFC 2046 §5.1.4); multipart/related: its root (RFC 2387 §3.2); any other
 * multipart is mixed (RFC 2046 §5.1.3): the first displayable child at the top, the last at the bottom. Attachments
 * and attached messages are never bodies. Alternatives other than text/plain and text/html are left as they are.
 */
import { fileName } from './content-fields.ts';
import { headerField } from './header.ts';
import { rawHeaderText, trimBlanks } from './header-text.ts';
import type { Message, Part } from './types.ts';

export interface Targets {
  readonly prepend: readonly Part[];
  readonly append: readonly Part[];
}

const NONE: Targets = { prepend: [], append: [] };

/**
 * The body parts of the message, as they are without the parts that go. Parts are visited children first, so no depth of
 * nesting costs stack.
 */
export function chooseTargets(message: Message, without: ReadonlySet<Part> = NO_PARTS): Targets {
  const found = new Map<Part, Targets>();
  for (const part of message.parts.toReversed()) {
    if (without.has(part)) found.set(part, NONE);
    else if (part.children.length === 0) found.set(part, isShownText(part) ? both(part) : NONE);
    else found.set(part, multipartTargets(message, part, found));
  }
  return found.get(message.root) ?? NONE;
}

const NO_PARTS: ReadonlySet<Part> = new Set();

function both(part: Part): Targets {
  return { prepend: [part], append: [part] };
}

/** Whether readers show the leaf in place, as text or HTML. */
export function isShownText(part: Part): boolean {
  const { mediaType } = part.contentType;
  if (part.children.length > 0 || (mediaType !== 'text/plain' && mediaType !== 'text/html')) return false;
  // RFC 2183 §2.8: a disposition that is not known is an attachment.
  return part.disposition === undefined || part.disposition === 'inline';
}

function multipartTargets(message: Message, part: Part, found: ReadonlyMap<Part, Targets>): Targets {
  switch (part.contentType.mediaType) {
    case 'multipart/alternative':
      return alternativeTargets(part, found);
    case 'multipart/related':
      return relatedTargets(message, part, found);
    case 'multipart/signed':
    case 'multipart/encrypted':
    case 'multipart/report':
      return NONE;
    default:
      return mixedTargets(message, part, found);
  }
}

/** Of each type the last alternative that has it: the one that a reader of that type shows. */
function alternativeTargets(part: Part, found: ReadonlyMap<Part, Targets>): Targets {
  const last = (side: keyof Targets): readonly Part[] => {
    const byType = new Map<string, readonly Part[]>();
    for (const child of part.children) {
      for (const [mediaType, parts] of Map.groupBy(found.get(child)?.[side] ?? [], mediaTypeOf)) {
        byType.set(mediaType, parts);
      }
    }
    return [...byType.values()].flat();
  };
  return { prepend: last('prepend'), append: last('append') };
}

function mediaTypeOf(part: Part): string {
  return part.contentType.mediaType;
}

/**
 * The root, and the first part as well where `start` names another one: many readers do not know the parameter. Where
 * the root shows nothing, readers take what does.
 */
function relatedTargets(message: Message, part: Part, found: ReadonlyMap<Part, Targets>): Targets {
  const root = relatedRoot(message, part);
  const roots = [...new Set([part.children[0] ?? root, root])].map((child) => found.get(child) ?? NONE);
  const targets = {
    prepend: roots.flatMap(({ prepend }) => prepend),
    append: roots.flatMap(({ append }) => append),
  };
  return targets.prepend.length > 0 ? targets : mixedTargets(message, part, found);
}

/** RFC 2387 §3.2: the part whose Content-ID `start` names, else the first. */
function relatedRoot(message: Message, part: Part): Part {
  const start = part.contentType.parameters.get('start');
  const named =
    start === undefined
      ? undefined
      : part.children.find((child) => contentId(message, child) === trimBlanks(start));
  return named ?? part.children[0] ?? part;
}

function contentId(message: Message, part: Part): string | undefined {
  const field = headerField(part.header, 'content-id');
  return field === undefined ? undefined : rawHeaderText(message, field);
}

function mixedTargets(message: Message, part: Part, found: ReadonlyMap<Part, Targets>): Targets {
  const displayable = part.children.filter((child) => (found.get(child)?.prepend.length ?? 0) > 0);
  // A text with a file name, or a multipart that is attached (RFC 2183 §2.10), is an attachment that many readers show in
  // place all the same; it is a body only where there is no other.
  const unnamed = displayable.filter((child) =>
    child.children.length > 0 ? child.disposition !== 'attachment' : fileName(message, child) === undefined,
  );
  const bodies = unnamed.length > 0 ? unnamed : displayable.slice(0, 1);
  const first = bodies[0];
  const last = bodies.at(-1);
  if (first === undefined || last === undefined) return NONE;
  return { prepend: found.get(first)?.prepend ?? [], append: found.get(last)?.append ?? [] };
}
