/** Fuzzes the MIME room: every parser and every rewrite, with octets, with the grammar's words, and with mutations of fixtures. */
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

/** One round is this many messages; the clock is looked at between rounds. */
const RUNS_PER_ROUND = 200;

/** Runs for about that many seconds; throws with fast-check's report (seed, path, smallest input) on a failure. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const until = Date.now() + seconds * 1000;
  const anyMessage = fc.oneof(rawMessage, grammarMessage, mutatedFixture());
  let runs = 0;
  for (let round = 0; Date.now() < until; round++) {
    fc.assert(
      fc.property(anyMessage, fc.constantFrom(CHANGES, ASCII_CHANGES), (bytes, changes) => {
        readAll(bytes);
        checkRewrite(bytes, changes);
      }),
      { seed: seed + round, numRuns: RUNS_PER_ROUND },
    );
    runs += RUNS_PER_ROUND;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}

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
