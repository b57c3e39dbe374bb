/**
 * The event log in SQLite: one row for each event, and a view with a row for each address that an event names, so that
 * questions are short. `mailroom log` asks it in memory; `mailroom log sqlite FILE` leaves it as a file for other tools.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { PermanentError } from '../../shared/errors.ts';
import type { LoggedEvent } from './events.ts';

/** `event` is the JSON of the event alone; times are RFC 3339 in UTC, so that they sort as text. */
const SCHEMA = `
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  time TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  event_name TEXT NOT NULL,
  event TEXT NOT NULL CHECK (json_valid(event))
);
CREATE INDEX events_by_trace ON events (trace_id, event_name);
CREATE INDEX events_by_name ON events (event_name);
CREATE INDEX received_by_message_id ON events (json_extract(event, '$.messageId'))
  WHERE event_name = 'ORGANIZATION_EMAIL_RECEIVED';
CREATE VIEW recipients AS
  SELECT events.id, time, trace_id, event_name, lower(each.value) AS recipient
  FROM events, json_each(event, '$.recipients') AS each
  UNION ALL
  SELECT id, time, trace_id, event_name, lower(json_extract(event, '$.recipient'))
  FROM events WHERE json_extract(event, '$.recipient') IS NOT NULL
  UNION ALL
  SELECT id, time, trace_id, event_name, lower(json_extract(event, '$.bouncedRecipient.emailAddress'))
  FROM events WHERE json_extract(event, '$.bouncedRecipient.emailAddress') IS NOT NULL;
CREATE VIEW rule_actions AS
  SELECT events.id, time, trace_id, json_extract(event, '$.ruleName') AS rule,
    json_extract(event, '$.ruleType') AS rule_type,
    json_extract(action.value, '$.action') AS action, lower(each.value) AS recipient
  FROM events, json_each(event, '$.ruleActions') AS action, json_each(action.value, '$.recipients') AS each
  -- With a "+" it is no use to an index: that of the trace, where one is asked for, finds far fewer.
  WHERE +event_name = 'RULE_APPLIED';
`;

export type Row = Readonly<Record<string, string | number | null>>;

export interface EventDatabase {
  /** Rows of a SELECT with named parameters (`:who`). */
  all(sql: string, parameters?: Readonly<Record<string, SQLInputValue>>): readonly Row[];
  close(): void;
}

/**
 * Makes a database of the events.
 * @param path a file that does not exist yet; in memory when absent
 * @throws PermanentError when the file cannot be made
 */
export function openEventDatabase(events: readonly LoggedEvent[], path = ':memory:'): EventDatabase {
  try {
    const database = new DatabaseSync(path);
    fill(database, events);
    return {
      all: (sql, parameters = {}) =>
        database
          .prepare(sql)
          .all({ ...parameters })
          .map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)]))),
      close: () => database.close(),
    };
  } catch (error) {
    throw new PermanentError(
      `the database cannot be made: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}

/** In one transaction: a file that is there is there whole. */
function fill(database: DatabaseSync, events: readonly LoggedEvent[]): void {
  database.exec('BEGIN');
  database.exec(SCHEMA);
  const insert = database.prepare(
    'INSERT INTO events (time, trace_id, event_name, event) VALUES (?, ?, ?, ?)',
  );
  for (const { timeMs, traceId, eventName, event } of events) {
    insert.run(new Date(timeMs).toISOString(), traceId, eventName, JSON.stringify(event));
  }
  database.exec('COMMIT');
}

function plain(value: unknown): string | number | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return value === null ? null : String(value);
}
