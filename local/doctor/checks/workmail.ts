/** Settings of the organization itself: WorkMail's own DMARC enforcement, its domains, and SES's record of it. */
import { GetEmailIdentityCommand } from '@aws-sdk/client-sesv2';
import {
  DescribeInboundDmarcSettingsCommand,
  GetMailDomainCommand,
  ListMailDomainsCommand,
} from '@aws-sdk/client-workmail';
import { allPages, answerOf, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import type { Deployed } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';

async function checkDmarc(clients: Clients, { organizationId }: Deployed): Promise<Finding> {
  const asked = await ask('workmail:DescribeInboundDmarcSettings', async (abortSignal) => {
    const command = new DescribeInboundDmarcSettingsCommand({ OrganizationId: organizationId });
    return (await clients.workmail.send(command, { abortSignal })).Enforced === true;
  });
  if (asked.kind !== 'answer') return unasked('builtin-dmarc', organizationId, asked);
  if (!asked.value)
    return ok(
      'builtin-dmarc',
      organizationId,
      "WorkMail's own DMARC enforcement is off: Mailroom sees all mail.",
    );
  return fail(
    'builtin-dmarc',
    organizationId,
    "WorkMail's own DMARC enforcement is on: mail that fails is junked or dropped before any rule, and Mailroom's exceptions never see it.",
    `Switch it off (console: Organization settings, DMARC), or: aws workmail put-inbound-dmarc-settings --organization-id ${organizationId} --no-enforced`,
  );
}

async function checkDomain(clients: Clients, organizationId: string, domain: string): Promise<Finding> {
  const asked = await ask('workmail:GetMailDomain', (abortSignal) => {
    const command = new GetMailDomainCommand({ OrganizationId: organizationId, DomainName: domain });
    return clients.workmail.send(command, { abortSignal });
  });
  if (asked.kind !== 'answer') return unasked('domain-verified', domain, asked);
  const { OwnershipVerificationStatus: owner, DkimVerificationStatus: dkim, IsTestDomain } = asked.value;
  if (IsTestDomain === true)
    return ok('domain-verified', domain, 'It is the test domain, which AWS verifies.');
  const mend = "Set the DNS records that WorkMail's console lists for the domain (Domains, the domain).";
  if (owner !== 'VERIFIED')
    return fail(
      'domain-verified',
      domain,
      `It is not verified (${owner ?? 'unknown'}): it gets no mail.`,
      mend,
    );
  if (dkim !== 'VERIFIED')
    return warn('domain-verified', domain, `Its mail is not signed: DKIM is ${dkim ?? 'unknown'}.`, mend);
  return ok('domain-verified', domain, 'It is verified, and its mail is signed.');
}

async function checkDomains(clients: Clients, { organizationId }: Deployed): Promise<readonly Finding[]> {
  const asked = await ask('workmail:ListMailDomains', (abortSignal) =>
    allPages(async (token) => {
      const input = { OrganizationId: organizationId, ...(token === undefined ? {} : { NextToken: token }) };
      const page = await clients.workmail.send(new ListMailDomainsCommand(input), { abortSignal });
      return { items: page.MailDomains ?? [], token: page.NextToken };
    }),
  );
  if (asked.kind !== 'answer') return [unasked('domain-verified', organizationId, asked)];
  const names = asked.value.flatMap(({ DomainName }) => (DomainName === undefined ? [] : [DomainName]));
  return Promise.all(names.map((name) => checkDomain(clients, organizationId, name)));
}

async function checkIdentity(clients: Clients, deployed: Deployed): Promise<Finding> {
  const alias = answerOf(deployed.organization)?.Alias;
  if (alias === undefined)
    return unknown(
      'awsapps-identity',
      'SES',
      'The alias of the organization is not known.',
      'Mend "organization" first.',
    );
  const domain = `${alias}.awsapps.com`;
  const asked = await ask('ses:GetEmailIdentity', (abortSignal) =>
    clients.ses.send(new GetEmailIdentityCommand({ EmailIdentity: domain }), { abortSignal }),
  );
  if (asked.kind === 'answer')
    return ok('awsapps-identity', domain, "SES has it: WorkMail's own journaling can work.");
  if (asked.kind !== 'absent') return unasked('awsapps-identity', domain, asked);
  return fail(
    'awsapps-identity',
    domain,
    "SES has it no more: WorkMail's own journaling stops without it.",
    "Somebody deleted it in SES's console. Ask AWS Support to bring it back.",
  );
}

export async function checkWorkMail(clients: Clients, deployed: Deployed): Promise<readonly Finding[]> {
  const [dmarc, domains, identity] = await Promise.all([
    checkDmarc(clients, deployed),
    checkDomains(clients, deployed),
    checkIdentity(clients, deployed),
  ]);
  return [dmarc, ...domains, identity];
}
