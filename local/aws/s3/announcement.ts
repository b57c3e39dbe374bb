/** What a client says about the body that it sends, and the comparison with what arrived. */
import { createHash } from 'node:crypto';
import { type Exchange, header } from '../exchange.ts';
import { algorithmOfHeader, type Checksum, type ChecksumAlgorithm, createChecksum } from './checksums.ts';
import { type ChunkedDecoder, createChunkedDecoder } from './chunked.ts';
import type { S3ErrorCode } from './errors.ts';
import type { ObjectChecksum } from './version.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: S3ErrorCode;
  readonly message: string;
}

/** What the client announced in headers and what has to be computed to compare. */
export interface Announcement {
  readonly decoder: ChunkedDecoder | undefined;
  readonly bytes: number | undefined;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksum: string | undefined;
  readonly md5: string | undefined;
  readonly sha256Hex: string | undefined;
}

export function refuse(code: S3ErrorCode, message: string): Refusal {
  return { kind: 'refused', code, message };
}

/** Of the object: the content length of a framed body counts the framing too. */
function announcedLength(exchange: Exchange, chunked: boolean): number | undefined | 'invalid' {
  const text = header(exchange, chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : 'invalid';
}

/** `x-amz-checksum-NAME` with its value, or the name that the trailer will carry. Two of them are a client's mistake. */
export function announcedChecksum(
  exchange: Exchange,
): Pick<Announcement, 'algorithm' | 'checksum'> | 'invalid' {
  const given = Object.keys(exchange.headers).filter((name) => algorithmOfHeader(name) !== undefined);
  const trailer = header(exchange, 'x-amz-trailer')?.trim().toLowerCase();
  const name = given[0] ?? trailer;
  if (name === undefined) return { algorithm: undefined, checksum: undefined };
  const algorithm = algorithmOfHeader(name);
  if (given.length > 1 || algorithm === undefined) return 'invalid';
  return { algorithm, checksum: header(exchange, name) };
}

export function readAnnouncement(exchange: Exchange, maxBytes: number): Announcement | Refusal {
  const payloadHash = header(exchange, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const chunked =
    payloadHash.startsWith('STREAMING-') ||
    header(exchange, 'content-encoding')?.split(',')[0]?.trim() === 'aws-chunked';
  const announced = announcedLength(exchange, chunked);
  if (announced === 'invalid') return refuse('InvalidArgument', 'The content length is not a number.');
  if (announced !== undefined && announced > maxBytes)
    return refuse('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  const checksum = announcedChecksum(exchange);
  if (checksum === 'invalid')
    return refuse('InvalidRequest', 'Expecting a single x-amz-checksum- header of a supported algorithm.');
  return {
    ...checksum,
    decoder: chunked ? createChunkedDecoder() : undefined,
    bytes: announced,
    md5: header(exchange, 'content-md5'),
    sha256Hex: /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : undefined,
  };
}

export interface Verified {
  /** Hexadecimal MD5. */
  readonly etag: string;
  readonly checksum?: ObjectChecksum;
}

/** Hashes what passes, and compares at the end. */
export interface Verifier {
  update(bytes: Uint8Array): void;
  finish(bytes: number): Verified | Refusal;
}

interface Digests {
  readonly checksum: Checksum | undefined;
  readonly sha256: ReturnType<typeof createHash> | undefined;
}

function wrongDigest(said: Announcement, digests: Digests, etag: string): Refusal | undefined {
  if (said.md5 !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(said.md5))
      return refuse('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (Buffer.from(said.md5, 'base64').toString('hex') !== etag)
      return refuse('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  if (said.sha256Hex !== undefined && digests.sha256?.digest('hex') !== said.sha256Hex)
    return refuse('XAmzContentSHA256Mismatch', 'The x-amz-content-sha256 does not match what was computed.');
  return undefined;
}

/** Compares everything that was announced with what arrived. Amazon S3 User Guide, "Checking object integrity". */
function verdict(said: Announcement, digests: Digests, bytes: number, etag: string): Verified | Refusal {
  const trailers = said.decoder?.finish();
  if (trailers === 'incomplete' || (said.bytes !== undefined && said.bytes !== bytes))
    return refuse('IncompleteBody', 'The body does not have the length that was announced.');
  const wrong = wrongDigest(said, digests, etag);
  if (wrong !== undefined) return wrong;
  const value = digests.checksum?.digest();
  if (said.algorithm === undefined || value === undefined) return { etag };
  const expected = said.checksum ?? trailers?.get(`x-amz-checksum-${said.algorithm}`);
  if (expected === undefined)
    return refuse('MalformedTrailerError', 'The announced checksum did not arrive in the trailer.');
  if (expected !== value)
    return refuse(
      'BadDigest',
      `The ${said.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  return { etag, checksum: { algorithm: said.algorithm, value } };
}

/** `computed`: the algorithm of a checksum that is wanted when the client announced none. */
export function createVerifier(said: Announcement, computed?: ChecksumAlgorithm): Verifier {
  const md5 = createHash('md5');
  const algorithm = said.algorithm ?? computed;
  const digests: Digests = {
    checksum: algorithm === undefined ? undefined : createChecksum(algorithm),
    sha256: said.sha256Hex === undefined ? undefined : createHash('sha256'),
  };
  const hashes = [md5, digests.checksum, digests.sha256].filter((hash) => hash !== undefined);
  return {
    update: (bytes) => {
      for (const hash of hashes) hash.update(bytes);
    },
    finish: (bytes) => {
      const found = verdict(said, digests, bytes, md5.digest('hex'));
      if ('kind' in found || said.algorithm !== undefined || algorithm === undefined) return found;
      return { ...found, checksum: { algorithm, value: digests.checksum?.digest() ?? '' } };
    },
  };
}
