/** Rows: AWS is slow, throttles, fails or hangs. */
import {
  ANSWERED,
  type FaultRow,
  fallback,
  fine,
  GET,
  NOTHING,
  ONCE_MORE,
  OUTSIDE,
  PUT,
  slow,
  TEMPORARY,
  TIMEOUT,
  TRIES,
  unchanged,
} from './row.ts';

export const aws: readonly FaultRow[] = [
  {
    name: 'AWS throttles for seconds',
    workmail: ONCE_MORE,
    mailroom: 'An error at first, so that WorkMail calls again; then all is done.',
    faults: ['workmailmessageflow:* throttle count=3'],
    expected: { ...fine, again: true, metrics: ['StepFailures'], log: TEMPORARY },
  },
  {
    name: 'AWS throttles for longer than the rule timeout',
    workmail: TRIES,
    mailroom: 'An error each time.',
    faults: ['*:* throttle caller=mailflow'],
    expected: fallback,
  },
  {
    name: 'S3 is slow: each call takes a fifth of a second',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the change.',
    faults: ['s3:* latency=200ms'],
    // With all the time that WorkMail gives, on a busy machine too.
    world: {},
    expected: fine,
  },
  {
    name: 'S3 does not answer in time',
    workmail: TRIES,
    mailroom: 'An error before WorkMail stops waiting: `journal.onTimeout` is `retry`.',
    faults: ['s3:* latency=10s'],
    expected: slow,
  },
  {
    name: 'S3 fails for seconds',
    workmail: ONCE_MORE,
    mailroom: 'An error at first, so that WorkMail calls again; then all is done.',
    faults: ['s3:PutObject 5xx count=4 on=mailroom-journal/*'],
    expected: { ...fine, again: true, metrics: ['StepFailures'], log: TEMPORARY },
  },
  {
    name: 'S3 fails for longer than the rule timeout',
    workmail: TRIES,
    mailroom: 'An error each time: `journal.onTemporaryError` is `retry`.',
    faults: ['s3:* 5xx'],
    expected: fallback,
  },
  {
    name: 'The rewrite bucket alone fails',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the mail unchanged: `onTemporaryError` of the rules is `deliverUnchanged`.',
    faults: ['s3:* 5xx on=mailroom-rewrite/*'],
    expected: { ...unchanged, log: TEMPORARY },
  },
  {
    name: 'DNS does not answer when SES checks DMARC',
    workmail: 'Writes `dmarc=temperror` into the message.',
    mailroom: 'DEFAULT, whatever `dmarc.unknown` says: a check that could not be made is not a failure.',
    faults: [],
    mail: { from: 'a@timeout.example', client: OUTSIDE },
    expected: fine,
  },
  {
    name: 'DNS does not answer the function, and the message fails DMARC',
    workmail: TRIES,
    mailroom: 'An error each time: `dmarc.onTemporaryError` is `retry`.',
    faults: [],
    // Nobody listens there.
    world: { flags: ['--set', 'MAILROOM_DNS=127.0.0.1:9'] },
    mail: { from: 'a@bank.example', client: OUTSIDE },
    expected: { ...fallback, recorded: true },
  },
];

export const hangs: readonly FaultRow[] = [
  {
    name: 'GetRawMessageContent hangs',
    workmail: TRIES,
    mailroom: 'An error before WorkMail stops waiting: `journal.onTimeout` is `retry`.',
    faults: [`${GET} hang`],
    expected: slow,
  },
  {
    name: 'PutRawMessageContent hangs and does nothing',
    workmail: NOTHING,
    mailroom: 'DEFAULT before WorkMail stops waiting; the mail is unchanged.',
    faults: [`${PUT} hang`],
    expected: { ...unchanged, metrics: [...ANSWERED, 'NearTimeouts'], log: TIMEOUT },
  },
  {
    name: 'PutRawMessageContent replaces the content and never answers',
    workmail: NOTHING,
    mailroom:
      'DEFAULT before WorkMail stops waiting; the mail is changed, which the log calls `unconfirmed`.',
    faults: [`${PUT} hang-after`],
    expected: { ...unchanged, changed: true, metrics: [...ANSWERED, 'NearTimeouts'], log: TIMEOUT },
  },
];
