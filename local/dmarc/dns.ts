/** Where the commands look up: a resolver, this machine's own, or a zone file so that nothing is asked of anybody. */
import { createLookupDns } from '../../handlers/edge/dns.ts';
import { isResolver } from '../../handlers/edge/environment.ts';
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import { WrongUse } from '../cli/usage.ts';
import { startDns } from '../dns/server.ts';
import { loadZone } from '../dns/zone.ts';

export interface OpenDns {
  readonly lookupDns: LookupDns;
  close(): Promise<void>;
}

/** @throws WrongUse, PermanentError when the zone cannot be read */
export async function openDns(flags: {
  readonly dns?: string | undefined;
  readonly zone?: string | undefined;
}): Promise<OpenDns> {
  if (flags.dns !== undefined && flags.zone !== undefined)
    throw new WrongUse('give --dns or --zone, not both');
  if (flags.dns !== undefined && !isResolver(flags.dns))
    throw new WrongUse(`--dns takes an IP address and a port, as in 127.0.0.1:53; got "${flags.dns}"`);
  const now = () => performance.now();
  if (flags.zone === undefined)
    return { lookupDns: createLookupDns({ server: flags.dns, now }), close: () => Promise.resolve() };
  const server = await startDns({ zone: await loadZone(flags.zone), port: 0 });
  return {
    lookupDns: createLookupDns({ server: `127.0.0.1:${server.port}`, now }),
    close: () => server.close(),
  };
}
