/** The criteria of new content at their limits, and mail as it is: what holds of no criterion is not refused. */
import { describe, expect, it } from 'vitest';
import { rejectionOf } from '../../../local/aws/raw-message.ts';
import { MAX_DEPTH, MAX_HEADER_BYTES, MAX_HEADER_FIELDS, MAX_PARTS } from '../../../shared/mime/limits.ts';
import { CORPORA, corpusMessages } from '../../shared/mime/support.ts';

const FROM = 'From: a@example.com\r\n';
const MAX_MESSAGE_BYTES = 40 * 1024 * 1024;

const why = (text: string) => rejectionOf(Buffer.from(text, 'latin1'));

/** A multipart whose boundary has this many characters. */
function bounded(length: number): string {
  const boundary = 'b'.repeat(length);
  return `${FROM}Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`;
}

function nested(depth: number): string {
  let inner = '\r\nx\r\n';
  for (let level = depth; level > 0; level -= 1)
    inner = `Content-Type: multipart/mixed; boundary=b${level}x\r\n\r\n--b${level}x\r\n${inner}--b${level}x--\r\n`;
  return `${FROM}${inner}`;
}

function manyParts(count: number): string {
  return `${FROM}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(count)}--b--\r\n`;
}

describe('new content', () => {
  it('[C6] has boundaries of at most 70 characters', () => {
    expect(why(bounded(70))).toBeUndefined();
    expect(why(bounded(71))).toContain('longer than 70 characters');
  });

  it('[C6] has no multipart with a transfer encoding', () => {
    const encoded = (name: string) => `Content-Transfer-Encoding: ${name}\r\n${bounded(3)}`;
    expect(why(encoded('7bit'))).toBeUndefined();
    expect(why(encoded('base64'))).toContain('has a transfer encoding');
  });

  it('[C6] is not nested without end, and has not parts without number', () => {
    expect(why(nested(10))).toBeUndefined();
    expect(why(nested(MAX_DEPTH + 1))).toContain('nested too deeply');
    expect(why(manyParts(1000))).toBeUndefined();
    expect(why(manyParts(MAX_PARTS + 1))).toContain('too many parts');
  });

  it('has a header that can be read to its end', () => {
    expect(why(`${FROM}${'X: 1\r\n'.repeat(MAX_HEADER_FIELDS - 1)}\r\nbody\r\n`)).toBeUndefined();
    expect(why(`${FROM}${'X: 1\r\n'.repeat(MAX_HEADER_FIELDS)}\r\nbody\r\n`)).toContain('malformed');
    const long = `X: ${'x'.repeat(900)}\r\n`;
    const lines = 2 * Math.ceil(MAX_HEADER_BYTES / long.length);
    expect(why(`${FROM}${long.repeat(lines)}\r\nbody\r\n`)).toContain('malformed');
  });

  it('is not larger than WorkMail takes', () => {
    const full = Buffer.alloc(MAX_MESSAGE_BYTES, `${'x'.repeat(78)}\r\n`);
    full.write(`${FROM}\r\n`);
    expect(rejectionOf(full)).toBeUndefined();
    expect(rejectionOf(Buffer.concat([full, Buffer.from('x')]))).toContain('larger than 40 MB');
  });

  it.each([
    ...['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To'],
    ...['References', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'],
  ])('[C12] has one %s', (name) => {
    const once = `${name}: x\r\n`;
    const rest = `${name === 'From' ? '' : FROM}\r\nbody\r\n`;
    expect(why(`${once}${rest}`)).toBeUndefined();
    expect(why(`${once}${once}${rest}`)).toBe(`Duplicate header '${name.toLowerCase()}'.`);
  });

  it('[C11] is compared with what came in, header by header', () => {
    const first = Buffer.from(`${FROM}Received: 1\r\nReceived: 2\r\n\r\nx\r\n`);
    const swapped = Buffer.from(`${FROM}Received: 2\r\nReceived: 1\r\n\r\nx\r\n`);
    expect(rejectionOf(first, first)).toBeUndefined();
    expect(rejectionOf(swapped, first)).toBe("Header 'received' cannot be changed.");
  });
});

/** Messages of other projects that have such a multipart. */
const BROKEN = [
  'enmime/low-quality/bad-final-boundary.raw',
  'enmime/mail/epilogue-sample.raw',
  'enmime/mail/header-only.raw',
  'enmime/mail/multipart-wo-boundary.raw',
  'flanker/false-multipart.eml',
  'flanker/mailformed-headers.eml',
  'flanker/missing-final-boundary.eml',
  'stalwart-mail-parser/malformed/020.eml',
  'stalwart-mail-parser/malformed/021.eml',
];

describe.skipIf(CORPORA === undefined)('mail as it is (MAILROOM_CORPORA)', () => {
  const reasons = () =>
    corpusMessages().flatMap(({ name, bytes }) => {
      const reason = rejectionOf(bytes, bytes);
      return reason === undefined ? [] : [{ name, reason }];
    });

  it('[C6, C11] is refused for a multipart only where one is broken, and never for a header that nobody changed', () => {
    const refused = reasons();
    expect(refused.filter(({ reason }) => reason.includes('cannot be changed'))).toEqual([]);
    const parts = refused.filter(({ reason }) => /multipart|parts/.test(reason));
    expect(parts.map(({ name }) => name)).toEqual(BROKEN);
  });
});
