/** `dmarc.reports`, key by key: whether and how the reports that domain owners ask for are made. */
import { optional, record, required, withDefault } from './collections.ts';
import { checkAddress } from './names.ts';
import { converted, type Shape, text } from './shape.ts';
import { oneLine } from './texts.ts';
import type { FailureReportsPolicy, ReportsPolicy } from './types-reports.ts';
import { patterns, size, wholeNumber } from './values.ts';

const KB = 1024;
const MB = 1024 * KB;
const LEAST_BYTES = 50 * KB;
/** Many receivers take no more than this; SES itself takes 40 MB. */
const DEFAULT_BYTES = 10 * MB;
/** SES's least daily quota outside its sandbox is far above. */
const DEFAULT_PER_DAY = 1_000;
const MOST_PER_DAY = 100_000;
/** RFC 9991's draft asks for a limit (failure-reporting-24 §2): a report tells of a kind of failure, not of each message. */
const DEFAULT_FAILURES = 10;
const MOST_FAILURES = 100;

const messageSize: Shape<number> = converted(size, (bytes, node, report) => {
  if (bytes >= LEAST_BYTES) return bytes;
  report.error(node, `expected at least ${LEAST_BYTES / KB} KB: less holds no report`);
  return undefined;
});

const failure: Shape<FailureReportsPolicy> = record('the key "perDomainAndDay"', {
  perDomainAndDay: withDefault(wholeNumber(1, MOST_FAILURES), DEFAULT_FAILURES, {
    description: 'Failure reports about one domain that are sent for one day at most.',
  }),
});

/** The keys of `dmarc.reports`. */
export const reports: Shape<ReportsPolicy> = record('the keys of "reports"', {
  from: required(text('an address', { maxLength: 320 }, checkAddress), {
    description:
      'The address that reports come from: one of your own, which SES may send from and whose domain SES signs for.',
    alsoKnownAs: ['sender', 'email'],
  }),
  organization: required(text('a name', { maxLength: 200 }, oneLine), {
    description: "Your organization's name, as readers of the reports see it.",
    alsoKnownAs: ['orgName', 'org_name'],
  }),
  contact: required(text('an address', { maxLength: 320 }, checkAddress), {
    description: 'The address that readers of a report may write to.',
  }),
  extraContact: optional(text('a text', { maxLength: 500 }, oneLine), {
    description: 'More about how to reach you, such as the address of a web page.',
  }),
  suppress: withDefault(patterns, [], {
    description: 'Addresses that get no report, and domains about which there is none.',
  }),
  maxBytes: withDefault(messageSize, DEFAULT_BYTES, {
    description: 'How long one message with a report may be; what is longer is split.',
  }),
  perDay: withDefault(wholeNumber(1, MOST_PER_DAY), DEFAULT_PER_DAY, {
    description: 'Messages with reports that are sent for one day at most.',
  }),
  failure: optional(failure, {
    description:
      'Failure reports: one message for each kind of failure, with some header fields of a message. Absent: none.',
  }),
});
