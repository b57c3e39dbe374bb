/**
 * The stand-in, put together: DNS, the AWS endpoints, the functions, the mail flow, both SMTP servers and the page.
 * Opened in this order, so that nothing is accepted before everything behind it is there; closed in reverse.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { formatProblem, parsePolicy } from '../shared/policy/index.ts';
import { createFreeBusyService, type FreeBusyService } from './availability/service.ts';
import { type OpenControl, openControl } from './aws/control/open.ts';
import { type AwsServer, startAws } from './aws/server.ts';
import { build } from './build.ts';
import { closers } from './closers.ts';
import { createResolver, type DnsResolver } from './dns/resolver.ts';
import { type DnsServer, startDns } from './dns/server.ts';
import { loadZone, type Zone } from './dns/zone.ts';
import { createFaults, type Faults } from './faults/faults.ts';
import { faultyInvoker } from './faults/invoker.ts';
import { eitherInTransit, loadFixtures } from './fixtures.ts';
import { createFlow, type Flow } from './flow/flow.ts';
import { takeLock } from './flow/lock.ts';
import { loadParameters } from './function-settings.ts';
import { rightsOfFunctions } from './iam/function-rights.ts';
import { createLambdaHost } from './lambda/host.ts';
import { createRemoteInvoker } from './lambda/remote.ts';
import { ROOT, type StartOptions } from './options.ts';
import { loadOrganization, type Organization } from './organization.ts';
import { startPage } from './page/server.ts';
import { receive } from './ses/receive.ts';
import { createSigner, SES_CLIENT, type Signer } from './ses/sign.ts';
import { type Gateway, openGateway } from './smtp/gateway.ts';
import { startInbound } from './smtp/inbound.ts';
import { startSubmission } from './smtp/submission.ts';
import type { InTransit, LambdaInvoker } from './types.ts';
import { watchedInvoker } from './watched-invoker.ts';

const REWRITE_BUCKET = 'mailroom-rewrite';
const JOURNAL_BUCKET = 'mailroom-journal';
const MARK_KEY_BYTES = 32;
/** Messages worked on at once: enough to keep every process of a function busy while others wait for the disk. */
const MESSAGES_PER_PROCESS = 4;

export interface StandIn {
  readonly ports: {
    readonly smtp: number;
    readonly submission: number;
    readonly http: number;
    readonly aws: number;
    readonly dns: number;
  };
  /** Messages that an earlier run had accepted and not finished. */
  readonly resumed: number;
  /** What goes wrong on purpose; it can be changed while everything runs. */
  readonly faults: Faults;
  /** Accepts no more, lets what is under way reach a safe place, and ends every process. */
  stop(): Promise<void>;
}

function openFlow(ground: Ground, { organization, callers }: OpenControl): Flow {
  const { options, resolver, signer, gateway } = ground;
  return createFlow({
    organization,
    dataDir: options.data,
    lambda: callers.flow,
    sign: (bytes, fromDomain) => signer.sign(bytes, fromDomain),
    envelopeSender: (signed) => signer.envelopeSender(signed),
    sesClient: SES_CLIENT,
    ...(gateway === undefined ? {} : { gateway }),
    receive: (delivery) =>
      receive({ ...delivery, resolver, region: organization.region, now: new Date(), id: randomUUID() }),
    now: Date.now,
    timeScale: 1 / options.timeScale,
    concurrency: options.concurrency * MESSAGES_PER_PROCESS,
  });
}

/** Scripts and tests read the ports here; the file appears whole, and only once everything answers. */
async function publishPorts(data: string, ports: StandIn['ports']): Promise<void> {
  const file = join(data, 'ports.json');
  await writeFile(`${file}.new`, `${JSON.stringify(ports)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Starts everything.
 * @throws PermanentError for a policy, organization or zone that is wrong, naming file and line, and for a data folder
 *   in use; the system's error for a port that is taken.
 */
export async function startStandIn(options: StartOptions, log: Log): Promise<StandIn> {
  const open = closers();
  try {
    if (options.dist === undefined && options.lambdaEndpoint === undefined) await build();
    await mkdir(options.data, { recursive: true });
    // Before anything looks into the folder: opening the objects of one that is in use would tidy up what is being written.
    open.add(takeLock(join(options.data, 'lock')));
    const ground = await openGround(options, log);
    open.add(() => ground.dns.close());
    const { lambda, setInvoker, notices } = watchedInvoker();
    const account = await openAccount(ground, lambda);
    const flow = openFlow(ground, account);
    const inTransit =
      options.fixtures === undefined
        ? flow.inTransit
        : eitherInTransit(flow.inTransit, await loadFixtures(options.fixtures));
    const aws = await openAws(ground, inTransit, account);
    open.add(() => aws.close());
    const functions = await openFunctions(ground, aws.url);
    setInvoker(faultyInvoker(functions, ground.faults, ground.organization.functions));
    open.add(() => functions.close());
    await functions.warm?.();
    const { resumed } = await flow.start();
    open.add(() => flow.stop());
    const common = {
      directory: ground.organization,
      spool: flow.spool,
      now: () => new Date(),
      newId: randomUUID,
      log,
    };
    const { resolver } = ground;
    const inbound = await startInbound({
      ...common,
      resolver,
      region: ground.organization.region,
      sesHeaders: ground.organization.assumptions.sesHeaders,
      port: options.smtpPort,
    });
    open.add(() => inbound.close());
    const submission = await startSubmission({ ...common, port: options.submissionPort });
    open.add(() => submission.close());
    const page = await startPage({
      archive: flow.archive,
      port: options.httpPort,
      smtpPort: inbound.port,
      notices,
      freeBusy: openFreeBusy(ground, account),
    });
    open.add(() => page.close());
    const ports = {
      smtp: inbound.port,
      submission: submission.port,
      http: page.port,
      aws: aws.port,
      dns: ground.dns.port,
    };
    await publishPorts(options.data, ports);
    open.add(() => rm(join(options.data, 'ports.json'), { force: true }));
    return { ports, resumed, faults: ground.faults, stop: open.closeAll };
  } catch (error) {
    await open.closeAll();
    throw error;
  }
}
