/**
 * WorkMail's audit log of availability (Administrator Guide, "Monitoring Amazon WorkMail audit logs"): here
 * `availability.jsonl` in the data folder, one line for each time that a provider was asked. The metric
 * AvailabilityProviderFailure counts the lines without success.
 */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../shared/workmail/json.ts';

const FILE = 'availability.jsonl';

export interface AvailabilityRecord {
  /** Milliseconds since 1970. */
  readonly event_timestamp: number;
  readonly request_id: string;
  readonly organization_arn: string;
  readonly user_id: string;
  readonly type: 'EWS' | 'LAMBDA';
  readonly domain: string;
  readonly function_arn?: string;
  readonly ews_endpoint?: string;
  /** Only on failure. */
  readonly error_message?: string;
  readonly availability_event_successful: boolean;
}

export async function appendAvailability(dataDir: string, record: AvailabilityRecord): Promise<void> {
  await appendFile(join(dataDir, FILE), `${JSON.stringify(record)}\n`);
}

/** How many questions to providers failed since a time: the metric. A line that was cut short by a kill is passed over. */
export async function countProviderFailures(dataDir: string, sinceMs = 0): Promise<number> {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').filter((line) => {
    try {
      const record: unknown = JSON.parse(line);
      return (
        isRecord(record) &&
        record['availability_event_successful'] === false &&
        Number(record['event_timestamp']) >= sinceMs
      );
    } catch {
      return false;
    }
  }).length;
}
