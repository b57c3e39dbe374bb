/** Amazon WorkMail's own API, as far as settings that Mailroom depends on are read or changed there. */

import type { Answer } from '../exchange.ts';
import { type JsonObject, jsonAnswer, jsonError } from '../json.ts';
import type { Account } from './account.ts';
import { AVAILABILITY_OPERATIONS, type AvailabilitySubject } from './availability.ts';
import { DIRECTORY_OPERATIONS } from './directory.ts';
import { type Operations, textOf } from './json-call.ts';

export const WORKMAIL_TARGET = 'WorkMailService';

/** The answer for whoever names another organization; undefined when it is ours. */
function foreign(account: Account, input: JsonObject): Answer | undefined {
  const id = textOf(input, 'OrganizationId');
  if (id === account.organization.id) return undefined;
  return jsonError(
    400,
    'OrganizationNotFoundException',
    `Organization ${id ?? ''} not found in ${account.organization.region}.`,
  );
}

function domainsOf(account: Account): readonly string[] {
  const { alias, domains } = account.organization;
  return [...domains, `${alias}.awsapps.com`];
}

function describeOrganization({ account }: AvailabilitySubject): Answer {
  const { id, alias, region, account: number, domains } = account.organization;
  return jsonAnswer(200, {
    OrganizationId: id,
    Alias: alias,
    State: 'Active',
    DirectoryType: 'VpcDirectory',
    DefaultMailDomain: domains[0] ?? `${alias}.awsapps.com`,
    CompletedDate: account.createdMs / 1000,
    ARN: `arn:aws:workmail:${region}:${number}:organization/${id}`,
    InteroperabilityEnabled: false,
  });
}

function listOrganizations({ account }: AvailabilitySubject): Answer {
  const { id, alias, domains } = account.organization;
  const summary = { OrganizationId: id, Alias: alias, DefaultMailDomain: domains[0], State: 'Active' };
  return jsonAnswer(200, { OrganizationSummaries: [summary] });
}

function listMailDomains({ account }: AvailabilitySubject): Answer {
  const domains = domainsOf(account).map((name, index) => ({ DomainName: name, DefaultDomain: index === 0 }));
  return jsonAnswer(200, { MailDomains: domains });
}

function getMailDomain({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const name = textOf(input, 'DomainName') ?? '';
  const index = domainsOf(account).indexOf(name);
  if (index === -1) return jsonError(400, 'MailDomainNotFoundException', `Domain ${name} not found.`);
  const status = account.state().identities.includes(name) ? 'VERIFIED' : 'FAILED';
  return jsonAnswer(200, {
    Records: [],
    IsTestDomain: name.endsWith('.awsapps.com'),
    IsDefault: index === 0,
    OwnershipVerificationStatus: status,
    DkimVerificationStatus: status,
  });
}

function describeDmarc({ account }: AvailabilitySubject): Answer {
  return jsonAnswer(200, { Enforced: account.state().dmarcEnforced });
}

function putDmarc({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const enforced = input['Enforced'];
  if (typeof enforced !== 'boolean')
    return jsonError(400, 'InvalidParameterException', 'Enforced is true or false.');
  account.change({ dmarcEnforced: enforced });
  return jsonAnswer(200, {});
}

const OF_ONE_ORGANIZATION: Operations<AvailabilitySubject> = {
  DescribeOrganization: describeOrganization,
  ListMailDomains: listMailDomains,
  GetMailDomain: getMailDomain,
  DescribeInboundDmarcSettings: describeDmarc,
  PutInboundDmarcSettings: putDmarc,
  ...AVAILABILITY_OPERATIONS,
  ...DIRECTORY_OPERATIONS,
};

/** Each operation but ListOrganizations names its organization. */
export const WORKMAIL_OPERATIONS: Operations<AvailabilitySubject> = {
  ListOrganizations: listOrganizations,
  ...Object.fromEntries(
    Object.entries(OF_ONE_ORGANIZATION).map(([name, operation]) => [
      name,
      (subject: AvailabilitySubject, input: JsonObject) =>
        foreign(subject.account, input) ?? operation(subject, input),
    ]),
  ),
};
