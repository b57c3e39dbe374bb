/** One stand-in with some mail in its log, and the doctor before it: what the tests break, they mend again. */
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { WorkMailClient } from '@aws-sdk/client-workmail';
import { type Clients, openClients } from '../../../local/doctor/clients.ts';
import { type DoctorOptions, diagnose } from '../../../local/doctor/doctor.ts';
import type { Finding } from '../../../local/doctor/finding.ts';
import { parseRuleFile, type RuleSet } from '../../../local/flow/rule-file.ts';
import { MANIFEST_FILE, writeManifest } from '../../../local/package/manifest.ts';
import { sendMail } from '../../support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../../support/stand-in.ts';

export const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const ROOT = resolve(import.meta.dirname, '../../..');
export const DIST = join(ROOT, 'dist');
const SAMPLE = join(ROOT, 'local/sample');
export const SAMPLE_POLICY = readFileSync(join(SAMPLE, 'policy.yaml'), 'utf8');

const MAILFLOW = (name: string, fallback: string) =>
  `  - { name: ${name}, action: runLambda, function: mailflow, mode: synchronous, senders: "*", recipients: "*", fallback: ${fallback}, ruleTimeoutMinutes: 60 }`;

/** The rules of local/sample/organization.yaml, as an administrator would write them down; more may be added. */
export function rulesText(more: { readonly inbound?: string; readonly fallback?: string } = {}): string {
  const inbound = [
    MAILFLOW('mailflow', more.fallback ?? 'junk'),
    ...(more.inbound === undefined ? [] : [more.inbound]),
  ];
  return ['inbound:', ...inbound, 'outbound:', MAILFLOW('mailflow', 'default'), ''].join('\n');
}

export function rules(text = rulesText()): RuleSet {
  const parsed = parseRuleFile(text, 'rules.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ruleSet;
}

/** Sends a message in and one out, so that the event log has both rules. */
export async function sendBothWays(standIn: RunningStandIn): Promise<void> {
  await sendMail({
    port: standIn.ports.smtp,
    mailFrom: 'ann@good.example',
    recipients: ['alice@example.com'],
    data: 'From: ann@good.example\r\nTo: alice@example.com\r\nSubject: in\r\n\r\nHi.\r\n',
  });
  await sendMail({
    port: standIn.ports.submission,
    mailFrom: 'alice@example.com',
    recipients: ['ann@good.example'],
    data: 'From: alice@example.com\r\nTo: ann@good.example\r\nSubject: out\r\n\r\nHi.\r\n',
    login: { user: 'alice@example.com', password: 'alice' },
  });
  await settled(standIn, 'in');
  await settled(standIn, 'out');
}

/** What is changed with, as an administrator would. */
export interface Administrator {
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly workmail: WorkMailClient;
  readonly logs: CloudWatchLogsClient;
  readonly ses: SESv2Client;
}

export interface World {
  readonly standIn: RunningStandIn;
  readonly endpoint: string;
  /** Holds a manifest of the code that runs. */
  readonly packageDir: string;
  /** The policy of the stand-in's functions, to be written over. */
  readonly policyFile: string;
  readonly administrator: Administrator;
  close(): Promise<void>;
}

function administratorAt(endpoint: string): Administrator {
  const config = { region: REGION, endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    lambda: new LambdaClient(config),
    workmail: new WorkMailClient(config),
    logs: new CloudWatchLogsClient(config),
    ses: new SESv2Client(config),
  };
}

/**
 * A manifest that says of each zip what Lambda says: whoever compares with it fetches and unpacks no code, which is most
 * of the time that the doctor takes. What is compared with the bundles is shown by the tests of the command.
 */
async function manifestOf(lambda: LambdaClient, folder: string): Promise<void> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const handlers = Functions.map(({ FunctionName = '', CodeSha256 = '', CodeSize = 0 }) => {
    const packaged = { zip: `${FunctionName}.zip`, zipBytes: CodeSize, codeSha256: CodeSha256, files: {} };
    return [FunctionName, packaged] as const;
  });
  mkdirSync(folder);
  writeFileSync(join(folder, MANIFEST_FILE), writeManifest(new Map(handlers)));
}

/** Starts a stand-in and sends the two messages; the doctor of this process gets credentials for it. */
export async function openWorld(): Promise<World> {
  const data = newDataFolder();
  const policyFile = join(data, 'policy.yaml');
  writeFileSync(policyFile, SAMPLE_POLICY);
  cpSync(join(SAMPLE, 'calendars'), join(data, 'calendars'), { recursive: true });
  const standIn = await startStandIn(data, ['--policy', policyFile, '--concurrency', '1']);
  const endpoint = `http://127.0.0.1:${standIn.ports.aws}`;
  const administrator = administratorAt(endpoint);
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  await sendBothWays(standIn);
  const packageDir = join(data, 'package');
  await manifestOf(administrator.lambda, packageDir);
  return {
    standIn,
    endpoint,
    packageDir,
    policyFile,
    administrator,
    close: async () => {
      for (const client of Object.values(administrator)) client.destroy();
      await standIn.stop();
      removeFolder(data);
    },
  };
}

export type Overrides = Partial<Omit<DoctorOptions, 'clients'>>;

/** Asks as an administrator does, over the real clients; `endpoint` may be before the stand-in's own. */
export async function findings(
  { endpoint, packageDir }: Pick<World, 'endpoint' | 'packageDir'>,
  overrides: Overrides = {},
): Promise<readonly Finding[]> {
  const region = overrides.region ?? REGION;
  const clients: Clients = openClients(region, endpoint);
  try {
    const diagnosis = await diagnose({
      clients,
      organizationId: ORGANIZATION,
      region,
      stackName: 'mailroom',
      distDir: packageDir,
      logGroup: undefined,
      rules: rules(),
      nowMs: Date.now(),
      ...overrides,
    });
    return diagnosis.findings;
  } finally {
    clients.close();
  }
}

/** `id (subject)` of what is not fine, with its level. */
export function troubles(all: readonly Finding[]): readonly string[] {
  return all
    .filter(({ level }) => level !== 'ok')
    .map(({ id, level, subject }) => `${level} ${id} (${subject})`);
}

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/** What IAM would say to a call: stands before the stand-in and denies, cuts or delays the calls that `how` names. */
export async function proxyTo(
  port: number,
  how: (incoming: IncomingMessage) => 'deny' | 'cut' | undefined,
): Promise<Proxy> {
  const server: Server = createServer((incoming, outgoing) => {
    const verdict = how(incoming);
    if (verdict === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (verdict === 'deny') {
      incoming.resume();
      const body = JSON.stringify({ __type: 'AccessDeniedException', message: 'not authorized' });
      outgoing.writeHead(403, {
        'x-amzn-errortype': 'AccessDeniedException',
        'content-type': 'application/json',
      });
      outgoing.end(body);
      return;
    }
    const { method, url, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
