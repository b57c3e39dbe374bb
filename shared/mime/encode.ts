/** Quoted-printable and base64 as we write them (RFC 2045 §6.7, §6.8): only for text of ours and bodies that must change. */
import { bufferOver } from './header.ts';
import type { LineEnd } from './line-ends.ts';

/** RFC 2045 §6.7 (5) and §6.8. */
export const MAX_ENCODED_LINE = 76;
/** Of octets that go on one line of base64. */
const OCTETS_OF_LINE = (MAX_ENCODED_LINE / 4) * 3;

const DASH = 0x2d;
const HEX = Buffer.from('0123456789ABCDEF', 'latin1');

/** What is written so far. It grows: nothing else is held of a body of tens of megabytes on one line. */
interface Output {
  octets: Buffer;
  length: number;
}

/**
 * The octets in quoted-printable. Where `eol` stands in them a line ends; any other CR or LF is escaped. A line that would
 * begin with two dashes has the first escaped, so that it is no delimiter of anything. A line without line end, the last
 * one, has room for the "=" of a soft break.
 */
export function encodeQuotedPrintable(bytes: Uint8Array, eol: LineEnd): Buffer {
  const source = bufferOver(bytes);
  const lineEnd = Buffer.from(eol, 'latin1');
  const out: Output = { octets: Buffer.allocUnsafe(Math.ceil(source.length * 1.1) + 100), length: 0 };
  for (let start = 0; ; ) {
    const found = source.indexOf(lineEnd, start);
    if (found === -1) {
      encodeLine(out, source.subarray(start), lineEnd, MAX_ENCODED_LINE - 1);
      return out.octets.subarray(0, out.length);
    }
    encodeLine(out, source.subarray(start, found), lineEnd, MAX_ENCODED_LINE);
    append(out, lineEnd);
    start = found + lineEnd.length;
  }
}

/** `room`: for what the line ends with. */
function encodeLine(out: Output, line: Buffer, lineEnd: Buffer, room: number): void {
  if (line.length <= room && isPlain(line)) {
    append(out, line);
    return;
  }
  let column = 0;
  for (let at = 0; at < line.length; at++) {
    const octet = line[at] ?? 0;
    const last = at === line.length - 1;
    const escaped = !standsForItself(octet, last);
    if (column + (escaped ? 3 : 1) > (last ? room : MAX_ENCODED_LINE - 1)) {
      append(out, SOFT_BREAK);
      append(out, lineEnd);
      column = 0;
    }
    const asEscape = escaped || (column === 0 && octet === DASH && line[at + 1] === DASH);
    writeOctet(out, octet, asEscape);
    column += asEscape ? 3 : 1;
  }
}

const SOFT_BREAK = Buffer.from('=', 'latin1');

/** Nothing to encode: printable ASCII but "=", not blank at the end, not two dashes at the start. */
function isPlain(line: Buffer): boolean {
  if (line[0] === DASH && line[1] === DASH) return false;
  return line.every((octet, at) => standsForItself(octet, at === line.length - 1));
}

/** `last`: on its line, where a blank would be lost. */
function standsForItself(octet: number, last: boolean): boolean {
  if (octet === 0x20 || octet === 0x09) return !last;
  return octet >= 0x21 && octet <= 0x7e && octet !== 0x3d;
}

function append(out: Output, bytes: Buffer): void {
  reserve(out, bytes.length);
  out.octets.set(bytes, out.length);
  out.length += bytes.length;
}

function writeOctet(out: Output, octet: number, escaped: boolean): void {
  reserve(out, 3);
  if (!escaped) {
    out.octets[out.length++] = octet;
    return;
  }
  out.octets[out.length++] = 0x3d;
  out.octets[out.length++] = HEX[octet >> 4] ?? 0;
  out.octets[out.length++] = HEX[octet & 15] ?? 0;
}

function reserve(out: Output, more: number): void {
  if (out.length + more <= out.octets.length) return;
  const larger = Buffer.allocUnsafe(Math.ceil(out.octets.length * 1.5) + more);
  larger.set(out.octets.subarray(0, out.length));
  out.octets = larger;
}

/** The octets in base64, in lines of 76 characters joined by `eol`, none after the last. */
export function encodeBase64(bytes: Uint8Array, eol: LineEnd): Buffer {
  const source = bufferOver(bytes);
  const breaks = Math.max(0, Math.ceil(source.length / OCTETS_OF_LINE) - 1);
  const out = Buffer.allocUnsafe(Math.ceil(source.length / 3) * 4 + breaks * eol.length);
  let length = 0;
  for (let at = 0; at < source.length; at += OCTETS_OF_LINE) {
    if (at > 0) length += out.write(eol, length, 'latin1');
    length += out.write(source.toString('base64', at, at + OCTETS_OF_LINE), length, 'latin1');
  }
  return out;
}
