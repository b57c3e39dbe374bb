/** The table of docs/failures.md: each row is run against the stand-in, and the page shows it in these words. */
import type { Mail, WorldOptions } from './world.ts';

/** Where the mail ends, and what was said of it. */
export interface Expected {
  readonly outcome: 'Inbox' | 'Junk' | 'sent';
  /** Whether the copy carries the change (a banner inbound, a footer outbound). Never twice. */
  readonly changed: boolean;
  /** Whether there is a compliance record; undefined where that is chance. Never two. */
  readonly recorded: boolean | undefined;
  /** Whether WorkMail calls the function again; left open where the first call alone takes about the rule timeout. */
  readonly again?: boolean;
  /** Metrics that are counted; no others are. */
  readonly metrics: readonly string[];
  /** A record in the function's log: its event and kind or outcome. */
  readonly log?: { readonly event: string; readonly word: string };
}

export interface FaultRow {
  readonly name: string;
  readonly workmail: string;
  readonly mailroom: string;
  readonly faults: readonly string[];
  /** A stand-in of its own. */
  readonly world?: WorldOptions;
  /** What is done to it before the mail comes: `copy` lets it keep a last good policy. */
  readonly before?: 'copy' | 'other-region' | 'no-bucket-policy';
  readonly mail?: Mail;
  readonly direction?: 'outbound';
  readonly expected: Expected;
}

const GET = 'workmailmessageflow:GetRawMessageContent';
const PUT = 'workmailmessageflow:PutRawMessageContent';
const OUTSIDE = { address: '203.0.113.66', name: 'unknown.invalid' };
const ANSWERED = ['StepFailures', 'FallbackAnswers'];
const PERMANENT = { event: 'failure', word: 'permanent-error' };
const TEMPORARY = { event: 'failure', word: 'temporary-error' };
const TIMEOUT = { event: 'failure', word: 'timeout' };

const fine: Expected = { outcome: 'Inbox', changed: true, recorded: true, again: false, metrics: [] };
const unchanged: Expected = { ...fine, changed: false, metrics: ANSWERED, log: PERMANENT };
const fallback: Expected = {
  outcome: 'Junk',
  changed: false,
  recorded: false,
  again: true,
  metrics: ['StepFailures'],
  log: TEMPORARY,
};

const slow: Expected = {
  outcome: 'Junk',
  changed: false,
  recorded: false,
  metrics: ['StepFailures', 'NearTimeouts'],
  log: TIMEOUT,
};

/** The function has no say, and so nothing to tell. */
const silent: Expected = { outcome: 'Junk', changed: false, recorded: false, again: true, metrics: [] };

const TRIES = 'Calls again, with growing pauses, until the rule timeout; then the fallback of the rule acts.';
const NOTHING = 'Notices nothing.';
const ONCE_MORE = 'Calls again after 10 s.';
const REFUSES = 'Refuses the call.';
const SDK = 'Makes the call again at once.';
const MARKED = 'Makes the call again at once; the same content is put twice, and is there once.';

const rights: readonly FaultRow[] = [
  {
    name: 'Wrong organization id in the template: WorkMail may not call the function',
    workmail: 'Calls in vain until the rule timeout; then the fallback of the rule acts.',
    mailroom: 'Nothing: it is never called.',
    faults: ['lambda:Invoke denied'],
    expected: silent,
  },
  {
    name: 'Wrong organization id in the rights of the function',
    workmail: 'Refuses to give and to take content.',
    mailroom: 'DEFAULT. Nothing is checked, nothing is kept, and the log says which right is missing.',
    faults: ['workmailmessageflow:* denied'],
    expected: { ...unchanged, recorded: false },
  },
  {
    name: 'No right to GetRawMessageContent',
    workmail: REFUSES,
    mailroom: 'DEFAULT. Nothing is checked, nothing is kept.',
    faults: [`${GET} denied`],
    expected: { ...unchanged, recorded: false },
  },
  {
    name: 'No right to PutRawMessageContent',
    workmail: REFUSES,
    mailroom: 'DEFAULT, with the mail unchanged.',
    faults: [`${PUT} denied`],
    expected: unchanged,
  },
  {
    name: 'No right to write to the rewrite bucket',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the mail unchanged.',
    faults: ['s3:PutObject denied on=mailroom-rewrite/*'],
    expected: unchanged,
  },
  {
    name: 'No right to write to the journal bucket',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the change and without a record.',
    faults: ['s3:PutObject denied on=mailroom-journal/*'],
    expected: { ...unchanged, changed: true, recorded: false },
  },
  {
    name: 'No right to read the key of the mark',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the mail unchanged: without the mark a retry could change it twice.',
    faults: ['ssm:GetParameter denied'],
    world: { parameter: true },
    expected: unchanged,
  },
  {
    name: 'The key of the mark is an SSM parameter, and everything is right',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the change.',
    faults: [],
    world: { parameter: true },
    expected: fine,
  },
  {
    name: 'The rewrite bucket is in another region',
    workmail: 'Answers InvalidContentLocation.',
    mailroom: 'DEFAULT, with the mail unchanged.',
    faults: [],
    before: 'other-region',
    world: { flags: ['--permissions', 'none', '--set', 'MAILROOM_REWRITE_BUCKET=mailroom-elsewhere'] },
    expected: { ...unchanged, log: { event: 'failure', word: 'invalid-location' } },
  },
  {
    name: 'The rewrite bucket has no policy that lets WorkMail read',
    workmail: 'Answers InvalidContentLocation.',
    mailroom: 'DEFAULT, with the mail unchanged.',
    faults: [],
    before: 'no-bucket-policy',
    world: {},
    expected: { ...unchanged, log: { event: 'failure', word: 'invalid-location' } },
  },
];

