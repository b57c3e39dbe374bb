/**
 * Whether the content of a message may be changed at all. Signatures break, encrypted bodies are not there to be
 * edited, reports and invitations are read by programs; and where readers may disagree about the structure, an edit
 * could land in what one of them takes for something else.
 */
import { isAsciiCompatible, isKnownCharset, looksAscii } from './charset.ts';
import { fileName } from './content-fields.ts';
import { STRUCTURAL_DEFECTS } from './defects.ts';
import { headerFields } from './header.ts';
import { inlinePgpReason } from './inline-pgp.ts';
import { MAX_EDITABLE_BODY_BYTES } from './limits.ts';
import { chooseTargets, type Targets } from './targets.ts';
import { decodeBody, transferOf } from './transfer.ts';
import type { Classification, Message, Part, UntouchableReason } from './types.ts';

type Untouchable = Extract<Classification, { kind: 'untouchable' }>;

/** A message that may be edited: where, and the decoded bodies of those parts. */
export interface Editable extends Targets {
  readonly kind: 'plain';
  readonly bodies: ReadonlyMap<Part, Uint8Array>;
}

/** Says whether the content may be edited, and if not, which part forbids it. */
export function classify(message: Message): Classification {
  const examined = examine(message);
  return examined.kind === 'plain' ? { kind: 'plain' } : examined;
}

/** As `classify`, with what was found out on the way. `without`: parts that go. */
export function examine(message: Message, without?: ReadonlySet<Part>): Editable | Untouchable {
  const reason = contentReason(message);
  if (reason !== undefined) return reason;
  const targets = chooseTargets(message, without);
  const parts = new Set([...targets.prepend, ...targets.append]);
  if (parts.size === 0) return withoutBody(message);
  const bodies = new Map<Part, Uint8Array>();
  for (const part of parts) {
    const malformed = malformedAround(message, part);
    if (malformed !== undefined) return untouchable('malformed', malformed);
  }
  for (const part of parts) {
    const body = readBody(message, part);
    if (typeof body === 'string') return untouchable(body, part);
    bodies.set(part, body);
  }
  return { kind: 'plain', ...targets, bodies };
}

/** The part of a kind that forbids every change of the body, wherever in the message it is. */
export function contentReason(message: Message): Untouchable | undefined {
  for (const part of message.parts) {
    const reason = reasonOfType(message, part);
    if (reason !== undefined) return untouchable(reason, part);
  }
  return undefined;
}

function untouchable(reason: UntouchableReason, part: Part): Untouchable {
  return { kind: 'untouchable', reason, path: part.path };
}

function reasonOfType(message: Message, part: Part): UntouchableReason | undefined {
  const { mediaType, parameters } = part.contentType;
  switch (mediaType) {
    case 'multipart/signed':
      return 'signed';
    case 'multipart/encrypted':
    case 'application/x-microsoft-rpmsg-message':
    case 'application/pgp-encrypted':
      return 'encrypted';
    case 'multipart/report':
      return 'report';
    case 'application/ms-tnef':
    case 'application/vnd.ms-tnef':
      return 'tnef';
    case 'text/calendar':
      return parameters.has('method') && part.disposition !== 'attachment' ? 'calendar' : undefined;
    case 'message/partial':
      return part.parent === undefined ? 'partial' : undefined;
    default:
      break;
  }
  if (!mediaType.startsWith('application/')) return undefined;
  const name = fileName(message, part)?.toLowerCase();
  if (name === 'winmail.dat') return 'tnef';
  if (name?.endsWith('.rpmsg')) return 'encrypted';
  return part.parent === undefined ? smimeReason(part) : undefined;
}

/** RFC 8551 §3.2.2: what an application/pkcs7-mime holds. */
function smimeReason(part: Part): UntouchableReason | undefined {
  const { mediaType, parameters } = part.contentType;
  if (mediaType !== 'application/pkcs7-mime' && mediaType !== 'application/x-pkcs7-mime') return undefined;
  const kind = parameters.get('smime-type')?.toLowerCase();
  return kind === 'signed-data' || kind === 'certs-only' ? 'signed' : 'encrypted';
}

/** No part to show: perhaps since the body is in an S/MIME part beside a signature or a footer of other types. */
function withoutBody(message: Message): Untouchable {
  for (const part of message.parts) {
    const reason = smimeReason(part);
    if (reason !== undefined) return untouchable(reason, part);
  }
  return untouchable('no-displayable-part', message.root);
}

/** The part itself, one around it, or the message, whose header readers may take differently. */
export function malformedAround(message: Message, body: Part): Part | undefined {
  const malformed = malformedHeaders(message);
  if (malformed === 'all') return message.root;
  for (let part: Part | undefined = body; part !== undefined; part = part.parent) {
    if (malformed.has(part)) return part;
  }
  if (headerFields(body.header, 'content-transfer-encoding').length > 1) return body;
  // The message ends within the delimiter line: there is no line yet on which a part could begin.
  const begins = body.header.start === 0 || message.bytes[body.header.start - 1] === 0x0a;
  return begins ? undefined : body;
}

const WHOLE_MESSAGE_DEFECTS: ReadonlySet<string> = new Set([
  'too-deep',
  'too-many-parts',
  'header-too-large',
]);

/** Asked for once for each body and each part that is to go; a message never changes. */
const malformedParts = new WeakMap<Message, ReadonlySet<Part> | 'all'>();

/** The parts in whose header a defect of the structure is. */
export function malformedHeaders(message: Message): ReadonlySet<Part> | 'all' {
  const known = malformedParts.get(message);
  if (known !== undefined) return known;
  const found = findMalformed(message);
  malformedParts.set(message, found);
  return found;
}

function findMalformed({ defects, parts }: Message): ReadonlySet<Part> | 'all' {
  if (defects.some(({ kind }) => WHOLE_MESSAGE_DEFECTS.has(kind))) return 'all';
  const places = defects
    .filter(({ kind }) => STRUCTURAL_DEFECTS.has(kind))
    .map(({ at }) => at)
    .toSorted((a, b) => a - b);
  const malformed = new Set<Part>();
  let next = 0;
  // Headers are in the order of the parts, and none reaches into another.
  for (const part of parts) {
    const { header, body } = part;
    while ((places[next] ?? Number.POSITIVE_INFINITY) < header.start) next++;
    if ((places[next] ?? Number.POSITIVE_INFINITY) <= Math.max(header.end, body.start)) malformed.add(part);
  }
  return malformed;
}

/** The body decoded, or why nothing can be changed in it. */
export function readBody(message: Message, part: Part): Uint8Array | UntouchableReason {
  if (part.body.end - part.body.start > MAX_EDITABLE_BODY_BYTES) return 'too-large';
  const decoded = decodeBody(message, part);
  // A uuencoded text can be read, but nothing can be put into it that is not part of its file.
  if (decoded.kind === 'unknown-encoding' || transferOf(part) === 'uuencode') return 'undecodable';
  const charset = part.contentType.parameters.get('charset');
  if (
    charset !== undefined &&
    !isAsciiCompatible(charset) &&
    !isKnownCharset(charset) &&
    !looksAscii(decoded.bytes)
  ) {
    return 'undecodable';
  }
  return inlinePgpReason(decoded.bytes) ?? decoded.bytes;
}
