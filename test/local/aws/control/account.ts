/** An account in this process, with the real clients before it: a stack as template.yaml makes it, no function behind it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { STSClient } from '@aws-sdk/client-sts';
import { WorkMailClient } from '@aws-sdk/client-workmail';
import { openControl } from '../../../../local/aws/control/open.ts';
import type { ApiMail } from '../../../../local/aws/control/ses-send.ts';
import type { Rights } from '../../../../local/aws/permissions.ts';
import type { Secrets } from '../../../../local/aws/secrets.ts';
import { loadOrganization } from '../../../../local/organization.ts';
import type { InvokeOutcome } from '../../../../local/types.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { CLIENT, type Stand, stand } from '../stand.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
const SAMPLE = join(ROOT, 'local/sample');
const HANDLERS = ['mailflow', 'rewrite', 'dmarc', 'journal', 'availability', 'reports'];

export const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
export const ACCOUNT = '123456789012';

export interface TestAccount {
  readonly stand: Stand;
  readonly dataDir: string;
  /** The code of the functions. */
  readonly distDir: string;
  readonly sts: STSClient;
  readonly workmail: WorkMailClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly cloudformation: CloudFormationClient;
  readonly ses: SESv2Client;
  /** What was sent through SES. */
  readonly sent: ApiMail[];
  /** Events that were given to functions. */
  readonly calls: { readonly name: string; readonly event: unknown }[];
  close(): Promise<void>;
}

export interface TestAccountOptions {
  readonly dataDir?: string;
  /** Lines to add to the sample's organization. */
  readonly change?: (organization: string) => string;
  readonly outcome?: InvokeOutcome;
  readonly region?: string;
  readonly secrets?: Secrets;
  /** Of functions, by name. */
  readonly rights?: Rights;
  /** Of every function, beside the organization's id. */
  readonly environment?: Readonly<Record<string, string>>;
}

const ANSWER: InvokeOutcome = {
  kind: 'answer',
  payload: { mailboxes: [] },
  bytes: 2,
  durationMs: 1,
  coldStart: false,
  logs: [],
};

/** A `dist/` of a few bytes for each function; one for all accounts of a file. */
let smallDist: string | undefined;

function distDir(): string {
  if (smallDist !== undefined) return smallDist;
  const dist = temporaryFolder('dist');
  for (const handler of HANDLERS) {
    mkdirSync(join(dist, handler));
    writeFileSync(join(dist, handler, 'index.mjs'), `export const handler = () => '${handler}';\n`);
  }
  smallDist = dist;
  return dist;
}

export async function testAccount(options: TestAccountOptions = {}): Promise<TestAccount> {
  const dataDir = options.dataDir ?? temporaryFolder('account');
  const organizationFile = join(dataDir, 'organization.yaml');
  const text = readFileSync(join(SAMPLE, 'organization.yaml'), 'utf8');
  writeFileSync(organizationFile, options.change?.(text) ?? text);
  const calls: { name: string; event: unknown }[] = [];
  const sent: ApiMail[] = [];
  const { control, deploy } = await openControl({
    dataDir,
    organization: await loadOrganization(organizationFile),
    root: ROOT,
    distDir: distDir(),
    policyFile: join(SAMPLE, 'policy.yaml'),
    environmentOf: () => ({ MAILROOM_ORGANIZATION_ID: ORGANIZATION, ...options.environment }),
    buckets: {
      RewriteBucket: 'mailroom-rewrite',
      JournalBucket: 'mailroom-journal',
      KeepBucket: 'mailroom-keep',
    },
    invoker: {
      invoke: async (name, event) => {
        calls.push({ name, event });
        return options.outcome ?? ANSWER;
      },
    },
    send: async (mail) => `id-${sent.push(mail)}`,
  });
  const { secrets, rights } = options;
  const running = await stand({
    dataDir,
    control,
    deploy,
    ...(secrets === undefined ? {} : { secrets }),
    ...(rights === undefined ? {} : { rights }),
  });
  const config = { ...CLIENT, region: options.region ?? CLIENT.region, endpoint: running.server.url };
  const clients = {
    sts: new STSClient(config),
    workmail: new WorkMailClient(config),
    lambda: new LambdaClient(config),
    logs: new CloudWatchLogsClient(config),
    cloudformation: new CloudFormationClient(config),
    ses: new SESv2Client(config),
  };
  return {
    ...clients,
    stand: running,
    dataDir,
    distDir: distDir(),
    calls,
    sent,
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      running.s3.destroy();
      await running.server.close();
    },
  };
}