const policy: readonly FaultRow[] = [
  {
    name: 'The policy cannot be read at a cold start, and there is no copy',
    workmail: NOTHING,
    mailroom: 'DEFAULT, with the mail unchanged. It is kept when there is a journal bucket.',
    faults: ['s3:GetObject denied'],
    world: { remotePolicy: true },
    expected: {
      ...fine,
      changed: false,
      metrics: ['PolicyLoadFailures', 'PassedWithoutPolicy'],
      log: { event: 'policy', word: 'passed-without-policy' },
    },
  },
  {
    name: 'The policy cannot be read at a cold start, and there is a copy of the last good one',
    workmail: NOTHING,
    mailroom: 'What the copy says.',
    faults: ['s3:GetObject denied on=mailroom-policy/*'],
    before: 'copy',
    world: { remotePolicy: true },
    expected: { ...fine, metrics: ['PolicyLoadFailures'], log: { event: 'policy', word: 'kept-last-good' } },
  },
];

const aws: readonly FaultRow[] = [
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
    mailroom: 'What `dmarc.unknown` says, here DEFAULT: a check that could not be made is not a failure.',
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

const hangs: readonly FaultRow[] = [
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

const cuts: readonly FaultRow[] = [
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

const lambda: readonly FaultRow[] = [
  {
    name: 'The answer of the function is lost after all was done',
    workmail: ONCE_MORE,
    mailroom: 'Sees the mark on the message and the record, and leaves both as they are.',
    faults: ['lambda:Invoke cut-after count=1'],
    expected: { ...fine, again: true },
  },
  {
    name: 'The answer of the function is lost each time',
    workmail: TRIES,
    mailroom:
      'Does all at the first call, and nothing at the others. The mail is changed and in the junk folder.',
    faults: ['lambda:Invoke cut-after'],
    expected: { ...silent, changed: true, recorded: true },
  },
  {
    name: 'Lambda throttles WorkMail',
    workmail: 'Calls again, with growing pauses.',
    mailroom: 'All is done at the call that gets through.',
    faults: ['lambda:Invoke throttle count=3'],
    expected: { ...fine, again: true },
  },
  {
    name: 'Lambda does not answer once',
    workmail: 'Waits 15 s, then calls again.',
    mailroom: 'All is done at the second call.',
    faults: ['lambda:Invoke hang count=1'],
    world: { timeoutSeconds: 6, ruleTimeoutMinutes: 60 },
    expected: { ...fine, again: true },
  },
  {
    name: 'The function overruns its time-out after all was done',
    workmail: 'Waits 15 s, then calls again.',
    mailroom: 'Sees the mark on the message and the record, and leaves both as they are.',
    faults: ['lambda:Invoke hang-after count=1'],
    world: { timeoutSeconds: 6, ruleTimeoutMinutes: 60 },
    expected: { ...fine, again: true },
  },
  {
    name: 'The function runs out of memory',
    workmail: TRIES,
    mailroom: 'Nothing: Lambda ends it.',
    faults: [],
    world: { memoryMb: 128 },
    mail: { padding: 25_000_000 },
    expected: { outcome: 'Junk', changed: false, recorded: undefined, metrics: [] },
  },
  {
    name: 'Mailroom is switched off (`Mode: off`) and nothing of AWS works',
    workmail: NOTHING,
    mailroom: 'DEFAULT at once: it calls nobody.',
    faults: ['*:* 5xx caller=mailflow'],
    world: { flags: ['--set', 'MAILROOM_MODE=off'] },
    expected: { ...fine, changed: false, recorded: false },
  },
];

const outbound: readonly FaultRow[] = [
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
];

export const ROWS: readonly FaultRow[] = [
  ...rights,
  ...policy,
  ...aws,
  ...hangs,
  ...cuts,
  ...lambda,
  ...outbound,
];

/** The row as docs/failures.md has it. */
export function line({ name, workmail, mailroom, expected }: FaultRow): string {
  const { outcome, changed, recorded, metrics, log } = expected;
  const ends = [
    outcome === 'sent' ? 'Sent' : outcome,
    changed ? 'changed' : 'unchanged',
    recorded === undefined ? 'perhaps recorded' : recorded ? 'recorded' : 'no record',
  ];
  const words = log === undefined ? [] : [`log \`${log.event}\` ${log.word}`];
  const see = [...words, ...metrics.map((metric) => `\`${metric}\``)];
  return `| ${[name, workmail, mailroom, ends.join(', '), see.join(', ') || 'the trace'].join(' | ')} |`;
}
