/**
 * Decoder of `aws-chunked`, the framing that the SDK puts around a streamed object (Amazon S3 API Reference, "Signature
 * calculations for the Authorization header: transferring a payload in multiple chunks"): hexadecimal size, optional
 * `;chunk-signature=…`, CRLF, that many bytes, CRLF; a chunk of size 0 ends the data; trailer lines (the checksum)
 * follow, then an empty line. Signatures are not checked: the stand-in has no secrets.
 */

/** A size line that never ends must not fill the memory. */
const MAX_LINE_BYTES = 1024;
/**
 * "The chunk size must be at least 8 KB", of every chunk that another one follows. S3 refuses less, so a writer that hands
 * the SDK a stream of small pieces fails there and has to fail here. Also against: millions of chunks of one byte.
 */
const MIN_CHUNK_BYTES = 8 * 1024;
/** Nor may trailers without end; the SDK sends one. */
const MAX_TRAILERS = 16;
/** 16^8 - 1 bytes in one chunk is more than any object here; longer numbers would lose precision. */
const SIZE_LINE = /^([0-9a-fA-F]{1,8})(?:;[ -~]*)?$/;
const TRAILER_LINE = /^([a-z0-9-]{1,64}):([ -~]*)$/i;

const LF = 10;

export interface ChunkedDecoder {
  /** The data inside these bytes, as views of them; `malformed` once the framing is broken, `small-chunk` for S3's minimum. */
  push(bytes: Uint8Array): readonly Uint8Array[] | Broken;
  /** The trailers when the framing came to its end; `incomplete` when the body stopped before. */
  finish(): ReadonlyMap<string, string> | 'incomplete';
}

type Broken = 'malformed' | 'small-chunk';
type State = 'size' | 'data' | 'after-data' | 'trailer' | 'done' | Broken;

/** The state after the line of a chunk's size, with the size. */
function sizeMeans(line: string, before: number): { readonly state: State; readonly remaining: number } {
  const size = SIZE_LINE.exec(line)?.[1];
  if (size === undefined) return { state: 'malformed', remaining: 0 };
  const remaining = Number.parseInt(size, 16);
  if (remaining === 0) return { state: 'trailer', remaining };
  return { state: before < MIN_CHUNK_BYTES ? 'small-chunk' : 'data', remaining };
}

/** The state after another whole line (without its CRLF). */
function lineMeans(
  state: State,
  line: string,
  trailers: Map<string, string>,
): { readonly state: State; readonly remaining: number } {
  if (state === 'after-data') return { state: line === '' ? 'size' : 'malformed', remaining: 0 };
  if (line === '') return { state: 'done', remaining: 0 };
  const trailer = TRAILER_LINE.exec(line);
  if (trailer === null || trailers.size >= MAX_TRAILERS) return { state: 'malformed', remaining: 0 };
  trailers.set((trailer[1] ?? '').toLowerCase(), (trailer[2] ?? '').trim());
  return { state: 'trailer', remaining: 0 };
}

export function createChunkedDecoder(): ChunkedDecoder {
  const trailers = new Map<string, string>();
  let state: State = 'size';
  let remaining = 0;
  /** Size of the chunk before; there is none before the first. */
  let before = Number.POSITIVE_INFINITY;
  let line = '';

  /** Takes bytes up to the next LF into `line`; gives the position after them. */
  const takeLine = (bytes: Uint8Array, from: number): number => {
    const end = bytes.indexOf(LF, from);
    const stop = end === -1 ? bytes.length : end;
    if (line.length + stop - from > MAX_LINE_BYTES) {
      state = 'malformed';
      return bytes.length;
    }
    line += Buffer.from(bytes.buffer, bytes.byteOffset + from, stop - from).toString('latin1');
    if (end === -1) return bytes.length;
    const complete = line.endsWith('\r') ? line.slice(0, -1) : line;
    line = '';
    ({ state, remaining } =
      state === 'size' ? sizeMeans(complete, before) : lineMeans(state, complete, trailers));
    if (state === 'data') before = remaining;
    return end + 1;
  };

  return {
    push: (bytes) => {
      const data: Uint8Array[] = [];
      let at = 0;
      while (at < bytes.length) {
        if (state === 'done') state = 'malformed';
        if (state === 'malformed' || state === 'small-chunk') return state;
        if (state !== 'data') {
          at = takeLine(bytes, at);
          continue;
        }
        const piece = bytes.subarray(at, at + remaining);
        data.push(piece);
        at += piece.length;
        remaining -= piece.length;
        if (remaining === 0) state = 'after-data';
      }
      return state === 'malformed' || state === 'small-chunk' ? state : data;
    },
    finish: () => (state === 'done' ? trailers : 'incomplete'),
  };
}
