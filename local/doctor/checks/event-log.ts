/** WorkMail's email event log: where it is, whether it is written, how long it is kept. Without it nobody can say why a message went where. */
import {
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  type LogGroup,
} from '@aws-sdk/client-cloudwatch-logs';
import { possibleEventLogGroups } from '../../event-log/index.ts';
import { type Asked, allPages, answerOf, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import type { Deployed } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The week that is looked back upon. */
export const LOOK_BACK_DAYS = 7;
/** The guide's own default. */
const USUAL_DAYS = 30;
/** FilterLogEvents may answer with empty pages for a while. */
const MAX_PAGES = 20;

export interface EventLogFindings {
  readonly findings: readonly Finding[];
  /** The group that was found. */
  readonly group: string | undefined;
}

function findGroup(clients: Clients, name: string): Promise<Asked<LogGroup | undefined>> {
  return ask('logs:DescribeLogGroups', async (abortSignal) => {
    const groups = await allPages(async (token) => {
      const input = { logGroupNamePrefix: name, ...(token === undefined ? {} : { nextToken: token }) };
      const page = await clients.logs.send(new DescribeLogGroupsCommand(input), { abortSignal });
      return { items: page.logGroups ?? [], token: page.nextToken };
    });
    return groups.find(({ logGroupName }) => logGroupName === name);
  });
}

/** Messages of the group's lines that hold every one of the terms, in the last days. */
export function findLines(
  clients: Clients,
  group: string,
  terms: readonly string[],
  sinceMs: number,
  limit: number,
): Promise<Asked<readonly string[]>> {
  return ask('logs:FilterLogEvents', async (abortSignal) => {
    const lines: string[] = [];
    let token: string | undefined;
    const filterPattern = terms.map((term) => `"${term.replace(/["\\]/g, '\\$&')}"`).join(' ');
    for (let count = 0; count < MAX_PAGES && lines.length < limit; count += 1) {
      const page = await clients.logs.send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: sinceMs,
          limit: limit - lines.length,
          ...(filterPattern === '' ? {} : { filterPattern }),
          ...(token === undefined ? {} : { nextToken: token }),
        }),
        { abortSignal },
      );
      lines.push(...(page.events ?? []).map(({ message }) => message ?? ''));
      token = page.nextToken;
      if (token === undefined) break;
    }
    return lines;
  });
}

async function receiving(clients: Clients, group: string, nowMs: number): Promise<Finding> {
  const lines = await findLines(clients, group, [], nowMs - LOOK_BACK_DAYS * DAY_MS, 1);
  if (lines.kind !== 'answer') return unasked('event-log-receiving', group, lines);
  if (lines.value.length > 0)
    return ok('event-log-receiving', group, `Something was written in the last ${LOOK_BACK_DAYS} days.`);
  return warn(
    'event-log-receiving',
    group,
    `Nothing was written for ${LOOK_BACK_DAYS} days: no mail came, or the log is off.`,
    "Send a message. If nothing appears, switch the log on (WorkMail's console: Logging settings, Email flow log settings).",
  );
}

function retention(group: string, { retentionInDays: days }: LogGroup): Finding {
  if (days === undefined) return ok('event-log-retention', group, 'It is kept for ever.');
  const mend = `aws logs put-retention-policy --log-group-name ${group} --retention-in-days ${USUAL_DAYS}`;
  if (days < LOOK_BACK_DAYS)
    return fail(
      'event-log-retention',
      group,
      `It is kept for ${days === 1 ? '1 day' : `${days} days`}: when somebody asks for a message of last week it is gone.`,
      mend,
    );
  if (days < USUAL_DAYS) return warn('event-log-retention', group, `It is kept for ${days} days.`, mend);
  return ok('event-log-retention', group, `It is kept for ${days} days.`);
}

/** `given` is a group that the administrator chose; else both names of the guide are tried. */
export async function checkEventLog(
  clients: Clients,
  deployed: Deployed,
  given: string | undefined,
  nowMs: number,
): Promise<EventLogFindings> {
  const alias = answerOf(deployed.organization)?.Alias;
  const names = given === undefined ? (alias === undefined ? [] : possibleEventLogGroups(alias)) : [given];
  if (names.length === 0) {
    const finding = unknown(
      'event-log-group',
      'unknown',
      'The alias of the organization is not known.',
      'Give the name with --log-group.',
    );
    return { findings: [finding], group: undefined };
  }
  for (const name of names) {
    const asked = await findGroup(clients, name);
    if (asked.kind !== 'answer')
      return { findings: [unasked('event-log-group', name, asked)], group: undefined };
    if (asked.value === undefined) continue;
    const found = ok('event-log-group', name, 'It is there.');
    return {
      findings: [found, await receiving(clients, name, nowMs), retention(name, asked.value)],
      group: name,
    };
  }
  const missing = fail(
    'event-log-group',
    names.join(' or '),
    'There is no such log group: nobody can say why a message went where.',
    "Switch the log on (WorkMail's console: Logging settings, Email flow log settings), or give the group that you chose with --log-group.",
  );
  return { findings: [missing], group: undefined };
}
