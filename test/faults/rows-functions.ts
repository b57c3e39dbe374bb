/** Rows: functions that do not answer, and those that stand alone. */
import {
  type Expected,
  type FaultRow,
  fallback,
  fine,
  GET,
  NOTHING,
  ONCE_MORE,
  OUTSIDE,
  REFUSES,
  silent,
  slow,
  TEMPORARY,
  TRIES,
  unchanged,
} from './row.ts';
import type { Mail } from './world.ts';

export const lambda: readonly FaultRow[] = [
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
    name: 'The time-out of the function is too short: one second, while S3 takes two',
    workmail: TRIES,
    mailroom: 'An error before Lambda ends it: `journal.onTimeout` is `retry`.',
    faults: ['s3:* latency=2s'],
    world: { timeoutSeconds: 1 },
    expected: slow,
  },
  {
    name: 'The function runs out of memory',
    workmail: TRIES,
    mailroom: 'Nothing: Lambda ends it.',
    faults: [],
    world: { memoryMb: 128 },
    mail: { padding: 25_000_000 },
    expected: { outcome: 'Junk', changed: false, recorded: undefined, metrics: [], metricsVary: true },
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

/** The mail does not wait for the function. */
const beside: Expected = {
  ...fine,
  changed: false,
  recorded: false,
  again: true,
  metrics: ['StepFailures'],
  log: { event: 'failure', word: 'not-recorded' },
};
const FAILING: Mail = { from: 'a@bank.example', client: OUTSIDE };

/** One step as a function of its own. */
export const single: readonly FaultRow[] = [
  {
    name: '`dmarc` alone: no right to GetRawMessageContent, and the message fails DMARC',
    workmail: REFUSES,
    mailroom: 'DEFAULT. Nothing is checked.',
    faults: [`${GET} denied`],
    world: { handler: 'dmarc' },
    mail: FAILING,
    expected: { ...unchanged, recorded: false },
  },
  {
    name: '`dmarc` alone: GetRawMessageContent fails for longer than the rule timeout',
    workmail: TRIES,
    mailroom: 'An error each time: `dmarc.onTemporaryError` is `retry`.',
    faults: [`${GET} 5xx`],
    world: { handler: 'dmarc' },
    expected: fallback,
  },
  {
    name: '`rewrite` alone: GetRawMessageContent fails',
    workmail: 'Answers with an internal error.',
    mailroom: 'DEFAULT, with the mail unchanged: `onTemporaryError` of the rules is `deliverUnchanged`.',
    faults: [`${GET} 5xx`],
    world: { handler: 'rewrite' },
    expected: { ...unchanged, recorded: false, log: TEMPORARY },
  },
  {
    name: '`journal` alone, beside the delivery: S3 fails for seconds',
    workmail: 'Delivers at once. Lambda calls again after a minute.',
    mailroom: 'An error at first; then the record is made.',
    faults: ['s3:PutObject 5xx count=4'],
    world: { handler: 'journal' },
    expected: { ...beside, recorded: true },
  },
  {
    name: '`journal` alone, beside the delivery: S3 fails for longer',
    workmail:
      'Delivers at once. Lambda calls three times in all, and then puts the event into the queue for failed ones.',
    mailroom: 'An error each time.',
    faults: ['s3:* 5xx'],
    world: { handler: 'journal' },
    expected: beside,
  },
  {
    name: '`journal` alone, beside the delivery: no right to GetRawMessageContent',
    workmail:
      'Delivers at once. Lambda calls three times in all, and then puts the event into the queue for failed ones.',
    mailroom: 'An error each time, so that the event is kept: its message can be had for 24 hours.',
    faults: [`${GET} denied`],
    world: { handler: 'journal' },
    expected: beside,
  },
];
