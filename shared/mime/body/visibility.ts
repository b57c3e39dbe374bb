/** What an element's own style says about being seen. Style sheets are not looked at: what they hide counts as shown. */

/** How one element's style changes what is seen of it. Undefined: as its parent. */
export interface StyleVisibility {
  /** With all that is in it: nothing inside can show itself again. */
  readonly gone: boolean;
  /** `visibility`, which an element inside may set anew. */
  readonly visible: boolean | undefined;
  /** Whether text has a size, which an element inside may set anew: makers of newsletters write 0 around every column. */
  readonly sized: boolean | undefined;
}

const NO_CHANGE: StyleVisibility = { gone: false, visible: undefined, sized: undefined };
const DECLARATION = /(?:^|[;\s])(display|visibility|mso-hide|opacity|font-size)\s{0,9}:([^;]{0,200})/gi;
const NOT_GONE: Readonly<Record<string, boolean>> = {};
const NOTHING = /^(?:0{1,9}|0?\.0{1,9})%?$/;
const ZERO = /^0{0,9}(?:\.0{1,9})?(?:px|pt|pc|cm|mm|in|q|em|ex|ch|rem|vw|vh|%)?$/;
/** A size that is a share of the parent's, so that 0 stays 0. */
const RELATIVE = /(?:\dr?em|ex|ch|%)$|^(?:inherit|unset|revert|larger|smaller)$/;

/** `style` is the attribute's value, its references decoded. Of one property the last declaration counts, after important ones. */
export function styleVisibility(style: string): StyleVisibility {
  if (style === '') return NO_CHANGE;
  let gone: Readonly<Record<string, boolean>> = NOT_GONE;
  let { visible, sized } = NO_CHANGE;
  let important = '';
  for (const [, property = '', written = ''] of withoutComments(style).matchAll(DECLARATION)) {
    const name = property.toLowerCase();
    const isImportant = written.includes('!') && /!\s{0,9}important/i.test(written);
    const wasImportant = important.includes(name);
    if (wasImportant && !isImportant) continue;
    if (isImportant && !wasImportant) important += `${name} `;
    const value = (written.split('!', 1)[0] ?? '').trim().toLowerCase();
    if (name === 'visibility') visible = visibleBy(value);
    else if (name === 'font-size') sized = sizedBy(value);
    else gone = { ...gone, [name]: takesAway(name, value) };
  }
  return { gone: gone === NOT_GONE ? false : Object.values(gone).includes(true), visible, sized };
}

function takesAway(name: string, value: string): boolean {
  if (name === 'display') return value === 'none';
  return name === 'opacity' ? NOTHING.test(value) : value === 'all';
}

/** CSS Syntax 3 §4.3.2: a comment without an end takes the rest. */
function withoutComments(style: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let at = style.indexOf('/*'); at !== -1; at = style.indexOf('/*', from)) {
    pieces.push(style.slice(from, at));
    const end = style.indexOf('*/', at + 2);
    if (end === -1) return pieces.join(' ');
    from = end + 2;
  }
  return from === 0 ? style : [...pieces, style.slice(from)].join(' ');
}

function visibleBy(value: string): boolean | undefined {
  if (value === 'visible' || value === 'initial') return true;
  return value === 'hidden' || value === 'collapse' ? false : undefined;
}

function sizedBy(value: string): boolean | undefined {
  if (value === '') return undefined;
  if (ZERO.test(value)) return false;
  return RELATIVE.test(value) && !value.endsWith('rem') ? undefined : true;
}

/** Whether the style hides the element, images in it as well. */
export function isHiddenStyle(style: string): boolean {
  const { gone, visible } = styleVisibility(style);
  return gone || visible === false;
}
