/** mailauth's word about a chain: a second reading of RFC 8617. */
import { createRequire } from 'node:module';
import type { LookupTxt } from '../../../shared/auth/types.ts';

type Resolver = (name: string, type: string) => Promise<string[][]>;

interface PeerDkim {
  dkimVerify(message: Buffer, options: { resolver: Resolver }): Promise<{ arc: object }>;
}

interface PeerArc {
  arc(
    chain: object,
    options: { resolver: Resolver },
  ): Promise<{ status: { result: string } } | false | undefined>;
}

const require = createRequire(import.meta.url);
const { dkimVerify }: PeerDkim = require('mailauth/lib/dkim/verify.js');
const { arc }: PeerArc = require('mailauth/lib/arc/index.js');

/** The chain's status as mailauth sees it. */
export async function peerStatus(bytes: Uint8Array, lookupTxt: LookupTxt): Promise<string> {
  const { signal } = new AbortController();
  const resolver: Resolver = async (name) => {
    const answer = await lookupTxt(name, signal);
    if (answer.kind !== 'records') throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return answer.records.map((record) => [record]);
  };
  const crlf = Buffer.from(Buffer.from(bytes).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  const verified = await dkimVerify(crlf, { resolver });
  const result = await arc(verified.arc, { resolver });
  return result ? result.status.result : 'none';
}
