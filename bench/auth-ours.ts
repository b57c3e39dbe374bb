/** All that a function learns of who sent a message: parsed, From read, signatures verified, DMARC evaluated. */
import { gatherEvidence } from '../shared/auth/evidence.ts';
import { parseMessage } from '../shared/mime/scan.ts';
import { type Authenticated, recordAt } from './auth-zone.ts';

const organization = { domains: ['example.com'], trustSesHeaders: 'auto' } as const;

export async function work(bytes: Uint8Array): Promise<Authenticated> {
  let queries = 0;
  const evidence = await gatherEvidence({
    message: parseMessage(bytes),
    organization,
    lookupDns: async (name, type) => {
      queries += 1;
      const record = type === 'TXT' ? recordAt(name) : undefined;
      return record === undefined ? { kind: 'nxdomain' } : { kind: 'records', records: [record] };
    },
    signal: new AbortController().signal,
    nowMs: Date.now(),
  });
  const passing = evidence.dkim.filter(({ result }) => result === 'pass').length;
  return { dmarc: evidence.dmarc.result, passing, queries };
}
