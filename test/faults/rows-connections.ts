/** Rows: connections that are cut before and after each effect; mail that goes out. */
import {
  type FaultRow,
  fallback,
  fine,
  GET,
  MARKED,
  NOTHING,
  ONCE_MORE,
  PUT,
  SDK,
  TEMPORARY,
  TRIES,
  unchanged,
} from './row.ts';

export const cuts: readonly FaultRow[] = [
  {
    name: 'The connection is cut before GetRawMessageContent answers',
    workmail: NOTHING,
    mailroom: SDK,
    faults: [`${GET} cut count=1`],
    expected: fine,
  },
  {
    name: 'The connection is cut in the middle of the content',
    workmail: ONCE_MORE,
    mailroom: 'An error at first: half a message is never worked on.',
    faults: [`${GET} cut-within count=1`],
    expected: { ...fine, again: true, metrics: ['StepFailures'], log: TEMPORARY },
  },
  {
    name: 'The connection is cut before PutRawMessageContent',
    workmail: NOTHING,
    mailroom: SDK,
    faults: [`${PUT} cut count=1`],
    expected: fine,
  },
  {
    name: 'The connection is cut after PutRawMessageContent',
    workmail: NOTHING,
    mailroom: MARKED,
    faults: [`${PUT} cut-after count=1`],
    expected: fine,
  },
  {
    name: 'The connection is cut after PutRawMessageContent, each time',
    workmail: NOTHING,
    mailroom: 'DEFAULT; the mail is changed, which the log calls `unconfirmed`.',
    faults: [`${PUT} cut-after`],
    expected: { ...unchanged, changed: true, log: TEMPORARY },
  },
  {
    name: 'WorkMail replaces the content and answers with an error',
    workmail: 'Answers with an internal error.',
    mailroom: MARKED,
    faults: [`${PUT} 5xx-after count=1`],
    expected: fine,
  },
  {
    name: 'The connection is cut before S3 stores',
    workmail: NOTHING,
    mailroom: SDK,
    faults: ['s3:PutObject cut count=1'],
    expected: fine,
  },
  {
    name: 'The connection is cut after S3 stored the message for the record',
    workmail: NOTHING,
    mailroom: 'Makes the call again at once; what is there stays.',
    faults: ['s3:PutObject cut-after count=1 on=mailroom-journal/raw/*'],
    expected: fine,
  },
  {
    name: 'The connection is cut after S3 stored the record',
    workmail: NOTHING,
    mailroom: 'Makes the call again at once; what is there stays.',
    faults: ['s3:PutObject cut-after count=1 on=mailroom-journal/event/*'],
    expected: fine,
  },
  {
    name: 'The connection is cut after S3 stored the changed message',
    workmail: NOTHING,
    mailroom: 'Makes the call again at once; the same bytes are stored twice.',
    faults: ['s3:PutObject cut-after count=1 on=mailroom-rewrite/*'],
    expected: fine,
  },
];

export const outbound: readonly FaultRow[] = [
  {
    name: 'Outbound: the connection is cut after the Put, and then the answer is lost',
    workmail: ONCE_MORE,
    mailroom: 'Sees the mark on the message and the record, and leaves both as they are.',
    faults: [`${PUT} cut-after count=1`, 'lambda:Invoke cut-after count=1'],
    direction: 'outbound',
    expected: { ...fine, outcome: 'sent', again: true },
  },
  {
    name: 'Outbound: S3 fails for longer than the rule timeout',
    workmail: TRIES,
    mailroom:
      'An error each time. The sample has the fallback `default` for outbound mail: it is sent as it is.',
    faults: ['s3:* 5xx'],
    direction: 'outbound',
    expected: { ...fallback, outcome: 'sent' },
  },
  {
    name: 'Outbound: the message is redirected by a rule of a mailbox, and so frozen',
    workmail: 'Answers MessageFrozen.',
    mailroom: 'DEFAULT; it is sent on as it came to the mailbox.',
    faults: [],
    direction: 'redirected',
    expected: { ...unchanged, outcome: 'sent', metrics: [], log: { event: 'decision', word: 'unchanged' } },
  },
  {
    name: 'The sender wrote a line of more than 1,000 characters',
    workmail: 'Notices nothing.',
    mailroom:
      'DEFAULT, with the change: the part that has the line is written anew, the others stay as they are.',
    faults: [],
    mail: { longLine: true },
    expected: fine,
  },
  {
    name: 'The sender wrote two Reply-To headers, which WorkMail does not take',
    workmail: 'Answers MessageRejected.',
    mailroom: 'DEFAULT, with the mail unchanged: `ifRejected` of the rules is `deliverUnchanged`.',
    faults: [],
    mail: { twoReplyTo: true },
    expected: {
      ...unchanged,
      metrics: ['RewritesRejected'],
      log: { event: 'failure', word: 'rejected' },
    },
  },
];
