/** Content-Type (RFC 2045 §5) and Content-Disposition (RFC 2183), read from a header block. */
import { bufferOver, headerField, headerFields } from './header.ts';
import { MAX_STRUCTURED_VALUE_BYTES } from './limits.ts';
import { isAmbiguous, joinParameters, parameterForms, parameterOctets } from './parameters.ts';
import { readStructuredToken, readStructuredValue, type StructuredValue } from './structured-value.ts';
import type { ContentType, HeaderBlock, HeaderField, Message, Parameters, Part } from './types.ts';

// RFC 2045 §5.1: type and subtype are tokens.
const MEDIA_TYPE = /^[!#$%&'*+\-.^_`{|}~0-9a-z]+\/[!#$%&'*+\-.^_`{|}~0-9a-z]+$/;

/** What a part is without a Content-Type: RFC 2045 §5.2, and RFC 2046 §5.1.5 inside a digest. */
export type DefaultMediaType = 'text/plain' | 'message/rfc822';

/** Stops a part whose header repeats Content-Type by the thousand, each with names of its own. */
const MAX_NAMING_FIELDS = 10;

export interface ReadContentType {
  readonly contentType: ContentType;
  /** The boundary's octets as latin1, without trailing white space; undefined when absent or empty. */
  readonly boundary: string | undefined;
  readonly readable: boolean;
  /** More than one boundary is given: readers may take another one. */
  readonly ambiguous: boolean;
}

/** A content type without parameters. */
export function plainContentType(mediaType: string): ContentType {
  return { mediaType, parameters: NO_PARAMETERS };
}

const NO_PARAMETERS: Parameters = new Map();

/** The field's value as octets in a latin1 string, cut at MAX_STRUCTURED_VALUE_BYTES. */
export function structuredValueOf(bytes: Uint8Array, field: HeaderField): StructuredValue {
  return readStructuredValue(valueText(bytes, field));
}

function structuredTokenOf(bytes: Uint8Array, field: HeaderField): string {
  return readStructuredToken(valueText(bytes, field)).token;
}

function valueText(bytes: Uint8Array, { value: { start, end } }: HeaderField): string {
  return bufferOver(bytes).toString('latin1', start, Math.min(end, start + MAX_STRUCTURED_VALUE_BYTES));
}

/** Reads the octets `[start, end)` of a Content-Type value. */
export function readContentType(
  bytes: Buffer,
  start: number,
  end: number,
  fallback: DefaultMediaType,
): ReadContentType {
  const cut = Math.min(end, start + MAX_STRUCTURED_VALUE_BYTES);
  const read = (): string => bytes.toString('latin1', start, cut);
  const { token } = readStructuredToken(read());
  if (!MEDIA_TYPE.test(token)) {
    return {
      contentType: plainContentType(fallback),
      boundary: undefined,
      readable: false,
      ambiguous: false,
    };
  }
  // Of thousands of parts few are asked for their parameters.
  const contentType = lazyContentType(token, () => joinParameters(readStructuredValue(read()).parameters));
  if (!token.startsWith('multipart/'))
    return { contentType, boundary: undefined, readable: true, ambiguous: false };
  const { parameters: raw } = readStructuredValue(read());
  // RFC 2046 §5.1.1: a boundary does not end with white space; what stands there was added in transport.
  const boundary = (parameterOctets(raw, 'boundary') ?? '').replace(/(?<![ \t])[ \t]+$/, '');
  const ambiguous = isAmbiguous(raw, 'boundary');
  return { contentType, boundary: boundary === '' ? undefined : boundary, readable: true, ambiguous };
}

function lazyContentType(mediaType: string, join: () => Parameters): ContentType {
  let parameters: Parameters | undefined;
  return {
    mediaType,
    get parameters() {
      parameters ??= join();
      return parameters;
    },
  };
}

/** The token of a one-word field (Content-Transfer-Encoding, Content-Disposition), or undefined when absent or empty. */
export function tokenOf(bytes: Uint8Array, block: HeaderBlock, name: string): string | undefined {
  const field = headerField(block, name);
  if (field === undefined) return undefined;
  const token = structuredTokenOf(bytes, field);
  return token === '' ? undefined : token;
}

/** What each field of that name says, as `tokenOf`: several fields may say several things. */
export function tokensOf(bytes: Uint8Array, block: HeaderBlock, name: string): ReadonlySet<string> {
  const fields = headerFields(block, name).slice(0, MAX_NAMING_FIELDS);
  return new Set(fields.map((field) => structuredTokenOf(bytes, field)).filter((token) => token !== ''));
}

/**
 * The name that a reader shows for the part: `filename` of Content-Disposition, else `name` of Content-Type
 * (RFC 2183 §2.3), decoded. It is the sender's text: never a path. Undefined when the part has none.
 */
export function fileName(message: Message, part: Part): string | undefined {
  const field = headerField(part.header, 'content-disposition');
  const parameters = field === undefined ? [] : structuredValueOf(message.bytes, field).parameters;
  return joinParameters(parameters).get('filename') ?? part.contentType.parameters.get('name');
}

/** The first ones, and the last, which counts for those that take the last. */
function namingFields(part: Part, fieldName: string): readonly HeaderField[] {
  const fields = headerFields(part.header, fieldName);
  if (fields.length <= MAX_NAMING_FIELDS) return fields;
  return [...fields.slice(0, MAX_NAMING_FIELDS - 1), ...fields.slice(-1)];
}

/** Whether the part's fields are written beyond our limits, so that it may have names that `fileNames` does not know. */
export function mayHaveMoreNames(message: Message, part: Part): boolean {
  return namesOf(message, part).mayBeMore;
}

interface FileNames {
  readonly names: readonly string[];
  readonly mayBeMore: boolean;
}

/** Whoever asks for the attachments, the kinds and the texts of a message asks for the names of each part again. */
const knownNames = new WeakMap<Part, FileNames>();

/**
 * Every name that some mail program shows for the part: those of `fileName`, and each form and repetition of both
 * parameters. A rule about names asks all of them, as a sender may give each program another one.
 */
export function fileNames(message: Message, part: Part): readonly string[] {
  return namesOf(message, part).names;
}

function namesOf(message: Message, part: Part): FileNames {
  const known = knownNames.get(part) ?? readFileNames(message, part);
  knownNames.set(part, known);
  return known;
}

function readFileNames(message: Message, part: Part): FileNames {
  const valuesOf = (fieldName: string): readonly StructuredValue[] =>
    namingFields(part, fieldName).map((field) => structuredValueOf(message.bytes, field));
  const dispositions = valuesOf('content-disposition');
  const types = valuesOf('content-type');
  const formsOf = (values: readonly StructuredValue[], parameter: string): readonly string[] =>
    values.flatMap(({ parameters }) => parameterForms(parameters, parameter));
  const names = new Set([
    ...formsOf(dispositions, 'filename'),
    ...formsOf(types, 'name'),
    // Some programs take either parameter from either field.
    ...formsOf(dispositions, 'name'),
    ...formsOf(types, 'filename'),
  ]);
  const isCut = [...dispositions, ...types].some(({ cut }) => cut);
  return { names: [...names], mayBeMore: isCut || isOverLimits(part) };
}

function isOverLimits(part: Part): boolean {
  return ['content-disposition', 'content-type'].some((fieldName) => {
    const fields = headerFields(part.header, fieldName);
    return (
      fields.length > MAX_NAMING_FIELDS ||
      fields.some(({ value }) => value.end - value.start > MAX_STRUCTURED_VALUE_BYTES)
    );
  });
}
