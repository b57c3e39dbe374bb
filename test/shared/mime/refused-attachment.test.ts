import { describe, expect, it } from 'vitest';
import { refusedAttachment } from '../../../shared/mime/refused-attachment.ts';
import { message } from './support.ts';

/** A message with one part, in as many messages as are asked for. */
function holding(part: string, depth = 0): string {
  const inner = depth === 0 ? part : `Content-Type: message/rfc822\n\n${holding(part, depth - 1)}`;
  const boundary = `b${depth}`;
  return `Content-Type: multipart/mixed; boundary=${boundary}\n\n--${boundary}\n${inner}\n--${boundary}--\n`;
}

const file = (name: string): string =>
  `Content-Type: application/octet-stream; name=${name}\nContent-Disposition: attachment\n\nx`;

describe('what SES does not take', () => {
  it.each([
    ['a document', holding(file('a.pdf')), undefined],
    ['a program', holding(file('a.exe')), /exe/],
    ['a program in a message', holding(file('a.exe'), 1), /exe/],
    ['a program in the eighth message', holding(file('a.exe'), 8), /exe/],
    ['a program in the ninth', holding(file('a.exe'), 9), undefined],
    ['a document in a message', holding(file('a.pdf'), 2), undefined],
    // Another problem of the same message is none of these.
    ['a line that is too long', holding(`\n${'x'.repeat(5000)}`), undefined],
    ['such a line beside a program', `${holding(`\n${'x'.repeat(5000)}\n--b0\n${file('a.exe')}`)}`, /exe/],
  ])('%s', (_name, text, expected) => {
    const found = refusedAttachment(message(text));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(expected);
  });
});
