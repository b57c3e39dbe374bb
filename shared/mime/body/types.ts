/** What the transforms of a body take and give: the decoded octets of one text part in, replacements of them out. */
import type { BodyChange } from '../change-types.ts';
import type { LineEnd } from '../line-ends.ts';

/** Replaces octets of a decoded body; `start` equal to `end` inserts. */
export interface BodySplice {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  /** Indexes of the changes that it serves. */
  readonly changes: readonly number[];
}

/** The body of a text part, its transfer encoding taken off. */
export interface BodyText {
  readonly body: Buffer;
  /** In which every octet below 0x80 is ASCII's (`isAsciiCompatible`); else it is read as if it were so, since nobody can decode it. */
  readonly charset: string;
  readonly html: boolean;
  /** What is put in ends its lines like that. */
  readonly eol: LineEnd;
  /** format=flowed (RFC 3676). */
  readonly flowed: boolean;
  /** DelSp=yes (RFC 3676 §4.1): the space before a soft line break is not text. */
  readonly delSp: boolean;
  /** Boundaries of the multiparts around the part: no line that is put in may look like a delimiter of theirs. */
  readonly boundaries: readonly string[];
}

export interface BodyOptions {
  /** A disclaimer that already stands at its place is not put in again. */
  readonly skipIfPresent: boolean;
}

/** A change with its index in the caller's list. */
export interface IndexedChange<T extends BodyChange = BodyChange> {
  readonly index: number;
  readonly change: T;
}

export interface BodyResult {
  /** In ascending order; they neither overlap nor share a place. */
  readonly splices: readonly BodySplice[];
  /** Indexes of changes that were left out, since the body has more markup than is looked at (`MAX_HTML_TOKENS`). */
  readonly tooLarge: readonly number[];
}
