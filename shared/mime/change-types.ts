/** The changes that `rewriteContent` makes, as values, and what becomes of each. */
import type { Edit, UntouchableReason } from './types.ts';

/** A text for the body of a message. It is the policy's; line ends in it may be LF or CRLF. */
export interface Disclaimer {
  /** For text/plain; escaped and with line breaks for HTML when `html` is absent. */
  readonly text: string;
  /** An HTML fragment, trusted: it goes into the message as it is. */
  readonly html?: string;
  /** Instead of `text` where the part's charset cannot hold that. */
  readonly ascii?: string;
  /** A copy of it that stands elsewhere in the body, in the quoted chain of replies say, goes. */
  readonly removeOld?: boolean;
}

/** Patterns of hosts whose links stay: `example.com`, `*.example.com`. */
interface Exempt {
  readonly exempt: readonly string[];
}

/** Changes inside the body that a person reads (`body/`). */
export type BodyChange =
  | ({ readonly kind: 'prependDisclaimer' } & Disclaimer)
  | ({ readonly kind: 'appendDisclaimer'; readonly position?: 'end' | 'aboveReply' } & Disclaimer)
  /** Links can no longer be followed, and are there to be read. */
  | ({ readonly kind: 'defangLinks' } & Exempt)
  /** Beside a link whose text names another host stands where it goes. */
  | ({ readonly kind: 'markLinks' } & Exempt)
  /** Links go through an address that begins like this; `restoreLinks` takes that away again. */
  | ({ readonly kind: 'prefixLinks'; readonly prefix: string } & Exempt)
  | { readonly kind: 'restoreLinks'; readonly prefix: string }
  /** Scripts, frames, objects, event handlers and their kin. */
  | { readonly kind: 'removeActiveContent' }
  /** Images that tell who has read a message, or every image that is fetched from elsewhere. */
  | { readonly kind: 'removeTracking'; readonly images: 'tracking' | 'remote' };

/** Changes of the message's own header fields. */
export type HeaderChange =
  | { readonly kind: 'prependSubject'; readonly tag: string }
  /** A new field above all others. */
  | { readonly kind: 'addHeader'; readonly name: string; readonly value: string }
  /** The topmost field of the name gets the value, its further ones go; a new field where there is none. */
  | { readonly kind: 'setHeader'; readonly name: string; readonly value: string }
  /** Every field of the name goes. */
  | { readonly kind: 'removeHeader'; readonly name: string };

/** Changes of which parts there are, and of what they are called. */
export type PartChange =
  /**
   * The parts go, as do multiparts that come to hold none. `note`: a text/plain part stands in the place of the first of
   * them. A path that ends in `~N` is the N-th uuencoded file in the text of that part.
   */
  | { readonly kind: 'removeParts'; readonly paths: readonly string[]; readonly note?: string }
  /** Path -> the one name that every reader then shows. */
  | { readonly kind: 'renameParts'; readonly names: ReadonlyMap<string, string> }
  /**
   * HTML bodies become text/plain; where a text stands beside the HTML as its alternative, that text is all. Pictures and
   * files beside the HTML stay: what was multipart/related for them becomes multipart/mixed.
   */
  | { readonly kind: 'convertToText' }
  /** Alternatives in AMP, which some readers show instead of the HTML, go. */
  | { readonly kind: 'removeAmp' };

/** The message becomes an attachment, octet by octet, of a new one with this notice. */
export interface WrapChange {
  readonly kind: 'wrap';
  readonly text: string;
  readonly html?: string;
  /** Of the new message; else it has the subject of the old one. */
  readonly subject?: string;
}

export type ContentChange = BodyChange | HeaderChange | PartChange | WrapChange;

export interface RewriteOptions {
  /**
   * A disclaimer that already stands at its place is not added again, and a message that is wrapped is not wrapped again. A
   * tag never is added twice, so that it stands once through replies. Added headers are not compared.
   */
  readonly skipIfPresent: boolean;
  /** Lines that are too long to be sent are repaired too (`repair.ts`), in the parts that have them and nowhere else. */
  readonly repair?: boolean;
}

/** One edit that a change took part in; several changes at one place share an edit. */
export interface EditedPart {
  /** `` is the message's own header or its only body. */
  readonly path: string;
  readonly mediaType: string;
  /** The span of the original that was replaced; empty for an insertion. */
  readonly start: number;
  readonly end: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** A part that a change could not reach, and why. */
export interface LeftPart {
  readonly path: string;
  readonly reason: UntouchedReason;
}

export type ChangeOutcome =
  | {
      readonly kind: 'edited';
      readonly parts: readonly EditedPart[];
      /** Parts that should have been changed as well, and stay as they are. Absent when there are none. */
      readonly left?: readonly LeftPart[];
    }
  | { readonly kind: 'untouched'; readonly reason: UntouchedReason; readonly path?: string };

export type Untouched = Extract<ChangeOutcome, { kind: 'untouched' }>;

export type UntouchedReason =
  | UntouchableReason
  /** Found at its place in every part that would have got it; or a field of which there may be one is there. */
  | 'already-present'
  /** Nothing in the message that the change is about. */
  | 'not-found'
  /** Nothing but white space, a line end in a header value, a name that is no field name, and so on. */
  | 'invalid-value'
  /** A field that says what the message is, who wrote it, or which way it came. */
  | 'protected-header'
  /** Another change of the same call left nothing for this one: a wrapped message is not edited as well. */
  | 'superseded';

/** Something that was mended for the way. */
export interface Repair {
  readonly kind: 'long-lines' | 'long-header-line' | 'long-preamble';
  readonly path: string;
}

export interface RewriteResult {
  /** For `applyEdits`; they never overlap. */
  readonly edits: readonly Edit[];
  /** One per change, in the order of the changes. */
  readonly outcomes: readonly ChangeOutcome[];
  /** What `options.repair` mended. */
  readonly repaired: readonly Repair[];
}
