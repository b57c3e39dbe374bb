/** Fuzzes the MIME room: every parser and the rewrites of old, with octets, with the grammar's words, and with mutations of fixtures. */
import fc from 'fast-check';
import {
  decodeBody,
  decodeText,
  fileName,
  headerText,
  parseMessage,
  rawHeaderText,
} from '../../shared/mime/index.ts';
import { grammarMessage, mutatedFixture, rawMessage } from '../shared/mime/arbitraries.ts';
import { ASCII_CHANGES, CHANGES, checkRewrite } from '../shared/mime/invariants.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

export const fuzzer: ByteFuzzer = {
  name: 'mime',
  inputs: fc.oneof(rawMessage, grammarMessage, mutatedFixture()),
  check(bytes) {
    readAll(bytes);
    checkRewrite(bytes, CHANGES);
    checkRewrite(bytes, ASCII_CHANGES);
  },
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);

/** Every reading function on every part and field: none may throw. */
function readAll(bytes: Uint8Array): void {
  const message = parseMessage(bytes);
  for (const part of message.parts) {
    fileName(message, part);
    decodeBody(message, part);
    decodeText(message, part);
    for (const field of part.header.fields) {
      headerText(message, field);
      rawHeaderText(message, field);
    }
  }
}
