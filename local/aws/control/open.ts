/** The account of a running stand-in: its stack, its settings, its logs, and how they hold for the mail flow. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../../../shared/errors.ts';
import { readPolicy } from '../../../shared/policy/index.ts';
import { eventLogGroup, readEvents } from '../../event-log/index.ts';
import type { Organization } from '../../organization.ts';
import type { ResolvedTemplate } from '../../template/resolve.ts';
import { TemplateError } from '../../template/types.ts';
import type { LambdaInvoker } from '../../types.ts';
import type { JsonObject } from '../json.ts';
import type { Ground } from '../s3/ground.ts';
import { type AvailabilitySetting, openAccount } from './account.ts';
import { deployBuckets } from './buckets.ts';
import { type Control, createControl } from './control.ts';
import { deploymentOf, type Environments, initialState, variablesOf } from './deployment.ts';
import { createFunctionLogs, type FunctionLogs } from './function-logs.ts';
import { permittedInvoker } from './invoke-right.ts';
import { liveOrganization } from './live-organization.ts';
import type { LogLine } from './logs.ts';
import type { ApiSender } from './ses-send.ts';
import { resolveStack } from './stack.ts';

export interface OpenControlOptions {
  readonly dataDir: string;
  readonly organization: Organization;
  /** The folder that holds template.yaml. */
  readonly root: string;
  readonly distDir: string;
  readonly policyFile: string;
  /**
   * What a function is given, but for where it finds AWS. `variables` are those that the template has for it; undefined
   * for a function that the template does not have.
   */
  readonly environmentOf: (
    variables: Readonly<Record<string, string>> | undefined,
  ) => Readonly<Record<string, string>>;
  /** Names of the stack's buckets, by their logical ids. */
  readonly buckets: Readonly<Record<string, string>>;
  /** Parameters of the stack, instead of those that fit the organization. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly invoker: LambdaInvoker;
  /** Takes mail that is sent through SES. */
  readonly send?: ApiSender;
}

/** Who calls functions. What is written to their logs is kept, whoever called. */
export interface Callers {
  /** WorkMail for a flow rule, while the function lets it in. */
  readonly flow: LambdaInvoker;
  /** WorkMail for free/busy times, while the function lets it in. */
  readonly availability: LambdaInvoker;
  /** The administrator, who may. */
  readonly administrator: LambdaInvoker;
}

export interface OpenControl {
  /** The organization with the settings that calls change, as they are at the time of a look. */
  readonly organization: Organization;
  readonly callers: Callers;
  /** Who is asked for free/busy times, as it is set now. */
  readonly availability: () => readonly AvailabilitySetting[];
  readonly control: Control;
  /** template.yaml, worked out for this organization. */
  readonly stack: ResolvedTemplate;
  /** What each function is given, by its name, but for where it finds AWS. */
  readonly environments: Environments;
  /** Gives the buckets what the template says of them, once: what an administrator changes afterwards stays. */
  readonly deploy: (ground: Ground) => void;
}

type Provider = Pick<AvailabilitySetting, 'domain' | 'lambdaArn' | 'ews'>;

/** The organization's providers; where it says nothing, the function for the domains whose mailboxes the policy knows. */
async function providersOf(organization: Organization, policyFile: string): Promise<readonly Provider[]> {
  if (organization.availability !== undefined)
    return organization.availability.map(({ domain, lambdaArn, ewsEndpoint }) =>
      lambdaArn === undefined
        ? { domain, ews: { endpoint: ewsEndpoint, username: '' } }
        : { domain, lambdaArn },
    );
  const own = organization.functions.find((one) => one.handler === 'availability');
  if (own === undefined) return [];
  const parsed = await readPolicy(await readFile(policyFile, 'utf8'), policyFile);
  const mailboxes = parsed.ok ? [...(parsed.policy.availability?.mailboxes.keys() ?? [])] : [];
  const domains = new Set(mailboxes.map((address) => address.slice(address.lastIndexOf('@') + 1)));
  const lambdaArn = `arn:aws:lambda:${organization.region}:${organization.account}:function:${own.name}`;
  return [...domains].map((domain) => ({ domain, lambdaArn }));
}

/** What WorkMail sends when it tests a provider is not said: the two readings that the assumption has. */
function testEventOf(organization: Organization): JsonObject {
  if (organization.assumptions.testAvailabilityEvent === 'empty-object') return {};
  const now = Date.now();
  const email = organization.mailboxes[0] ?? '';
  return {
    requester: {
      email,
      userName: email.split('@')[0] ?? '',
      organization: organization.id,
      userId: '',
      origin: '',
    },
    mailboxes: [],
    window: { startDate: new Date(now).toISOString(), endDate: new Date(now + 3_600_000).toISOString() },
  };
}

const FUNCTION_GROUP = /^\/aws\/lambda\/([A-Za-z0-9_-]{1,64})$/;

function logReader(
  dataDir: string,
  group: string,
  functions: FunctionLogs,
): (name: string) => Promise<readonly LogLine[]> {
  return async (name) => {
    const called = FUNCTION_GROUP.exec(name)?.[1];
    if (called !== undefined) return functions.read(called);
    if (name !== group) return [];
    const events = await readEvents(dataDir);
    return events.map(({ timeMs, traceId, event }) => ({
      timeMs,
      message: JSON.stringify({ traceId, event }),
    }));
  };
}

/** @throws PermanentError that names the place in template.yaml, or the parameter, which is wrong. */
function stackOf(options: OpenControlOptions, template: string): ResolvedTemplate {
  const { organization, buckets, parameters = {} } = options;
  try {
    return resolveStack({ template, organization, buckets, parameters });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new PermanentError(`template.yaml: ${error.message}`);
  }
}

/** Throws PermanentError when template.yaml cannot be worked out. */
export async function openControl(options: OpenControlOptions): Promise<OpenControl> {
  const { dataDir, organization, distDir } = options;
  const template = await readFile(join(options.root, 'template.yaml'), 'utf8');
  const stack = stackOf(options, template);
  const environments = new Map(
    organization.functions.map(({ name, handler }) => [
      name,
      options.environmentOf(variablesOf(stack, handler)),
    ]),
  );
  const { native } = organization;
  const group = eventLogGroup(organization);
  const described = {
    stack,
    template,
    organization,
    environments,
    eventLog: native.eventLog === 'on' ? { group, retentionDays: native.eventLogRetentionDays } : undefined,
    dmarcEnforced: native.dmarcEnforcement === 'on',
    awsappsDomain: native.journaling?.awsappsDomain !== 'deleted',
    providers: await providersOf(organization, options.policyFile),
    nowMs: Date.now(),
  };
  const account = openAccount(dataDir, deploymentOf(described), initialState(described));
  const logs = createFunctionLogs(options.invoker, Date.now);
  const { invoker } = logs;
  return {
    organization: liveOrganization(organization, account),
    callers: {
      flow: permittedInvoker(account, 'flow', invoker),
      availability: permittedInvoker(account, 'availability', invoker),
      administrator: invoker,
    },
    availability: () => account.state().availability,
    control: createControl({
      account,
      distDir,
      invoker,
      testEvent: testEventOf(organization),
      readLog: logReader(dataDir, group, logs),
      ...(options.send === undefined ? {} : { send: options.send }),
    }),
    stack,
    environments,
    deploy: (ground) => {
      if (account.isNew) deployBuckets(ground, stack);
    },
  };
}
