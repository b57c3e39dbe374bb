/**
 * The stand-in, put together: DNS, the AWS endpoints, the functions, the mail flow, both SMTP servers and the page.
 * Opened in this order, so that nothing is accepted before everything behind it is there; closed in reverse.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../shared/log.ts';
import type { OpenControl } from './aws/control/open.ts';
import { build } from './build.ts';
import { type Closers, closers } from './closers.ts';
import { openAccount, openAws, openFreeBusy, openFunctions } from './cloud.ts';
import { readReports } from './dmarc/report-files.ts';
import type { Faults } from './faults/faults.ts';
import { faultyInvoker } from './faults/invoker.ts';
import { eitherInTransit, loadFixtures } from './fixtures.ts';
import { createFlow, type Flow } from './flow/flow.ts';
import { takeLock } from './flow/lock.ts';
import { type Ground, openGround } from './ground.ts';
import type { StartOptions } from './options.ts';
import { type PageOptions, startPage } from './page/server.ts';
import { type ApiSenderOptions, createApiSender } from './ses/api-sender.ts';
import { receive } from './ses/receive.ts';
import { SES_CLIENT } from './ses/sign.ts';
import { startInbound } from './smtp/inbound.ts';
import type { SmtpListener } from './smtp/listener.ts';
import { startSubmission } from './smtp/submission.ts';
import type { InTransit } from './types.ts';
import { watchedInvoker } from './watched-invoker.ts';

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

function apiSenderOptions({ options, organization, resolver, signer }: Ground): ApiSenderOptions {
  const { region, assumptions } = organization;
  const { sesHeaders } = assumptions;
  return { directory: organization, signer, resolver, region, sesHeaders, dataDir: options.data };
}

/** Scripts and tests read the ports here; the file appears whole, and only once everything answers. */
async function publishPorts(data: string, ports: StandIn['ports']): Promise<void> {
  const file = join(data, 'ports.json');
  await writeFile(`${file}.new`, `${JSON.stringify(ports)}\n`);
  await rename(`${file}.new`, file);
}

/** What the Message Flow API reads: mail under way, and the fixtures where a folder of them is given. */
async function openInTransit({ fixtures }: StartOptions, flow: Flow): Promise<InTransit> {
  return fixtures === undefined
    ? flow.inTransit
    : eitherInTransit(flow.inTransit, await loadFixtures(fixtures));
}

interface Doors {
  readonly inbound: SmtpListener;
  readonly submission: SmtpListener;
}

/** Opens both SMTP servers. */
async function openDoors(ground: Ground, flow: Flow, open: Closers): Promise<Doors> {
  const { options, organization, resolver, log } = ground;
  const common = {
    directory: organization,
    spool: flow.spool,
    now: () => new Date(),
    newId: randomUUID,
    log,
  };
  const inbound = await startInbound({
    ...common,
    resolver,
    region: organization.region,
    sesHeaders: organization.assumptions.sesHeaders,
    port: options.smtpPort,
  });
  open.add(() => inbound.close());
  const submission = await startSubmission({ ...common, port: options.submissionPort });
  open.add(() => submission.close());
  return { inbound, submission };
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
    const sender = createApiSender(apiSenderOptions(ground));
    const account = await openAccount(ground, lambda, sender.send);
    const flow = openFlow(ground, account);
    sender.connect(flow.spool);
    const inTransit = await openInTransit(options, flow);
    const aws = await openAws(ground, inTransit, account);
    open.add(() => aws.close());
    const functions = await openFunctions(ground, account, aws.url);
    setInvoker(faultyInvoker(functions, ground.faults, ground.organization.functions));
    open.add(() => functions.close());
    await functions.warm?.();
    const { resumed } = await flow.start();
    open.add(() => flow.stop());
    const { inbound, submission } = await openDoors(ground, flow, open);
    const page = await startPage({
      archive: flow.archive,
      port: options.httpPort,
      smtpPort: inbound.port,
      notices: () => [...ground.ruleNotices(), ...notices()],
      freeBusy: openFreeBusy(ground, account),
      ...reportsIn(options.dmarcReports),
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

/** Read anew whenever somebody looks. */
function reportsIn(folder: string | undefined): Pick<PageOptions, 'reports'> {
  return folder === undefined ? {} : { reports: () => readReports([folder]).summary };
}
