/** What AWS is in the stand-in: the endpoints that functions call, and the functions themselves. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFreeBusyService, type FreeBusyService } from './availability/service.ts';
import { type OpenControl, openControl } from './aws/control/open.ts';
import type { ApiSender } from './aws/control/ses-send.ts';
import { type AwsServer, startAws } from './aws/server.ts';
import { loadParameters } from './function-settings.ts';
import type { Ground } from './ground.ts';
import { rightsOfFunctions } from './iam/function-rights.ts';
import { createLambdaHost } from './lambda/host.ts';
import { createRemoteInvoker } from './lambda/remote.ts';
import { ROOT } from './options.ts';
import type { InTransit, LambdaInvoker } from './types.ts';

const REWRITE_BUCKET = 'mailroom-rewrite';
const JOURNAL_BUCKET = 'mailroom-journal';
const KEEP_BUCKET = 'mailroom-keep';
const MARK_KEY_BYTES = 32;

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

/** What the template gives to a function, in the stand-in's own places. A function that it does not have gets everything. */
function functionSettings(
  { options, organization, dns }: Ground,
  markKey: string,
  variables: Readonly<Record<string, string>> = {
    MAILROOM_REWRITE_BUCKET: REWRITE_BUCKET,
    MAILROOM_JOURNAL_BUCKET: JOURNAL_BUCKET,
    MAILROOM_KEEP_BUCKET: KEEP_BUCKET,
  },
): Readonly<Record<string, string>> {
  return {
    ...variables,
    POLICY_URI: options.policy,
    MAILROOM_ORGANIZATION_ID: organization.id,
    MAILROOM_MARK_KEY_URI: markKey,
    ...(options.dns === 'system' ? {} : { MAILROOM_DNS: `127.0.0.1:${dns.port}` }),
    ...options.settings,
  };
}

/** The account around the organization, as an administrator of AWS sees and changes it. */
export async function openAccount(
  ground: Ground,
  invoker: LambdaInvoker,
  send: ApiSender,
): Promise<OpenControl> {
  const { options, organization } = ground;
  const markKey = await markKeyFile(options.data);
  return openControl({
    dataDir: options.data,
    organization,
    root: ROOT,
    distDir: options.dist ?? join(ROOT, 'dist'),
    policyFile: options.policy,
    environmentOf: (variables) => functionSettings(ground, markKey, variables),
    buckets: { RewriteBucket: REWRITE_BUCKET, JournalBucket: JOURNAL_BUCKET, KeepBucket: KEEP_BUCKET },
    parameters: options.templateParameters,
    invoker,
    send,
  });
}

/** Opens the endpoints. */
export async function openAws(
  ground: Ground,
  inTransit: InTransit,
  { control, deploy, stack, callers }: OpenControl,
): Promise<AwsServer> {
  const { options, organization, faults, log } = ground;
  const { putReads, immutableHeaders } = organization.assumptions;
  return startAws({
    control,
    deploy,
    ...(options.permissions === 'none' ? {} : { rights: rightsOfFunctions(stack, organization.functions) }),
    faults,
    secrets: { parameters: await loadParameters(options.parameters) },
    putReads,
    immutableHeaders,
    dataDir: options.data,
    inTransit,
    region: organization.region,
    account: organization.account,
    organization: organization.id,
    port: options.awsPort,
    bind: options.awsBind,
    allowHosts: options.awsAllowHosts,
    buckets: [REWRITE_BUCKET, JOURNAL_BUCKET, KEEP_BUCKET],
    functions: { invoker: callers.administrator, names: organization.functions.map((each) => each.name) },
    log,
  });
}

/** The free/busy times of other domains, asked as the account is set. */
export function openFreeBusy({ options }: Ground, account: OpenControl): FreeBusyService {
  const { organization, availability: settings, callers } = account;
  const { data: dataDir, timeScale } = options;
  const invoker = callers.availability;
  return createFreeBusyService({ organization, settings, invoker, dataDir, timeScale, now: Date.now });
}

type OpenInvoker = LambdaInvoker & {
  readonly close: () => Promise<void> | void;
  readonly warm?: () => Promise<void>;
};

/** Opens the functions: those built here, or those that answer elsewhere. */
export async function openFunctions(
  ground: Ground,
  account: OpenControl,
  awsUrl: string,
): Promise<OpenInvoker> {
  const { options, organization } = ground;
  const { region } = organization;
  if (options.lambdaEndpoint !== undefined)
    return createRemoteInvoker({ endpoint: options.lambdaEndpoint, region });
  return createLambdaHost({
    functions: organization.functions,
    distDir: options.dist ?? join(ROOT, 'dist'),
    environmentOf: (name) => ({
      ...account.environments.get(name),
      AWS_ENDPOINT_URL: awsUrl,
      AWS_ENDPOINT_URL_S3: awsUrl,
    }),
    region,
    account: organization.account,
    concurrency: options.concurrency,
  });
}
