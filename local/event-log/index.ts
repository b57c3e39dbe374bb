/** The email event log: written by the mail flow, read by `mailroom log` and by the CloudWatch endpoint. */
export type { LoggedEvent, MailEvent } from './events.ts';
export { eventLogGroup, possibleEventLogGroups } from './group.ts';
export { readEvents } from './read.ts';
