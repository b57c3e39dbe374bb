/** `dmarc.reports` of the policy: the reports that domain owners ask for in their DMARC records. */
import type { AddressPattern } from './types.ts';

export interface ReportsPolicy {
  /** The address that reports come from; SES may send as it. */
  readonly from: string;
  /** `org_name` of the reports. */
  readonly organization: string;
  /** `email` of the reports: whom a reader of a report may write to. */
  readonly contact: string;
  /** `extra_contact_info`. */
  readonly extraContact?: string;
  /** Addresses that get no report, by pattern, and domains about which there is none. */
  readonly suppress: readonly AddressPattern[];
  /** Octets of one message at most; what is longer is split. */
  readonly maxBytes: number;
  /** Messages with reports that are sent for one day at most. */
  readonly perDay: number;
  /** Absent: no failure reports. */
  readonly failure?: FailureReportsPolicy;
}

export interface FailureReportsPolicy {
  /** Failure reports about one domain that are sent for one day at most. */
  readonly perDomainAndDay: number;
}
