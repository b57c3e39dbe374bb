/**
 * Whether the content of a message may be changed at all. Signatures break, encrypted bodies are not there to be
 * edited, reports and invitations are read by programs; and where readers may disagree about the structure, an edit
 * could land in what one of them takes for something else.
 */
import { decodeStrictly, isAsciiCompatible } from './charset.ts';
import { fileName } from './content-fields.ts';
import { STRUCTURAL_DEFECTS } from './defects.ts';
import { bufferOver, headerFields } from './header.ts';
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

/** As `classify`, with what was found out on the way. */
export function examine(message: Message): Editable | Untouchable {
  for (const part of message.parts) {
    const reason = reasonOfType(message, part);
    if (reason !== undefined) return untouchable(reason, part);
  }
  const targets = chooseTargets(message);
  const parts = new Set([...targets.prepend, ...targets.append]);
  if (parts.size === 0) return withoutBody(message);
  const malformed = malformedPart(message, parts);
  if (malformed !== undefined) return untouchable('malformed', malformed);
  const bodies = new Map<Part, Uint8Array>();
  for (const part of parts) {
    const body = readBody(message, part);
    if (typeof body === 'string') return untouchable(body, part);
    bodies.set(part, body);
  }
  return { kind: 'plain', ...targets, bodies };
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

/** The part, among the bodies and what encloses them, whose header readers may take differently. */
function malformedPart(message: Message, bodies: ReadonlySet<Part>): Part | undefined {
  const whole = message.defects.find(({ kind }) => WHOLE_MESSAGE_DEFECTS.has(kind));
  if (whole !== undefined) return message.root;
  const chain = new Set<Part>();
  for (const body of bodies) {
    for (let part: Part | undefined = body; part !== undefined; part = part.parent) chain.add(part);
    if (headerFields(body.header, 'content-transfer-encoding').length > 1) return body;
    // The message ends within the delimiter line: there is no line yet on which a part could begin.
    if (body.header.start > 0 && message.bytes[body.header.start - 1] !== 0x0a) return body;
  }
  const structural = message.defects.filter(({ kind }) => STRUCTURAL_DEFECTS.has(kind));
  if (structural.length === 0) return undefined;
  return [...chain].find(({ header, body }) =>
    structural.some(({ at }) => at >= header.start && at <= Math.max(header.end, body.start)),
  );
}

const WHOLE_MESSAGE_DEFECTS: ReadonlySet<string> = new Set([
  'too-deep',
  'too-many-parts',
  'header-too-large',
]);

function readBody(message: Message, part: Part): Uint8Array | UntouchableReason {
  if (part.body.end - part.body.start > MAX_EDITABLE_BODY_BYTES) return 'too-large';
  const decoded = decodeBody(message, part);
  // A uuencoded text can be read, but nothing can be put into it that is not part of its file.
  if (decoded.kind === 'unknown-encoding' || transferOf(part) === 'uuencode') return 'undecodable';
  const charset = part.contentType.parameters.get('charset');
  if (
    charset !== undefined &&
    !isAsciiCompatible(charset) &&
    decodeStrictly(decoded.bytes, charset) === undefined
  ) {
    return 'undecodable';
  }
  return inlinePgpReason(decoded.bytes) ?? decoded.bytes;
}

const PGP_BEGIN = Buffer.from('-----BEGIN PGP ', 'latin1');
/** Stops a body of thousands of mentions of the armour from being searched for long: the first few tell. */
const MAX_PGP_MENTIONS = 100;

/** RFC 9580 §6.2, §7: an armour header line at the start of a line, or first in an HTML element. */
function inlinePgpReason(bytes: Uint8Array): UntouchableReason | undefined {
  const buffer = bufferOver(bytes);
  let at = buffer.indexOf(PGP_BEGIN);
  for (let mentions = 0; at !== -1 && mentions < MAX_PGP_MENTIONS; mentions++) {
    const before = at === 0 ? 0x0a : buffer[at - 1];
    const label = buffer.toString('latin1', at + PGP_BEGIN.length, at + PGP_BEGIN.length + 14);
    if (before === 0x0a || before === 0x0d || before === 0x3e) {
      if (label === 'SIGNED MESSAGE') return 'signed';
      if (label.startsWith('MESSAGE')) return 'encrypted';
    }
    at = buffer.indexOf(PGP_BEGIN, at + 1);
  }
  return undefined;
}
