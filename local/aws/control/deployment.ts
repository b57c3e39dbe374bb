/** What is deployed, and how everything stands before anybody changes it: from the stack and the organization. */

import type { AvailabilityProvider } from '../../availability/settings.ts';
import type { ResolvedResource, ResolvedTemplate } from '../../template/resolve.ts';
import { isMap, type TemplateMap, type TemplateValue } from '../../template/types.ts';
import type { FunctionConfig } from '../../types.ts';
import type {
  AccountState,
  AvailabilitySetting,
  DeployedFunction,
  Deployment,
  LogGroup,
  Permission,
} from './account.ts';
import { awsappsIdentity } from './live-organization.ts';
import { handlerOf, STACK_NAME } from './stack.ts';

export interface DeploymentOptions {
  readonly stack: ResolvedTemplate;
  readonly template: string;
  readonly organization: Deployment['organization'] & {
    readonly functions: readonly FunctionConfig[];
    readonly availability?: readonly AvailabilityProvider[];
  };
  /** What the stand-in gives to each function, by its name, but for where it finds AWS. */
  readonly environments: Environments;
  readonly eventLog: { readonly group: string; readonly retentionDays: number } | undefined;
  readonly dmarcEnforced: boolean;
  /** Whether SES still has ALIAS.awsapps.com. */
  readonly awsappsDomain: boolean;
  /** Who is asked for the free/busy times of which domain. */
  readonly providers: readonly Pick<AvailabilitySetting, 'domain' | 'lambdaArn' | 'ews'>[];
  readonly nowMs: number;
}

function textIn(map: TemplateMap | undefined, name: string): string | undefined {
  const value: TemplateValue | undefined = map?.[name];
  return typeof value === 'string' ? value : undefined;
}

function ofType(stack: ResolvedTemplate, type: string): readonly ResolvedResource[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

export type Environments = ReadonlyMap<string, Readonly<Record<string, string>>>;

function functionResource(stack: ResolvedTemplate, handler: string): ResolvedResource | undefined {
  return ofType(stack, 'AWS::Serverless::Function').find(
    ({ properties }) => handlerOf(properties['CodeUri']) === handler,
  );
}

/** The variables that the template gives to the function of a handler; undefined when it has no such function. */
export function variablesOf(
  stack: ResolvedTemplate,
  handler: string,
): Readonly<Record<string, string>> | undefined {
  const resource = functionResource(stack, handler);
  if (resource === undefined) return undefined;
  const environment = resource.properties['Environment'];
  const variables = isMap(environment) ? environment['Variables'] : undefined;
  if (!isMap(variables)) return {};
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function eventInvokeOf(properties: TemplateMap | undefined): DeployedFunction['eventInvoke'] {
  const config = properties?.['EventInvokeConfig'];
  if (!isMap(config)) return undefined;
  const destination = isMap(config['DestinationConfig'])
    ? config['DestinationConfig']['OnFailure']
    : undefined;
  const onFailure = isMap(destination) ? textIn(destination, 'Destination') : undefined;
  return {
    maximumEventAgeSeconds: Number(config['MaximumEventAgeInSeconds'] ?? 21_600),
    maximumRetryAttempts: Number(config['MaximumRetryAttempts'] ?? 2),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}

function deployedFunction(config: FunctionConfig, options: DeploymentOptions): DeployedFunction {
  const resource = functionResource(options.stack, config.handler);
  const properties = resource?.properties;
  const architectures = properties?.['Architectures'];
  const eventInvoke = eventInvokeOf(properties);
  return {
    name: config.name,
    handler: config.handler,
    description: textIn(properties, 'Description') ?? '',
    runtime: textIn(properties, 'Runtime') ?? 'nodejs24.x',
    architecture: Array.isArray(architectures) ? String(architectures[0]) : 'arm64',
    timeoutSeconds: config.timeoutMs / 1000,
    memoryMb: config.memoryMb,
    environment: options.environments.get(config.name) ?? {},
    ...(eventInvoke === undefined ? {} : { eventInvoke }),
  };
}

/** `Ref` gives the name, `GetAtt` the ARN: a permission may have either. */
function functionNameOf(reference: string): string {
  return reference.split(':function:').at(-1) ?? reference;
}

/** Of the template's functions, by name. */
function templatePermissions(stack: ResolvedTemplate): ReadonlyMap<string, readonly Permission[]> {
  const all = new Map<string, readonly Permission[]>();
  for (const { logicalId, properties } of ofType(stack, 'AWS::Lambda::Permission')) {
    const name = functionNameOf(textIn(properties, 'FunctionName') ?? '');
    const sourceArn = textIn(properties, 'SourceArn');
    const sourceAccount = textIn(properties, 'SourceAccount');
    const permission = {
      sid: `${STACK_NAME}-${logicalId}`,
      action: textIn(properties, 'Action') ?? '',
      principal: textIn(properties, 'Principal') ?? '',
      ...(sourceArn === undefined ? {} : { sourceArn }),
      ...(sourceAccount === undefined ? {} : { sourceAccount }),
    };
    all.set(name, [...(all.get(name) ?? []), permission]);
  }
  return all;
}

/** For a function that somebody wrote beside the template, as its owner would let WorkMail in with `add-permission`. */
function ownPermissions({ id, region, account }: Deployment['organization']): readonly Permission[] {
  const pinned = {
    action: 'lambda:InvokeFunction',
    sourceArn: `arn:aws:workmail:${region}:${account}:organization/${id}`,
    sourceAccount: account,
  };
  return [
    { sid: 'workmail', principal: `workmail.${region}.amazonaws.com`, ...pinned },
    { sid: 'workmail-availability', principal: `availability.workmail.${region}.amazonaws.com`, ...pinned },
  ];
}

function permissionsOf({ stack, organization }: DeploymentOptions): AccountState['permissions'] {
  const given = templatePermissions(stack);
  const names = organization.functions.map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, given.get(name) ?? ownPermissions(organization)]));
}

