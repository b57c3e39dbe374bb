/**
 * A message as byte spans over the one buffer that holds it. Offsets are in bytes from its start, `end` is exclusive.
 * Nothing here is a copy: `bytes.subarray(span.start, span.end)` is the sender's own text.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One header field with its folding, line end included, exactly as it came (RFC 5322 §2.2). */
export interface HeaderField extends Span {
  /** As written, without the colon and white space before it. */
  readonly name: string;
  readonly lowerName: string;
  /** What follows the colon, up to but not including the field's last line end. */
  readonly value: Span;
}

export interface HeaderBlock extends Span {
  /** In order of appearance. Computed once, when first asked for. */
  readonly fields: readonly HeaderField[];
}

/** What the policy may ask about instead of an exception: the standard's clause is in `mime/defects.ts`. */
export interface Defect {
  readonly kind: string;
  readonly at: number;
}

/** Of a structured field: lower-case name -> decoded value (RFC 2231 joined). */
export interface Parameters {
  has(name: string): boolean;
  get(name: string): string | undefined;
  keys(): Iterable<string>;
}

export interface ContentType {
  /** `type/subtype`, lower case; `text/plain` when absent or unreadable (RFC 2045 §5.2). */
  readonly mediaType: string;
  readonly parameters: Parameters;
}

export interface Part {
  /** IMAP part number (RFC 3501 §6.4.5): `1`, `2.1`; the root is `` (empty). */
  readonly path: string;
  readonly header: HeaderBlock;
  /** Without the line end that belongs to the following boundary delimiter (RFC 2046 §5.1.1). */
  readonly body: Span;
  readonly contentType: ContentType;
  /** Lower case; `7bit` when absent. */
  readonly transferEncoding: string;
  /** `attachment`, `inline`, another token, or undefined when absent. Lower case. */
  readonly disposition: string | undefined;
  readonly parent: Part | undefined;
  /** Empty for a leaf. message/rfc822 is a leaf. */
  readonly children: readonly Part[];
}

export interface Message {
  readonly bytes: Uint8Array;
  readonly root: Part;
  /** Every part, root first, in document order. */
  readonly parts: readonly Part[];
  /** Headers, bodies, delimiters, preambles and epilogues in order: they cover the bytes once, with no gap. */
  readonly spans: readonly (Span & {
    readonly kind: 'header' | 'separator' | 'body' | 'delimiter' | 'preamble' | 'epilogue';
    readonly path: string;
  })[];
  readonly defects: readonly Defect[];
}

/** Replaces `span` (empty span: inserts) by `replacement`. Edits of one list must not overlap. */
export interface Edit {
  readonly span: Span;
  readonly replacement: Uint8Array;
}

/** Why the content of a message must stay as it is. */
export type UntouchableReason =
  /** multipart/signed (RFC 1847), opaque S/MIME signed-data (RFC 8551 §3.5.2), or inline OpenPGP signed text. */
  | 'signed'
  /** multipart/encrypted, S/MIME enveloped-data, inline OpenPGP, or a rights-managed `.rpmsg`. */
  | 'encrypted'
  /** multipart/report (RFC 6522): delivery reports, read receipts. Programs read them. */
  | 'report'
  /** A text/calendar part with a method: an invitation or an answer to one (RFC 6047 §2.4). Programs read it. */
  | 'calendar'
  /** The body is inside a winmail.dat; the text beside it is only a fallback. */
  | 'tnef'
  /** message/partial (RFC 2046 §5.2.2): one fragment of another message. */
  | 'partial'
  | 'no-displayable-part'
  /** Transfer encoding or charset that cannot be read. */
  | 'undecodable'
  | 'too-large'
  /** Readers may disagree about where headers and parts are (`defects.ts`). */
  | 'malformed';

export type Classification =
  | { readonly kind: 'plain' }
  | { readonly kind: 'untouchable'; readonly reason: UntouchableReason; readonly path: string };

export type {
  BodyChange,
  ChangeOutcome,
  ContentChange,
  Disclaimer,
  EditedPart,
  HeaderChange,
  LeftPart,
  PartChange,
  Repair,
  RewriteOptions,
  RewriteResult,
  Untouched,
  UntouchedReason,
  WrapChange,
} from './change-types.ts';
