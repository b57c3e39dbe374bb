/**
 * Aggregate reports out of what comes: XML, gzip, zip, or the message that brought them (aggregate-reporting-32 §3.5.2). What something is, its
 * first octets say; names and media types are wrong too often to be asked.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { isAttachedMessage, parseAttachedMessage } from '../../mime/attached-message.ts';
import { standsAt } from '../../mime/files/octets.ts';
import { readZip } from '../../mime/files/zip.ts';
import { parseMessage } from '../../mime/scan.ts';
import { decodeBody } from '../../mime/transfer.ts';
import type { Message } from '../../mime/types.ts';
import { type ReadReport, readDocument } from './document.ts';
import { gunzip } from './gunzip.ts';
import { MAX_CONTAINERS, MAX_DOCUMENTS, MAX_FORWARDS, MAX_UNPACKED_BYTES, MAX_XML_BYTES } from './limits.ts';

export type { ReadReport } from './document.ts';

export type ReadAggregate =
  | {
      readonly ok: true;
      /** At least one. */
      readonly reports: readonly ReadReport[];
      /** Why others in the same file are not read. Fixed words: nothing of the file is quoted. */
      readonly refused: readonly string[];
    }
  | {
      readonly ok: false;
      readonly why: string;
      /** Nothing in it looks like a report: it is not a broken one. */
      readonly unrelated: boolean;
    };

interface Reading {
  readonly reports: ReadReport[];
  readonly refused: string[];
  unpackedBytes: number;
  documents: number;
}

/** Reads every report in a file: XML, gzip, zip, or a whole message. Never throws for what is in it. */
export function readAggregateReport(bytes: Uint8Array): ReadAggregate {
  const reading = startReading();
  if (!readFile(bytes, reading, 0)) {
    const message = parseMessage(bytes);
    if (message.root.header.fields.length === 0)
      return { ok: false, why: 'it is neither XML nor gzip nor zip nor a message', unrelated: true };
    readParts(message, reading, 0);
  }
  return finish(reading);
}

/** Reads every report that a message brings, forwarded ones as well. */
export function readAggregateMessage(message: Message): ReadAggregate {
  const reading = startReading();
  readParts(message, reading, 0);
  return finish(reading);
}

function startReading(): Reading {
  return { reports: [], refused: [], unpackedBytes: 0, documents: 0 };
}

function finish({ reports, refused }: Reading): ReadAggregate {
  if (reports.length > 0) return { ok: true, reports, refused };
  return { ok: false, why: refused[0] ?? 'it brings no aggregate report', unrelated: refused.length === 0 };
}

/** Every leaf, whatever it says that it is: reports come as text/plain, octet-stream, and as the whole message. */
function readParts(message: Message, reading: Reading, depth: number): void {
  for (const part of message.parts) {
    if (part.children.length > 0) continue;
    if (isAttachedMessage(part)) {
      if (depth < MAX_FORWARDS) readParts(parseAttachedMessage(message, part), reading, depth + 1);
      else reading.refused.push('it is a message in too many others');
    } else readFile(decodeBody(message, part).bytes, reading, 0);
    if (reading.documents > MAX_DOCUMENTS) return;
  }
}

/** False when the octets begin like none of the kinds, so that nothing is read or refused. */
function readFile(bytes: Uint8Array, reading: Reading, containers: number): boolean {
  const kind = kindOf(bytes);
  if (kind === undefined) return false;
  reading.documents += 1;
  if (reading.documents > MAX_DOCUMENTS) reading.refused.push(`it has more than ${MAX_DOCUMENTS} files`);
  else if (kind === 'xml') readXmlFile(bytes, reading);
  else if (containers >= MAX_CONTAINERS) reading.refused.push('it is packed too many times');
  else if (kind === 'gzip') readPacked(() => unpackGzip(bytes, reading), reading, containers);
  else readArchive(bytes, reading, containers);
  return true;
}

function kindOf(bytes: Uint8Array): 'gzip' | 'zip' | 'xml' | undefined {
  if (standsAt(bytes, '\x1f\x8b', 0)) return 'gzip';
  if (standsAt(bytes, 'PK\x03\x04', 0) || standsAt(bytes, 'PK\x05\x06', 0)) return 'zip';
  return beginsAsXml(bytes) ? 'xml' : undefined;
}

/** `<?xml` or `<feedback`, perhaps with a prefix: behind a byte order mark, blanks, in one or two octets a character. */
function beginsAsXml(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1');
  const plain = start
    .replaceAll('\0', '')
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .trimStart();
  return /^<(?:\?xml|!DOCTYPE|!--|(?:[\w.-]{1,40}:)?(?:feedback|schema))[\s>/-]/i.test(plain);
}

function readXmlFile(bytes: Uint8Array, reading: Reading): void {
  if (bytes.length > MAX_XML_BYTES) {
    reading.refused.push(`the XML has more than ${MAX_XML_BYTES / 1024 / 1024} MB`);
    return;
  }
  const read = readDocument(bytes);
  if (read.ok) reading.reports.push(read.report);
  else reading.refused.push(read.why);
}

function readArchive(bytes: Uint8Array, reading: Reading, containers: number): void {
  const zip = readZip(bytes);
  const members = (zip?.members ?? []).filter(({ compressedBytes }) => compressedBytes > 0);
  if (members.length === 0) reading.refused.push('the zip has no list of its files');
  if (zip?.listing.entries.some(({ encrypted }) => encrypted) === true) {
    reading.refused.push('the zip asks for a password');
    return;
  }
  for (const { dataStart, compressedBytes, method } of members.slice(0, MAX_DOCUMENTS)) {
    const packed = bytes.subarray(dataStart, dataStart + compressedBytes);
    readPacked(() => unpackMember(packed, method, reading), reading, containers);
  }
  if (members.length > MAX_DOCUMENTS) reading.refused.push(`it has more than ${MAX_DOCUMENTS} files`);
}

type Unpacked =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: string };

function readPacked(unpack: () => Unpacked, reading: Reading, containers: number): void {
  const unpacked = unpack();
  // Reports of other kinds (RFC 8460) are packed in the same way and are not meant here.
  if (unpacked.ok) readFile(unpacked.bytes, reading, containers + 1);
  else reading.refused.push(unpacked.why);
}

/** RFC 1952; its octets may be cut off or be followed by others, as some reporters send them. */
function unpackGzip(bytes: Uint8Array, reading: Reading): Unpacked {
  return unpackWith(reading, (maxOutputLength) => gunzip(bytes, maxOutputLength));
}

function unpackMember(packed: Uint8Array, method: number, reading: Reading): Unpacked {
  if (method === 0) return { ok: true, bytes: packed };
  // APPNOTE 4.4.5: 8 is deflate; the others are for archives that nobody makes of reports.
  if (method !== 8) return { ok: false, why: 'the zip is packed in a way that is not known here' };
  return unpackWith(reading, (maxOutputLength) =>
    inflateRawSync(packed, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }),
  );
}

function unpackWith(reading: Reading, unpack: (maxOutputLength: number) => Buffer): Unpacked {
  const left = Math.min(MAX_XML_BYTES, MAX_UNPACKED_BYTES - reading.unpackedBytes);
  if (left <= 0) return { ok: false, why: 'it unpacks to too much' };
  try {
    const bytes = unpack(left);
    reading.unpackedBytes += bytes.length;
    return { ok: true, bytes };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    // What was tried counts too, or a hundred bombs would be tried one after the other.
    reading.unpackedBytes += left;
    const tooLarge = error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, why: tooLarge ? 'it unpacks to too much' : 'what is packed is damaged' };
  }
}