function logGroupsOf(options: DeploymentOptions): readonly LogGroup[] {
  const { stack, organization, eventLog, nowMs } = options;
  const retention = new Map(
    ofType(stack, 'AWS::Logs::LogGroup').map(({ physicalName, properties }) => [
      physicalName,
      Number(properties['RetentionInDays'] ?? 0),
    ]),
  );
  const groups = organization.functions.map((one) => `/aws/lambda/${one.name}`);
  return [
    ...(eventLog === undefined
      ? []
      : [{ name: eventLog.group, retentionDays: eventLog.retentionDays, createdMs: nowMs }]),
    ...[...new Set([...groups, ...retention.keys()])].map((name) => {
      const days = retention.get(name) ?? 0;
      return { name, createdMs: nowMs, ...(days === 0 ? {} : { retentionDays: days }) };
    }),
  ];
}

export function deploymentOf(options: DeploymentOptions): Deployment {
  const { stack, template, organization, eventLog, nowMs } = options;
  const names = new Set(organization.functions.map((one) => one.name));
  const resources = [...stack.resources.values()]
    // A function of the template that the organization has not is not deployed here.
    .filter(({ type, physicalName }) => type !== 'AWS::Serverless::Function' || names.has(physicalName))
    .map(({ logicalId, type, physicalName }) => ({
      logicalId,
      physicalId: physicalName,
      type: type === 'AWS::Serverless::Function' ? 'AWS::Lambda::Function' : type,
    }));
  return {
    organization,
    functions: organization.functions.map((one) => deployedFunction(one, options)),
    stack: {
      name: STACK_NAME,
      template,
      parameters: Object.fromEntries(stack.parameters),
      resources,
      outputs: Object.fromEntries(stack.outputs),
    },
    eventLogGroup: eventLog?.group ?? '',
    createdMs: nowMs,
  };
}

export function initialState(options: DeploymentOptions): AccountState {
  const { organization } = options;
  const { domains } = organization;
  return {
    dmarcEnforced: options.dmarcEnforced,
    permissions: permissionsOf(options),
    availability: options.providers.map((one) => ({
      ...one,
      createdMs: options.nowMs,
      modifiedMs: options.nowMs,
    })),
    logGroups: logGroupsOf(options),
    identities: options.awsappsDomain ? [...domains, awsappsIdentity(organization)] : domains,
  };
}
