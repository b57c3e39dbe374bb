/** Archives of any names, and uuencoded files of any octets: they must come out as they went in. */
import fc from 'fast-check';
import { inspectFile } from '../../shared/mime/files/inspect.ts';
import { decodeUuencodedFile, uuencodedFiles } from '../../shared/mime/uuencode.ts';
import { cab, rar4, rar5, tar, zip } from '../shared/mime/files/make.ts';

const RUNS_PER_ROUND = 200;

/** Names that every format can hold as they are. */
const fileName = fc.stringMatching(/^[a-z0-9äé月][a-z0-9äé月 ._-]{0,20}$/);

function namesOf(bytes: Uint8Array): string {
  return JSON.stringify(inspectFile(bytes).archive?.entries.map(({ name }) => name));
}

function comesBack(names: readonly string[]): void {
  const files = names.map((name) => ({ name }));
  const expected = JSON.stringify(names);
  for (const [kind, bytes] of Object.entries({
    zip: zip(files),
    tar: tar(files),
    rar4: rar4(files.map(({ name }) => ({ name: Buffer.from(name).toString('latin1') }))),
    rar5: rar5(files),
    cab: cab(names),
  })) {
    // RAR 4 keeps names in a charset of its maker unless it says otherwise: only ASCII is certain.
    if (kind === 'rar4' && !/^[\0-\x7f]*$/.test(expected)) continue;
    if (namesOf(bytes) !== expected) throw new Error(`${kind}: ${namesOf(bytes)} for ${expected}`);
  }
}

function uuencode(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 45) {
    const chunk = Buffer.from(bytes.subarray(at, at + 45));
    const padded = Buffer.concat([chunk, Buffer.alloc((3 - (chunk.length % 3)) % 3)]);
    let line = String.fromCharCode(0x20 + chunk.length);
    for (let group = 0; group < padded.length; group += 3) {
      const bits = padded.readUIntBE(group, 3);
      for (const shift of [18, 12, 6, 0])
        line += String.fromCharCode(((bits >> shift) & 63) + 0x20).replace(' ', '`');
    }
    lines.push(line);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function uuencodedComesBack(bytes: Uint8Array): void {
  const text = Buffer.from(`before\nbegin 644 a.bin\n${uuencode(bytes)}\`\nend\nafter\n`, 'latin1');
  const [file] = uuencodedFiles(text);
  if (file === undefined || !Buffer.from(decodeUuencodedFile(text, file)).equals(Buffer.from(bytes))) {
    throw new Error('a uuencoded file did not come back');
  }
}

/** Runs for about that many seconds; throws with fast-check's report (seed, path, smallest input) on a failure. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const until = Date.now() + seconds * 1000;
  const archives = fc.property(fc.uniqueArray(fileName, { minLength: 1, maxLength: 8 }), comesBack);
  const uuencoded = fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), uuencodedComesBack);
  let runs = 0;
  for (let round = 0; Date.now() < until; round++) {
    fc.assert(archives, { seed: seed + round, numRuns: RUNS_PER_ROUND });
    fc.assert(uuencoded, { seed: seed + round, numRuns: RUNS_PER_ROUND });
    runs += 2 * RUNS_PER_ROUND;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}
