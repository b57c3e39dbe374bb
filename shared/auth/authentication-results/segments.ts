/**
 * Cuts a header value at its semicolons as RFC 5322 §3.2 reads it: a semicolon within a quoted string or a comment
 * cuts nothing, comments nest, a backslash takes the next character as it is.
 */

export type Segments =
  | { readonly ok: true; readonly segments: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** Against comments nested for their own sake. RFC 5322 sets no limit; nobody writes more than two. */
const MAX_COMMENT_DEPTH = 8;
/** Against thousands of results in one field; SES writes one for each signature and three more. */
const MAX_SEGMENTS = 128;

/** The segments without their comments, white space collapsed, empty ones left out. One pass, no recursion. */
export function splitSegments(text: string): Segments {
  const segments: string[] = [];
  let current = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && (quoted || depth > 0)) {
      if (depth === 0) current += text.slice(at, at + 2);
      at += 1;
    } else if (quoted) {
      current += char;
      quoted = char !== '"';
    } else if (char === '(') {
      depth += 1;
      if (depth > MAX_COMMENT_DEPTH) return { ok: false, why: 'comments nested too deep' };
    } else if (char === ')') {
      depth -= 1;
      if (depth < 0) return { ok: false, why: 'a comment ends that did not begin' };
      current += ' ';
    } else if (depth > 0) {
      // Within a comment: nothing counts.
    } else if (char === ';') {
      segments.push(tidy(current));
      if (segments.length > MAX_SEGMENTS) return { ok: false, why: 'too many results' };
      current = '';
    } else {
      quoted = char === '"';
      current += char;
    }
  }
  if (quoted) return { ok: false, why: 'a quote that does not end' };
  if (depth > 0) return { ok: false, why: 'a comment that does not end' };
  segments.push(tidy(current));
  return { ok: true, segments: segments.filter((segment) => segment !== '') };
}

function tidy(segment: string): string {
  return segment.replace(/[ \t]+/g, ' ').trim();
}
