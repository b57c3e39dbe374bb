/** What is there: who asks, the organization, the stack and its functions. Gathered once; the checks read it. */
import {
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type Stack,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { type FunctionConfiguration, GetFunctionCommand, GetPolicyCommand } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { DescribeOrganizationCommand, type DescribeOrganizationResponse } from '@aws-sdk/client-workmail';
import { type PolicyDocument, readPolicyDocument } from '../iam/evaluate.ts';
import { type Asked, allPages, answerOf, ask, mapAnswer } from './ask.ts';
import type { Clients } from './clients.ts';

/** What WorkMail does with a function: calls it for a flow rule and waits or not, or asks it for free/busy times. */
export type Role = 'synchronous' | 'asynchronous' | 'availability';

/** By the logical ids of template.yaml. */
const ROLES: Readonly<Record<string, Role>> = {
  Mailflow: 'synchronous',
  Rewrite: 'synchronous',
  Dmarc: 'synchronous',
  Journal: 'asynchronous',
  Availability: 'availability',
};

export interface FunctionFacts {
  readonly logicalId: string;
  readonly role: Role;
  readonly name: string;
  readonly configuration: Asked<FunctionConfiguration>;
  /** Where its code can be fetched for some minutes. */
  readonly codeUrl: string | undefined;
  readonly policy: Asked<readonly PolicyDocument[]>;
}

export interface Target {
  readonly organizationId: string;
  readonly region: string;
  readonly stackName: string;
}

export interface Deployed extends Target {
  readonly identity: Asked<{ readonly account: string; readonly arn: string }>;
  readonly organization: Asked<DescribeOrganizationResponse>;
  readonly stack: Asked<Stack>;
  readonly functions: readonly FunctionFacts[];
  /** Of the organization, or of whoever asks when that is not known. */
  readonly account: string | undefined;
}

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:…` */
export function partsOfArn(
  arn: string | undefined,
): { readonly region: string; readonly account: string } | undefined {
  const [start, , , region, account] = (arn ?? '').split(':');
  return start === 'arn' && region !== undefined && account !== undefined ? { region, account } : undefined;
}

/** Why the settings of some function are not known; undefined when all are. */
export function settingsUnknown(
  functions: readonly FunctionFacts[],
): Exclude<Asked<unknown>, { kind: 'answer' }> | undefined {
  for (const { configuration } of functions) if (configuration.kind !== 'answer') return configuration;
  return undefined;
}

/** Every value that a variable has in the functions which have it. */
export function settingsOf(functions: readonly FunctionFacts[], variable: string): readonly string[] {
  const values = functions.flatMap(({ configuration }) => {
    const value = answerOf(configuration)?.Environment?.Variables?.[variable];
    return value === undefined || value === '' ? [] : [value];
  });
  return [...new Set(values)];
}

async function readPolicy(clients: Clients, name: string): Promise<Asked<readonly PolicyDocument[]>> {
  const asked = await ask('lambda:GetPolicy', async (abortSignal) => {
    const { Policy } = await clients.lambda.send(new GetPolicyCommand({ FunctionName: name }), {
      abortSignal,
    });
    return [readPolicyDocument(JSON.parse(Policy ?? '{}'))];
  });
  // Nobody was ever let in: a policy without a statement.
  return asked.kind === 'absent' ? { kind: 'answer', value: [] } : asked;
}

async function readFunction(
  clients: Clients,
  logicalId: string,
  role: Role,
  name: string,
): Promise<FunctionFacts> {
  const [found, policy] = await Promise.all([
    ask('lambda:GetFunction', (abortSignal) =>
      clients.lambda.send(new GetFunctionCommand({ FunctionName: name }), { abortSignal }),
    ),
    readPolicy(clients, name),
  ]);
  return {
    logicalId,
    role,
    name,
    configuration: mapAnswer(found, ({ Configuration = {} }) => Configuration),
    codeUrl: answerOf(found)?.Code?.Location,
    policy,
  };
}

function listResources(clients: Clients, stackName: string): Promise<Asked<readonly StackResourceSummary[]>> {
  return ask('cloudformation:ListStackResources', (abortSignal) =>
    allPages(async (token) => {
      const input = { StackName: stackName, ...(token === undefined ? {} : { NextToken: token }) };
      const page = await clients.cloudformation.send(new ListStackResourcesCommand(input), { abortSignal });
      return { items: page.StackResourceSummaries ?? [], token: page.NextToken };
    }),
  );
}

/** The stack and its functions. */
export async function readStack(
  clients: Clients,
  stackName: string,
): Promise<{ readonly stack: Asked<Stack>; readonly functions: readonly FunctionFacts[] }> {
  const [described, listed] = await Promise.all([
    ask('cloudformation:DescribeStacks', (abortSignal) =>
      clients.cloudformation.send(new DescribeStacksCommand({ StackName: stackName }), { abortSignal }),
    ),
    listResources(clients, stackName),
  ]);
  const stack = mapAnswer(described, ({ Stacks }): Stack | undefined => Stacks?.[0]);
  const present: Asked<Stack> =
    stack.kind !== 'answer'
      ? stack
      : stack.value === undefined
        ? { kind: 'absent', action: 'cloudformation:DescribeStacks', why: 'no such stack' }
        : { kind: 'answer', value: stack.value };
  const functions = (answerOf(listed) ?? []).flatMap(
    ({ LogicalResourceId, PhysicalResourceId, ResourceType }) => {
      const role = ROLES[LogicalResourceId ?? ''];
      if (ResourceType !== 'AWS::Lambda::Function' || role === undefined || PhysicalResourceId === undefined)
        return [];
      return [readFunction(clients, LogicalResourceId ?? '', role, PhysicalResourceId)];
    },
  );
  // Without the list nothing is known of the functions, whatever was said of the stack.
  const whole = listed.kind === 'answer' || present.kind !== 'answer' ? present : listed;
  return { stack: whole, functions: await Promise.all(functions) };
}

export async function readDeployed(clients: Clients, target: Target): Promise<Deployed> {
  const [identity, organization, { stack, functions }] = await Promise.all([
    ask('sts:GetCallerIdentity', async (abortSignal) => {
      const { Account = '', Arn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}), {
        abortSignal,
      });
      return { account: Account, arn: Arn };
    }),
    ask('workmail:DescribeOrganization', (abortSignal) =>
      clients.workmail.send(new DescribeOrganizationCommand({ OrganizationId: target.organizationId }), {
        abortSignal,
      }),
    ),
    readStack(clients, target.stackName),
  ]);
  const account = partsOfArn(answerOf(organization)?.ARN)?.account ?? answerOf(identity)?.account;
  return { ...target, identity, organization, stack, functions, account };
}
