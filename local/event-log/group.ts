/** Where WorkMail writes the email event log in CloudWatch. */
import type { Organization } from '../organization.ts';

/**
 * The name of the log's group. The guide has it twice and not alike: `/aws/workmail/emailevents/ALIAS` where the log
 * is switched on, `/aws/workmail/events/ALIAS` where it is queried.
 */
export function eventLogGroup({ alias, assumptions }: Pick<Organization, 'alias' | 'assumptions'>): string {
  return `/aws/workmail/${assumptions.eventLogGroup}/${alias}`;
}

/** Both names, for whoever looks for the group and does not know which it is. */
export function possibleEventLogGroups(alias: string): readonly string[] {
  return [`/aws/workmail/emailevents/${alias}`, `/aws/workmail/events/${alias}`];
}
