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

export interface ContentType {
  /** `type/subtype`, lower case; `text/plain` when absent or unreadable (RFC 2045 §5.2). */
  readonly mediaType: string;
  /** Lower-case name -> decoded value (RFC 2231 joined). */
  readonly parameters: ReadonlyMap<string, string>;
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
