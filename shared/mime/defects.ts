/**
 * What can be wrong with the shape of a message, as words. The parser never throws for these: it goes on, and says so.
 * A defect of the structure that leaves readers free to see different parts makes the message untouchable
 * (`classify.ts`), since an edit could land in what another reader takes for a header or another part.
 */

/** Each kind with the clause that the message breaks. */
export const DEFECTS = {
  'missing-header-separator': 'RFC 5322 §2.1: an empty line separates header and body',
  'junk-in-header': 'RFC 5322 §2.2: every line of a header is a field or its continuation',
  'header-too-large': 'limits.ts MAX_HEADER_BYTES: the rest of the message is read as one leaf',
  'too-many-fields': 'limits.ts MAX_HEADER_FIELDS: later fields are not listed',
  'duplicate-content-type': 'RFC 5322 §3.6, RFC 2045 §5: one Content-Type; the first is taken',
  'content-type-unreadable': 'RFC 2045 §5.2: not type/subtype; text/plain is assumed',
  'multipart-without-boundary': 'RFC 2046 §5.1.1: the boundary parameter is required; read as a leaf',
  'conflicting-boundaries':
    'RFC 2046 §5.1.1: one boundary; it is given twice, or in two forms, and not the same',
  'boundary-too-long': 'RFC 2046 §5.1.1: no more than 70 characters',
  'boundary-never-found': 'RFC 2046 §5.1.1: at least one body part; read as a leaf',
  'multipart-unclosed': 'RFC 2046 §5.1.1: the closing delimiter is missing',
  'multipart-encoded': 'RFC 2045 §6.4: a multipart is 7bit, 8bit or binary; read as if it were',
  'too-deep': 'limits.ts MAX_DEPTH: read as a leaf',
  'too-many-parts': 'limits.ts MAX_PARTS: the last part takes the rest of the message',
  'base64-invalid': 'RFC 2045 §6.8: characters outside the alphabet, or data after the padding',
  'base64-truncated': 'RFC 2045 §6.8: the last group is not whole',
  'quoted-printable-invalid': 'RFC 2045 §6.7: "=" is not followed by two hexadecimal digits or a line end',
  'uuencode-invalid': 'no "begin" line, or a line whose length is not what it says',
} as const;

export type DefectKind = keyof typeof DEFECTS;

/** Those after which two readers may disagree about where parts and headers begin and end. */
export const STRUCTURAL_DEFECTS: ReadonlySet<string> = new Set<DefectKind>([
  'missing-header-separator',
  'header-too-large',
  'too-many-fields',
  'duplicate-content-type',
  'conflicting-boundaries',
  'too-deep',
  'too-many-parts',
]);
