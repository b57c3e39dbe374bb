/** What the stand-in's parts stand on: the files that it is told by, DNS, SES's keys, the gateway, the faults. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { formatProblem, readPolicy } from '../shared/policy/index.ts';
import { fileTrouble } from './cli/usage.ts';
import { createResolver, type DnsResolver } from './dns/resolver.ts';
import { type DnsServer, startDns } from './dns/server.ts';
import { loadZone, type Zone } from './dns/zone.ts';
import { createFaults, type Faults, requireCallers } from './faults/faults.ts';
import { loadLiveRules } from './live-rules.ts';
import type { StartOptions } from './options.ts';
import type { Organization } from './organization.ts';
import { createSigner, type Signer } from './ses/sign.ts';
import { type Gateway, openGateway } from './smtp/gateway.ts';

async function requirePolicy(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new PermanentError(
      `the policy: ${fileTrouble('read', file, error).message}; name another with --policy`,
    );
  });
  const parsed = await readPolicy(text, file);
  if (!parsed.ok)
    throw new PermanentError(parsed.problems.map((problem) => formatProblem(problem)).join('\n'));
}

/** What everything else stands on. */
export interface Ground {
  readonly options: StartOptions;
  /** Its rules are those of the file, also when that changes. */
  readonly organization: Organization;
  readonly ruleNotices: () => readonly string[];
  readonly zone: Zone;
  readonly dns: DnsServer;
  readonly resolver: DnsResolver;
  readonly signer: Signer;
  /** Absent: what rules send to a gateway is kept as a file. */
  readonly gateway?: Gateway;
  readonly faults: Faults;
  readonly log: Log;
}

/** With `--dns system` the zone is still asked first: the organization's own DKIM keys are nowhere else. */
function resolverOf(options: StartOptions, dnsPort: number): DnsResolver {
  const zone = createResolver(`127.0.0.1:${dnsPort}`);
  if (options.dns === 'zone') return zone;
  const system = createResolver('system');
  return (name, type) => zone(name, type).catch(() => system(name, type));
}

/** @throws PermanentError for a policy, organization or zone that is wrong; the system's error for a port that is taken. */
export async function openGround(options: StartOptions, log: Log): Promise<Ground> {
  await requirePolicy(options.policy);
  const { organization, notices } = await loadLiveRules(options.organization, log);
  requireCallers(options.faults, organization.functions);
  const zone = await loadZone(options.zone);
  const directory = join(options.data, 'keys');
  const { region, domains, smtpGateway } = organization;
  const toGateway =
    smtpGateway === undefined || smtpGateway === 'sink'
      ? {}
      : { gateway: await openGateway(smtpGateway, options.organization) };
  const signer = await createSigner({ domains, directory, zone, region, now: () => new Date() });
  const dns = await startDns({ zone, port: options.dnsPort });
  const resolver = resolverOf(options, dns.port);
  const faults = createFaults(options.faults);
  return {
    options,
    organization,
    ruleNotices: notices,
    zone,
    dns,
    resolver,
    signer,
    ...toGateway,
    faults,
    log,
  };
}
