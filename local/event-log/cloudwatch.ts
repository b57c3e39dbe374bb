/** Reads the email event log of a real organization from CloudWatch Logs, with the administrator's own credentials. */
import {
  type CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { LoggedEvent } from './events.ts';
import { parseEvent } from './read.ts';

/** A log of years must not fill the memory: about a gigabyte of ours. */
const MAX_EVENTS = 500_000;

/** Names of the SDK's errors that no second try mends, and what does. */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'these credentials lack logs:FilterLogEvents on the log group',
  CredentialsProviderError: 'there are no AWS credentials; give them as for the AWS CLI',
  UnrecognizedClientException: 'AWS does not know these credentials',
  ExpiredTokenException: 'the credentials have expired',
  InvalidSignatureException: 'AWS does not take the signature; look at the secret key and the clock',
  InvalidParameterException: 'the name of the log group is not valid',
};

/**
 * The events of the first of these groups that exists, oldest first.
 * @throws PermanentError when none exists, no region is set, the credentials do not suffice, or there are too many
 *   events; TemporaryError when CloudWatch does not answer.
 */
export async function readLogGroups(
  client: CloudWatchLogsClient,
  groups: readonly string[],
  sinceMs: number,
): Promise<readonly LoggedEvent[]> {
  await requireRegion(client);
  for (const group of groups) {
    const events = await readGroup(client, group, sinceMs);
    if (events !== undefined) return events.toSorted((a, b) => a.timeMs - b.timeMs);
  }
  throw new PermanentError(
    `there is no log group ${groups.join(' or ')}; is the event log switched on, and the name right?`,
  );
}

/** The SDK's own error for a region that is missing, or no host name, has no name to know it by. */
async function requireRegion(client: CloudWatchLogsClient): Promise<void> {
  const region = await client.config.region().catch(() => '');
  if (!/^[a-z0-9-]+$/.test(region))
    throw new PermanentError('say with --region where the organization is, as in us-east-1');
}

/** Undefined when there is no such group. */
async function readGroup(
  client: CloudWatchLogsClient,
  logGroupName: string,
  startTime: number,
): Promise<LoggedEvent[] | undefined> {
  const found: LoggedEvent[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await client.send(
        new FilterLogEventsCommand({
          logGroupName,
          // Before 1970 is no time to CloudWatch.
          startTime: Math.max(0, startTime),
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      for (const { message, timestamp } of page.events ?? []) {
        const event = message === undefined ? undefined : parseEvent(message, timestamp);
        if (event !== undefined) found.push(event);
      }
      if (found.length > MAX_EVENTS)
        throw new PermanentError(`there are more than ${MAX_EVENTS} events: ask for less with --since`);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw asOurs(error);
  }
  return found;
}

function asOurs(error: unknown): Error {
  if (error instanceof PermanentError) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  const remedy = REMEDIES[name];
  if (remedy !== undefined) return new PermanentError(`the log group cannot be read: ${remedy}`);
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  // Of the system, when there was no connection: ENOTFOUND, ECONNREFUSED.
  if (typeof code === 'string')
    return new TemporaryError(
      `CloudWatch cannot be reached (${code}): look at the network, and at the region`,
    );
  return new TemporaryError(`the log group cannot be read now: ${name}`);
}
