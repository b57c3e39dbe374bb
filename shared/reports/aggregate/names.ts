/**
 * What a report is called: its Report-ID, the name of its file, its subject (aggregate-reporting-32 §3.5.1, §3.5.2). All come from
 * whom it is about, who made it, the day and the part, so that a report which is sent again has the same names.
 */
import { createHash } from 'node:crypto';

export interface ReportName {
  /** The domain of the Mail Receiver, which reports: `receiver` and `Submitter`. */
  readonly receiver: string;
  /** The DMARC Policy Domain. */
  readonly domain: string;
  /** Seconds since 1970 UTC. */
  readonly begin: number;
  readonly end: number;
  /** Which of several reports for the same day; empty for the only one. */
  readonly part: string;
}

/** 128 bits. */
const ID_DIGITS = 32;

/**
 * The Report-ID. It is the unique-id of the file name as well, which may hold letters and digits alone
 * (aggregate-reporting-32 §3.1.4: "These are the fields that MUST be identical when used").
 */
export function reportId({ receiver, domain, begin, end, part }: ReportName): string {
  const words = ['report', receiver, domain, begin, end, part].join('\0');
  return createHash('sha256').update(words).digest('hex').slice(0, ID_DIGITS);
}

/** `RECEIVER!DOMAIN!BEGIN!END!ID.xml.gz` */
export function reportFileName(name: ReportName): string {
  const { receiver, domain, begin, end } = name;
  return `${receiver}!${domain}!${begin}!${end}!${reportId(name)}.xml.gz`;
}

/** `Report Domain: D Submitter: R Report-ID: <ID>` */
export function reportSubject(name: ReportName): string {
  return `Report Domain: ${name.domain} Submitter: ${name.receiver} Report-ID: <${reportId(name)}>`;
}

/** Whether a subject is that of a report, ours or another's: whose mail is about mail is not reported on again. */
export function isReportSubject(subject: string): boolean {
  return /^\s*Report\s+Domain:\s*\S{1,253}\s+Submitter:\s/i.test(subject.slice(0, MAX_SUBJECT));
}

/** Against a subject of megabytes. */
const MAX_SUBJECT = 1_000;
