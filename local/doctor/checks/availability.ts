/** Free/busy times: a configuration for each domain that the policy names, and WorkMail's own test of it. */
import {
  type AvailabilityConfiguration,
  ListAvailabilityConfigurationsCommand,
  TestAvailabilityConfigurationCommand,
} from '@aws-sdk/client-workmail';
import type { Policy } from '../../../shared/policy/index.ts';
import { allPages, answerOf, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import type { Deployed } from '../deployed.ts';
import { type Finding, fail, ok, unasked, warn } from '../finding.ts';

/** The guide: custom availability providers exist in these regions. */
const REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2', 'eu-west-1']);

/** Domains of the mailboxes whose calendars the policy names. */
export function availabilityDomainsOf(policy: Policy): readonly string[] {
  const addresses = [...(policy.availability?.mailboxes.keys() ?? [])];
  return [...new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1)))];
}

function createCommand({ organizationId, functions }: Deployed, domain: string): string {
  const own = functions.find(({ role }) => role === 'availability');
  const arn = (own && answerOf(own.configuration)?.FunctionArn) ?? 'FUNCTION-ARN';
  return `aws workmail create-availability-configuration --organization-id ${organizationId} --domain-name ${domain} --lambda-provider LambdaArn=${arn}`;
}

function configured(deployed: Deployed, domain: string, all: readonly AvailabilityConfiguration[]): Finding {
  const found = all.find(({ DomainName }) => DomainName?.toLowerCase() === domain);
  const arn = found?.LambdaProvider?.LambdaArn;
  if (found === undefined)
    return fail(
      'availability-configured',
      domain,
      'The policy has calendars of this domain, and WorkMail does not know whom to ask: its users see no free/busy times.',
      createCommand(deployed, domain),
    );
  if (arn === undefined)
    return warn(
      'availability-configured',
      domain,
      'WorkMail asks an EWS server for this domain and not Mailroom, although the policy has calendars of it.',
      'Delete the configuration and create one with the function, or take the mailboxes out of the policy.',
    );
  const own = deployed.functions.filter(({ role }) => role === 'availability');
  // A function in another region belongs to another stack; WorkMail's test tells whether it answers.
  const isOurs = own.length === 0 || own.some(({ name }) => arn.includes(`:function:${name}`));
  if (isOurs)
    return ok('availability-configured', domain, `WorkMail asks ${arn.split(':function:').at(-1)}.`);
  return warn(
    'availability-configured',
    domain,
    `WorkMail asks another function, ${arn}.`,
    'If that is not meant, delete the configuration and create it again.',
  );
}

async function tested(clients: Clients, { organizationId }: Deployed, domain: string): Promise<Finding> {
  const asked = await ask('workmail:TestAvailabilityConfiguration', (abortSignal) => {
    const command = new TestAvailabilityConfigurationCommand({
      OrganizationId: organizationId,
      DomainName: domain,
    });
    return clients.workmail.send(command, { abortSignal });
  });
  if (asked.kind !== 'answer') return unasked('availability-test', domain, asked);
  if (asked.value.TestPassed === true)
    return ok('availability-test', domain, 'WorkMail asked the provider and had an answer.');
  return fail(
    'availability-test',
    domain,
    `WorkMail's own test fails: ${asked.value.FailureReason ?? 'no reason given'}`,
    'Look at "invoke-right" and "invoke-pinned" of the function above, and at the function\'s log.',
  );
}

function regionFinding(region: string): Finding {
  if (REGIONS.has(region))
    return ok('availability-region', region, 'Custom availability providers exist here.');
  return fail(
    'availability-region',
    region,
    'WorkMail has custom availability providers in us-east-1, us-west-2 and eu-west-1 only.',
    'Take "availability" out of the policy; an EWS provider works in every region.',
  );
}

export async function checkAvailability(
  clients: Clients,
  deployed: Deployed,
  policies: readonly Policy[],
): Promise<readonly Finding[]> {
  const domains = [...new Set(policies.flatMap(availabilityDomainsOf))];
  const hasProvider = deployed.functions.some(({ role }) => role === 'availability');
  if (domains.length === 0 && !hasProvider) return [];
  const asked = await ask('workmail:ListAvailabilityConfigurations', (abortSignal) =>
    allPages(async (token) => {
      const input = {
        OrganizationId: deployed.organizationId,
        ...(token === undefined ? {} : { NextToken: token }),
      };
      const page = await clients.workmail.send(new ListAvailabilityConfigurationsCommand(input), {
        abortSignal,
      });
      return { items: page.AvailabilityConfigurations ?? [], token: page.NextToken };
    }),
  );
  const region = regionFinding(deployed.region);
  if (asked.kind !== 'answer')
    return [region, unasked('availability-configured', deployed.organizationId, asked)];
  const findings = domains.map((domain) => configured(deployed, domain, asked.value));
  const present = domains.filter((domain) =>
    asked.value.some(({ DomainName }) => DomainName?.toLowerCase() === domain),
  );
  return [
    region,
    ...findings,
    ...(await Promise.all(present.map((domain) => tested(clients, deployed, domain)))),
  ];
}
