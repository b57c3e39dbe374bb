/** Wildcards as IAM has them: `*` is any number of characters, `?` is one. */

const STAR = 0x2a;
const QUESTION = 0x3f;

/**
 * Whether the whole text is of the pattern. A star takes as little as it can and is widened only when what follows it
 * fails; an earlier star never is, so that no pattern costs more than its length times the text's.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let read = 0;
  let star = -1;
  let taken = 0;
  while (read < text.length) {
    const wanted = pattern.charCodeAt(at);
    if (at < pattern.length && wanted === STAR) {
      star = at;
      taken = read;
      at += 1;
    } else if (at < pattern.length && (wanted === QUESTION || wanted === text.charCodeAt(read))) {
      at += 1;
      read += 1;
    } else if (star !== -1) {
      taken += 1;
      at = star + 1;
      read = taken;
    } else return false;
  }
  while (pattern.charCodeAt(at) === STAR) at += 1;
  return at === pattern.length;
}

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; the resource may hold colons. */
const ARN_PARTS = 6;

function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  if (parts.length < ARN_PARTS) return undefined;
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

/** As ArnLike and ArnEquals compare, which are the same: each part by itself, so that a star does not reach over a colon. */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = arnParts(pattern);
  const given = arnParts(arn);
  if (wanted === undefined || given === undefined) return false;
  return wanted.every((part, index) => matchesGlob(part, given[index] ?? ''));
}
