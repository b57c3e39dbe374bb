/** Fuzzes ARC with headers of raw bytes and of its grammar: nobody can sign with a key that he does not have. */
import fc from 'fast-check';
import { validateArc } from '../../shared/auth/arc/index.ts';
import { sealArc } from '../../shared/auth/arc/seal.ts';
import { parseMessage } from '../../shared/mime/index.ts';
import { keyZone, RSA, sealedBy } from '../shared/auth/arc/chain.ts';
import { type AsyncFuzzer, fuzzAsync } from '../support/async-fuzzing.ts';

const PIECES = [
  ...['ARC-Seal: ', 'ARC-Message-Signature: ', 'ARC-Authentication-Results: ', 'arc-seal:', 'From: ', 'X: '],
  ...['\r\n', '\r\n ', '\n', '\r\n\r\n', ' ', ';', '=', ':', '\0', '(', ')', '"'],
  ...[
    'a=rsa-sha256; ',
    'a=ed25519-sha256; ',
    'b=AAAA; ',
    'b=; ',
    'bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; ',
  ],
  ...[
    'c=relaxed/relaxed; ',
    'c=simple; ',
    'cv=none; ',
    'cv=pass; ',
    'cv=fail; ',
    'd=a.example; ',
    's=s; ',
    't=1; ',
  ],
  ...[
    'h=from:to; ',
    'h=arc-seal; ',
    'i=1; ',
    'i=2; ',
    'i=3; ',
    'i=50; ',
    'i=51; ',
    'x; dmarc=pass header.from=a.example',
  ],
];
const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));
const genuine = sealedBy([{ domain: 'a.example' }, { domain: 'b.example' }]);
const { signal } = new AbortController();

interface Input {
  readonly bytes: Uint8Array;
  readonly before: boolean;
}

async function check({ bytes, before }: Input): Promise<void> {
  const alone = parseMessage(bytes);
  const zone = keyZone();
  const { result, sets } = await validateArc(alone, { lookupTxt: zone.lookupTxt, signal, nowSeconds: 1 });
  if (result === 'pass') throw new Error('a chain passes that nobody signed');
  if (sets.length > 0) throw new Error('sets of a chain that does not pass');
  sealArc(alone, {
    domain: 'a.example',
    selector: 's',
    privateKey: RSA.privateKey,
    results: 'x; none',
    received: 'fail',
    signedAt: 1,
  });
  // Set beside a genuine chain, it adds nobody to it.
  const both = before ? Buffer.concat([bytes, genuine]) : Buffer.concat([genuine, bytes]);
  const beside = await validateArc(parseMessage(both), { lookupTxt: zone.lookupTxt, signal });
  if (beside.result === 'pass' && beside.sets.length !== 2) throw new Error('a set was added');
}

export const fuzzer: AsyncFuzzer<Input> = {
  name: 'arc',
  inputs: fc.record({
    bytes: fc.oneof(fc.uint8Array({ maxLength: 200 }), grammar),
    before: fc.boolean(),
  }),
  check,
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzAsync(fuzzer, seconds, seed);
}
