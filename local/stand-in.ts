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
import { type AwsServer, startAws } from './aws/server.ts';
import { build } from './build.ts';
import { createResolver, type DnsResolver } from './dns/resolver.ts';
import { type DnsServer, startDns } from './dns/server.ts';
import { loadZone, type Zone } from './dns/zone.ts';
import { eitherInTransit, loadFixtures } from './fixtures.ts';
import { createFlow, type Flow } from './flow/flow.ts';
import { takeLock } from './flow/lock.ts';
import { createLambdaHost } from './lambda/host.ts';
import { createRemoteInvoker } from './lambda/remote.ts';
import { ROOT, type StartOptions } from './options.ts';
import { loadOrganization, type Organization } from './organization.ts';
import { startPage } from './page/server.ts';
import { receive } from './ses/receive.ts';
import { createSigner, SES_CLIENT, type Signer } from './ses/sign.ts';
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
  /** Accepts no more, lets what is under way reach a safe place, and ends every process. */
  stop(): Promise<void>;
}

/** What was opened, to be closed the other way round, also when a later part fails to open. */
function closers(): {
  readonly add: (close: () => Promise<void> | void) => void;
  readonly closeAll: () => Promise<void>;
} {
  const all: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => all.unshift(close),
    async closeAll() {
      for (const close of all.splice(0)) await close();
    },
  };
}

async function requirePolicy(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new PermanentError(`the policy cannot be read: ${String(error)}`);
  });
  const parsed = parsePolicy(text, file);
  if (!parsed.ok)
    throw new PermanentError(parsed.problems.map((problem) => formatProblem(problem)).join('\n'));
}

/** A key of this data folder's own: there is no default key. Made once, so that a restart still knows its marks. */
async function markKeyFile(data: string): Promise<string> {
  const file = join(data, 'mark.key');
  await writeFile(file, randomBytes(MARK_KEY_BYTES).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return file;
}

interface Ground {
  readonly options: StartOptions;
  readonly organization: Organization;
  readonly zone: Zone;
  readonly dns: DnsServer;
  readonly resolver: DnsResolver;
  readonly signer: Signer;
  readonly log: Log;
}

/** With `--dns system` the zone is still asked first: the organization's own DKIM keys are nowhere else. */
function resolverOf(options: StartOptions, dnsPort: number): DnsResolver {
  const zone = createResolver(`127.0.0.1:${dnsPort}`);
  if (options.dns === 'zone') return zone;
  const system = createResolver('system');
  return (name, type) => zone(name, type).catch(() => system(name, type));
}

async function openGround(options: StartOptions, log: Log): Promise<Ground> {
  await requirePolicy(options.policy);
  const organization = await loadOrganization(options.organization);
  const zone = await loadZone(options.zone);
  const directory = join(options.data, 'keys');
  const { region, domains } = organization;
  const signer = await createSigner({ domains, directory, zone, region, now: () => new Date() });
  const dns = await startDns({ zone, port: options.dnsPort });
  const resolver = resolverOf(options, dns.port);
  return { options, organization, zone, dns, resolver, signer, log };
}

function openFlow(ground: Ground, lambda: LambdaInvoker): Flow {
  const { options, organization, resolver, signer } = ground;
  return createFlow({
    organization,
    dataDir: options.data,
    lambda,
    sign: (bytes, fromDomain) => signer.sign(bytes, fromDomain),
    envelopeSender: (signed) => signer.envelopeSender(signed),
    sesClient: SES_CLIENT,
    receive: (delivery) =>
      receive({ ...delivery, resolver, region: organization.region, now: new Date(), id: randomUUID() }),
    now: Date.now,
    timeScale: 1 / options.timeScale,
    concurrency: options.concurrency * MESSAGES_PER_PROCESS,
  });
}

function openAws(ground: Ground, inTransit: InTransit, invoker: LambdaInvoker): Promise<AwsServer> {
  const { options, organization, log } = ground;
  return startAws({
    dataDir: options.data,
    inTransit,
    region: organization.region,
    account: organization.account,
    port: options.awsPort,
    bind: options.awsBind,
    allowHosts: options.awsAllowHosts,
    buckets: [REWRITE_BUCKET, JOURNAL_BUCKET],
    functions: { invoker, names: organization.functions.map((each) => each.name) },
    log,
  });
}

type OpenInvoker = LambdaInvoker & {
  readonly close: () => Promise<void> | void;
  readonly warm?: () => Promise<void>;
};

async function openFunctions(ground: Ground, awsUrl: string): Promise<OpenInvoker> {
  const { options, organization } = ground;
  const { region, account } = organization;
  if (options.lambdaEndpoint !== undefined)
    return createRemoteInvoker({ endpoint: options.lambdaEndpoint, region });
  return createLambdaHost({
    functions: organization.functions,
    distDir: options.dist ?? join(ROOT, 'dist'),
    environment: {
      POLICY_URI: options.policy,
      MAILROOM_ORGANIZATION_ID: organization.id,
      MAILROOM_REWRITE_BUCKET: REWRITE_BUCKET,
      MAILROOM_JOURNAL_BUCKET: JOURNAL_BUCKET,
      MAILROOM_MARK_KEY_URI: await markKeyFile(options.data),
      ...(options.dns === 'system' ? {} : { MAILROOM_DNS: `127.0.0.1:${ground.dns.port}` }),
      AWS_ENDPOINT_URL: awsUrl,
      AWS_ENDPOINT_URL_S3: awsUrl,
    },
    region,
    account,
    concurrency: options.concurrency,
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
    const flow = openFlow(ground, lambda);
    const inTransit =
      options.fixtures === undefined
        ? flow.inTransit
        : eitherInTransit(flow.inTransit, await loadFixtures(options.fixtures));
    const aws = await openAws(ground, inTransit, lambda);
    open.add(() => aws.close());
    const functions = await openFunctions(ground, aws.url);
    setInvoker(functions);
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
    return { ports, resumed, stop: open.closeAll };
  } catch (error) {
    await open.closeAll();
    throw error;
  }
}
