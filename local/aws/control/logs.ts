/**
 * Amazon CloudWatch Logs: the groups of the functions and of WorkMail's event log, and reading from them. The event log
 * is the file that the stand-in writes, whatever becomes of its group; of the functions there is what they wrote since
 * the start.
 */
import type { Answer } from '../exchange.ts';
import { type JsonObject, jsonAnswer, jsonError } from '../json.ts';
import { type Account, type LogGroup, MAX_ENTRIES } from './account.ts';
import { type Operations, textOf } from './json-call.ts';
import { parseFilter } from './log-filter.ts';

export const LOGS_TARGET = 'Logs_20140328';

/** CloudWatch answers with at most 50 log groups, or 10,000 events, at a time. */
const GROUPS_PER_ANSWER = 50;
const EVENTS_PER_ANSWER = 10_000;

/** The days that PutRetentionPolicy takes. */
const RETENTION_DAYS: ReadonlySet<number> = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** One line of a log group. */
export interface LogLine {
  readonly timeMs: number;
  readonly message: string;
}

export interface LogsSubject {
  readonly account: Account;
  /** The lines of a group, oldest first. */
  readonly read: (group: string) => Promise<readonly LogLine[]>;
  readonly now: () => number;
}

function groupArn({ account }: LogsSubject, name: string): string {
  const { region, account: number } = account.organization;
  return `arn:aws:logs:${region}:${number}:log-group:${name}`;
}

function described(subject: LogsSubject, group: LogGroup): JsonObject {
  const arn = groupArn(subject, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdMs,
    ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass: 'STANDARD',
    storedBytes: 0,
  };
}

/** Where an answer goes on; 0 for the first. */
function offsetOf(input: JsonObject): number | undefined {
  const token = input['nextToken'];
  if (token === undefined) return 0;
  return typeof token === 'string' && /^\d{1,9}$/.test(token) ? Number(token) : undefined;
}

function invalid(message: string): Answer {
  return jsonError(400, 'InvalidParameterException', message);
}

function page<T>(all: readonly T[], offset: number, size: number): { page: readonly T[]; next: JsonObject } {
  const end = offset + size;
  return { page: all.slice(offset, end), next: end < all.length ? { nextToken: String(end) } : {} };
}

function numberIn(input: JsonObject, member: string, fallback: number): number {
  const value = input[member];
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

function describeLogGroups(subject: LogsSubject, input: JsonObject): Answer {
  const offset = offsetOf(input);
  if (offset === undefined) return invalid('The specified nextToken is invalid.');
  const prefix = textOf(input, 'logGroupNamePrefix') ?? '';
  const groups = subject.account.state().logGroups.filter(({ name }) => name.startsWith(prefix));
  const size = Math.min(numberIn(input, 'limit', GROUPS_PER_ANSWER), GROUPS_PER_ANSWER);
  const found = page(groups, offset, Math.max(1, size));
  return jsonAnswer(200, { logGroups: found.page.map((group) => described(subject, group)), ...found.next });
}

function groupNamed({ account }: LogsSubject, input: JsonObject): LogGroup | undefined {
  const name =
    textOf(input, 'logGroupName') ?? textOf(input, 'logGroupIdentifier')?.split(':log-group:').at(-1);
  return account.state().logGroups.find((group) => group.name === name);
}

function noSuchGroup(): Answer {
  return jsonError(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
}

async function filterLogEvents(subject: LogsSubject, input: JsonObject): Promise<Answer> {
  const group = groupNamed(subject, input);
  const offset = offsetOf(input);
  const filter = parseFilter(textOf(input, 'filterPattern') ?? '');
  if (group === undefined) return noSuchGroup();
  if (offset === undefined) return invalid('The specified nextToken is invalid.');
  if (filter === undefined) return invalid('Invalid filter pattern, or one that the stand-in does not know.');
  const from = numberIn(input, 'startTime', 0);
  const to = numberIn(input, 'endTime', Number.MAX_SAFE_INTEGER);
  const lines = (await subject.read(group.name)).filter(
    ({ timeMs, message }) => timeMs >= from && timeMs <= to && filter(message),
  );
  const size = Math.min(numberIn(input, 'limit', EVENTS_PER_ANSWER), EVENTS_PER_ANSWER);
  const found = page(lines, offset, Math.max(1, size));
  const events = found.page.map(({ timeMs, message }, index) => ({
    logStreamName: 'stand-in',
    timestamp: timeMs,
    message,
    ingestionTime: timeMs,
    eventId: String(offset + index),
  }));
  return jsonAnswer(200, { events, searchedLogStreams: [], ...found.next });
}

function putRetentionPolicy(subject: LogsSubject, input: JsonObject): Answer {
  const group = groupNamed(subject, input);
  const days = numberIn(input, 'retentionInDays', 0);
  if (group === undefined) return noSuchGroup();
  if (!RETENTION_DAYS.has(days)) return invalid(`${days} is not a number of days that can be set.`);
  replaceGroup(subject, group, { ...group, retentionDays: days });
  return jsonAnswer(200, {});
}

function replaceGroup({ account }: LogsSubject, group: LogGroup, by: LogGroup): void {
  account.change({ logGroups: account.state().logGroups.map((one) => (one === group ? by : one)) });
}

function createLogGroup({ account, now }: LogsSubject, input: JsonObject): Answer {
  const name = textOf(input, 'logGroupName') ?? '';
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) return invalid('logGroupName is not valid.');
  const { logGroups } = account.state();
  if (logGroups.some((group) => group.name === name))
    return jsonError(400, 'ResourceAlreadyExistsException', 'The specified log group already exists');
  if (logGroups.length >= MAX_ENTRIES)
    return jsonError(400, 'LimitExceededException', 'Resource limit exceeded.');
  account.change({ logGroups: [...logGroups, { name, createdMs: now() }] });
  return jsonAnswer(200, {});
}

function deleteLogGroup(subject: LogsSubject, input: JsonObject): Answer {
  const group = groupNamed(subject, input);
  if (group === undefined) return noSuchGroup();
  const { account } = subject;
  account.change({ logGroups: account.state().logGroups.filter((one) => one !== group) });
  return jsonAnswer(200, {});
}

export const LOGS_OPERATIONS: Operations<LogsSubject> = {
  DescribeLogGroups: describeLogGroups,
  FilterLogEvents: filterLogEvents,
  PutRetentionPolicy: putRetentionPolicy,
  CreateLogGroup: createLogGroup,
  DeleteLogGroup: deleteLogGroup,
};
