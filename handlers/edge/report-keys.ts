/**
 * Where the reports to domain owners stand in the functions' bucket. Objects in S3, and no table: the bucket, its rights and its
 * deletion by age are there already; a write where nothing is counts a message once, however often it is tried; whatever can read
 * files can read it; and nothing has to be provided for a rate.
 *
 *   observed/DAY/DOMAIN/ID.json          what one message leaves
 *   reports/made/DAY/DOMAIN/FILE.xml.gz  a report
 *   reports/sent/DAY/ID-RECEIVER.json    how far it came on its way to a receiver
 *   reports/done/DAY/DOMAIN.json         nothing is left to do for the domain
 */
import { createHash } from 'node:crypto';

const OBSERVED = 'observed';
const REPORTS = 'reports';

/** The day of a time in UTC: `2026-11-20`. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** `domain` is one that `asciiDomain` gave: no slash is in it. `id` is that of the invocation, the same in each try of it. */
export function observedKey(day: string, domain: string, id: string): string {
  return `${OBSERVED}/${day}/${domain}/${id}.json`;
}

export function observedFolder(day: string, domain?: string): string {
  return domain === undefined ? `${OBSERVED}/${day}/` : `${OBSERVED}/${day}/${domain}/`;
}

export function madeKey(day: string, domain: string, fileName: string): string {
  return `${REPORTS}/made/${day}/${domain}/${fileName}`;
}

/** The receiver is hashed: who may list the bucket reads no address there. */
export function sentKey(day: string, id: string, receiver: string): string {
  const digest = createHash('sha256').update(receiver).digest('hex').slice(0, 16);
  return `${sentFolder(day)}${id}-${digest}.json`;
}

export function sentFolder(day: string): string {
  return `${REPORTS}/sent/${day}/`;
}

export function doneKey(day: string, domain: string): string {
  return `${doneFolder(day)}${domain}.json`;
}

export function doneFolder(day: string): string {
  return `${REPORTS}/done/${day}/`;
}
