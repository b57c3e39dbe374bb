/** The ordinary messages that are measured: literal, so that two runs measure the same thing. */
import { sampleMessage } from './sample.ts';

/** A message to measure, and how to make it: none is kept in memory longer than it takes to write it to a file. */
export interface Measured {
  readonly name: string;
  make(): Buffer;
}

const MEGABYTE = 1024 * 1024;
const BOUNDARY = 'b2_outer';
/** As mail programs wrap base64 (RFC 2045 §6.8). */
const BASE64_LINE = `${'QUJDREVGR0hJSktM'.repeat(5).slice(0, 76)}\r\n`;
/** What a text with its HTML takes in a message that is mostly attachments. */
const TEXT_BYTES = 20_000;
const MANY_PARTS = 5_000;

function attachment(name: string, bytes: number): string {
  const lines = Math.max(1, Math.round(bytes / BASE64_LINE.length));
  return (
    `--${BOUNDARY}\r\nContent-Type: application/octet-stream; name="${name}"\r\n` +
    `Content-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
    `${BASE64_LINE.repeat(lines)}\r\n`
  );
}

/** The sample message with attachments beside it: its Content-Type and body become the first part. */
function withAttachments(count: number, bytesOfEach: number): Buffer {
  const sample = sampleMessage('bench', TEXT_BYTES).toString('latin1');
  const at = sample.indexOf('Content-Type:');
  const attachments = Array.from({ length: count }, (_, index) => attachment(`${index}.bin`, bytesOfEach));
  const head = `Content-Type: multipart/mixed; boundary="${BOUNDARY}"\r\n\r\n--${BOUNDARY}\r\n`;
  return Buffer.from(
    `${sample.slice(0, at)}${head}${sample.slice(at)}\r\n${attachments.join('')}--${BOUNDARY}--\r\n`,
    'latin1',
  );
}

export const LARGEST = '38 MiB';

export const MESSAGES: readonly Measured[] = [
  { name: '20 KB', make: () => sampleMessage('bench', TEXT_BYTES) },
  { name: '5 MB', make: () => withAttachments(3, (5_000_000 - TEXT_BYTES) / 3) },
  { name: LARGEST, make: () => withAttachments(1, 38 * MEGABYTE - TEXT_BYTES) },
  { name: '5,000 parts', make: () => withAttachments(MANY_PARTS, 400) },
];
