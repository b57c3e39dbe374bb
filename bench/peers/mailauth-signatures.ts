/** mailauth's DKIM, ARC and DMARC alone: what a function would bundle of it. */
import { arc } from 'mailauth/lib/arc/index.js';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { type Authenticated, recordAt } from '../auth-zone.ts';

export async function work(bytes: Uint8Array): Promise<Authenticated> {
  let queries = 0;
  const resolver = async (name: string): Promise<string[][]> => {
    queries += 1;
    const record = recordAt(name);
    if (record === undefined) throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
    return [[record]];
  };
  const verified = await dkimVerify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    resolver,
    strict: true,
  });
  if (isArcData(verified.arc)) await arc(verified.arc, { resolver, strict: true });
  const passing = verified.results.filter(({ status }) => status.result === 'pass');
  const { response } = await evaluateDmarc({
    headerFrom: verified.headerFrom,
    fromFields: verified.fromFields,
    spfDomains: [],
    dkimDomains: passing.map(({ signingDomain = '' }) => ({ domain: signingDomain })),
    resolver,
    strict: true,
  });
  return { dmarc: response === false ? 'none' : response.status.result, passing: passing.length, queries };
}

/** mailauth types what it hands out and what it takes in a little differently. */
function isArcData(value: unknown): value is Parameters<typeof arc>[0] {
  return typeof value === 'object' && value !== null && 'chain' in value && value.chain !== false;
}
