/** The stack that template.yaml makes for an organization of the stand-in: every part under the name that it has here. */
import { basename } from 'node:path';
import { readTemplate } from '../../template/read.ts';
import { type ResolvedTemplate, resolveTemplate } from '../../template/resolve.ts';
import { isMap } from '../../template/types.ts';
import type { FunctionConfig } from '../../types.ts';

export const STACK_NAME = 'mailroom';
/** Who notices come from in the stand-in, unless a parameter says otherwise. */
const NOTICES_FROM = 'mailroom';
/** Who reports to the owners of domains come from. */
const REPORTS_FROM = 'dmarc';

export interface StackOptions {
  /** The text of template.yaml. */
  readonly template: string;
  readonly organization: {
    readonly id: string;
    readonly region: string;
    readonly account: string;
    readonly domains?: readonly string[];
    readonly functions: readonly FunctionConfig[];
  };
  /** Names of the buckets, by their logical ids. */
  readonly buckets: Readonly<Record<string, string>>;
  /** Answers to the template's questions instead of those that fit the organization. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The template's switches, by the handler that each deploys. */
const SWITCHES: Readonly<Record<string, string>> = {
  mailflow: 'UseMailflow',
  rewrite: 'UseRewrite',
  dmarc: 'UseDmarc',
  journal: 'UseJournal',
  availability: 'UseAvailability',
};

/** What an administrator would answer to the template's questions to get what the organization has. */
function answers({
  id,
  functions,
  domains = [],
}: StackOptions['organization']): Readonly<Record<string, string>> {
  const isThere = (handler: string) => functions.some((one) => one.handler === handler);
  return {
    OrganizationId: id,
    PolicyUri: 's3://mailroom-policy/policy.yaml',
    PolicyArn: 'arn:aws:s3:::mailroom-policy/policy.yaml',
    MarkKeyParameter: 'mailroom-mark-key',
    // The stand-in's functions decide and act; the template's own default is to begin by watching.
    Mode: 'enforce',
    KeepMail: 'yes',
    UseKeep: 'yes',
    UseGroups: 'yes',
    ...(domains[0] === undefined ? {} : { NoticesFrom: `${NOTICES_FROM}@${domains[0]}` }),
    ...(domains[0] === undefined || !isThere('reports')
      ? {}
      : { ReportsFrom: `${REPORTS_FROM}@${domains[0]}` }),
    ...Object.fromEntries(
      Object.entries(SWITCHES).map(([handler, name]) => [name, isThere(handler) ? 'yes' : 'no']),
    ),
  };
}

/** Handler folder of a function of the template, from its CodeUri. */
export function handlerOf(codeUri: unknown): string | undefined {
  return typeof codeUri === 'string' ? basename(codeUri) : undefined;
}

/** Names by logical id: a function is known by its handler. */
function physicalNames(options: StackOptions): Readonly<Record<string, string>> {
  const names: Record<string, string> = { ...options.buckets };
  const resources = readTemplate(options.template)['Resources'];
  for (const [logicalId, resource] of Object.entries(isMap(resources) ? resources : {})) {
    const properties = isMap(resource) ? resource['Properties'] : undefined;
    const handler = isMap(properties) ? handlerOf(properties['CodeUri']) : undefined;
    const own = options.organization.functions.find((one) => one.handler === handler);
    if (own !== undefined) names[logicalId] = own.name;
  }
  return names;
}

/** Throws TemplateError, naming the place in the template. */
export function resolveStack(options: StackOptions): ResolvedTemplate {
  const { template, organization } = options;
  const declared = readTemplate(template)['Parameters'];
  const asked = Object.entries(answers(organization)).filter(
    ([name]) => isMap(declared) && declared[name] !== undefined,
  );
  return resolveTemplate(template, {
    parameters: { ...Object.fromEntries(asked), ...options.parameters },
    region: organization.region,
    account: organization.account,
    stackName: STACK_NAME,
    physicalNames: physicalNames(options),
  });
}
