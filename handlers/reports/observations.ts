/** What the messages of a domain and day left, read and counted. */
import { PermanentError } from '../../shared/errors.ts';
import { type Collection, createCollector } from '../../shared/reports/aggregate/collect.ts';
import {
  MAX_OBSERVATION_BYTES,
  type Observation,
  readObservation,
} from '../../shared/reports/aggregate/collect-observation.ts';
import { createFailureCollector, type FailureCollector } from '../../shared/reports/failure/collect.ts';
import { observedFolder } from '../edge/report-keys.ts';
import type { ReportPorts } from './ports.ts';

/** S3 answers one in some 20 ms: so a quarter of a million fit into the time of one call. */
const READS_AT_ONCE = 16;

export interface Observations {
  /** Undefined when there is nothing that can be read. */
  readonly collection: Collection | undefined;
  readonly failures: FailureCollector;
  /** Objects that are no observation. */
  readonly unreadable: number;
}

interface Place {
  readonly bucket: string;
  readonly day: string;
  readonly domain: string;
}

/** Whether more than `messages` left something. Throws TemporaryError, PermanentError or DeadlineError. */
export async function seesMoreThan(
  ports: ReportPorts,
  place: Place,
  messages: number,
  signal: AbortSignal,
): Promise<boolean> {
  let seen = 0;
  for await (const { keys } of ports.listObjects(questionFor(place), signal)) {
    seen += keys.length;
    if (seen > messages) return true;
  }
  return false;
}

function questionFor({ bucket, day, domain }: Place) {
  return { bucket, prefix: observedFolder(day, domain), folders: false };
}

/** Throws TemporaryError, PermanentError or DeadlineError: part of a day is not to be reported as all of it. */
export async function readObservations(
  ports: ReportPorts,
  place: Place,
  signal: AbortSignal,
): Promise<Observations> {
  const { bucket, domain } = place;
  const collector = createCollector();
  const failures = createFailureCollector();
  let unreadable = 0;
  for await (const { keys } of ports.listObjects(questionFor(place), signal)) {
    const waiting = keys.values();
    const work = async (): Promise<void> => {
      for (const key of waiting) {
        const observation = await readOne(ports, bucket, key, signal);
        // An object of another domain in the folder is not ours to report to this one.
        if (observation === undefined || observation.policy.domain !== domain) unreadable += 1;
        else {
          collector.add(observation);
          failures.add(observation);
        }
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  }
  return { collection: collector.result(), failures, unreadable };
}

async function readOne(
  ports: ReportPorts,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<Observation | undefined> {
  try {
    const bytes = await ports.objectStore.get(bucket, key, MAX_OBSERVATION_BYTES, signal);
    return bytes === undefined ? undefined : readObservation(Buffer.from(bytes).toString());
  } catch (error) {
    // Too long for one of ours; without the right to read them no report at all could be right.
    if (error instanceof PermanentError && /RangeError/.test(error.message)) return undefined;
    throw error;
  }
}
