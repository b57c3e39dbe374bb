/** What mailauth makes of the same message, in its strict reading of the RFCs. */
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { NOW } from '../../shared/auth/dkim/support.ts';
import type { Zone } from '../../shared/auth/support.ts';

/** One word for each signature, from the top. */
export async function peerWords(text: string, zone: Zone, nowSeconds = NOW): Promise<string[]> {
  const resolver = (name: string): Promise<string[][]> => {
    const entry = zone[name.toLowerCase()];
    const code = entry === 'servfail' ? 'ESERVFAIL' : 'ENOTFOUND';
    if (entry === undefined || entry === 'servfail')
      return Promise.reject(Object.assign(new Error(code), { code }));
    return Promise.resolve(entry.map((record) => [record]));
  };
  const { results } = await dkimVerify(Buffer.from(text, 'latin1'), {
    resolver,
    strict: true,
    curTime: new Date(nowSeconds * 1_000),
  });
  return results.map(({ status }) => String(status.result)).filter((word) => word !== 'none');
}
