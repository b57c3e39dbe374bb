/**
 * Faults in words: `SERVICE:OPERATION FAULT [OPTION…]`, as in `s3:PutObject latency=5s on=mailroom-journal/*`. What
 * cannot be read is refused, never guessed at: a fault that does not strike would show that everything is well.
 */
import { LOGS_OPERATIONS } from '../aws/control/logs.ts';
import { WORKMAIL_OPERATIONS } from '../aws/control/workmail.ts';
import { S3_OPERATIONS } from '../aws/s3-operation.ts';
import { matchesGlob } from '../iam/glob.ts';

/** What each fault does. Those that end in `-after` let the call have its effect and spoil the answer: the caller cannot know. */
export const FAULTS = {
  latency: 'waits before the call is taken up (latency=5s, latency=200ms)',
  denied: 'refuses the call, as without the right to it',
  throttle: 'refuses the call because there are too many',
  '5xx': 'fails with an internal error',
  cut: 'cuts the connection before the call is taken up',
  hang: 'never answers, and does nothing',
  '5xx-after': 'does what was asked, then fails with an internal error',
  'cut-after': 'does what was asked, then cuts the connection',
  'cut-within': 'does what was asked, and cuts the connection in the middle of the answer',
  'hang-after': 'does what was asked, and never answers',
} as const;

export type FaultKind = keyof typeof FAULTS;

export interface FaultSpec {
  /** As given; also the seed of its chance. */
  readonly text: string;
  /** `*` is any. */
  readonly service: string;
  /** Of the service's API; a star stands for any characters. */
  readonly operation: string;
  readonly kind: FaultKind;
  readonly latencyMs: number;
  /** The share of calls that it strikes. */
  readonly rate: number;
  /** How many calls it strikes at most. */
  readonly count: number;
  /** How many matching calls pass before the first. */
  readonly skip: number;
  /** The function that calls; undefined for whoever calls. */
  readonly caller: string | undefined;
  /** What the call is about (`BUCKET/KEY`, a message's id, a parameter's name, a function's name), with stars. */
  readonly on: string | undefined;
}

/** A minute of latency is longer than anything here waits. */
const MAX_LATENCY_MS = 60_000;
/** A list of faults that nobody reads is a mistake. */
const MAX_SPEC_CHARS = 500;

/** The services with the operations that can be told apart here; of those with none, all are struck together. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  s3: S3_OPERATIONS,
  workmailmessageflow: ['GetRawMessageContent', 'PutRawMessageContent'],
  ssm: ['GetParameter'],
  kms: ['GenerateMac', 'VerifyMac'],
  lambda: ['Invoke'],
  workmail: Object.keys(WORKMAIL_OPERATIONS),
  logs: Object.keys(LOGS_OPERATIONS),
  sts: [],
  cloudformation: [],
  ses: ['SendEmail'],
};
const TARGET = /^([a-z0-9]+|\*):([A-Za-z0-9]+\*?|\*)$/;
const DURATION = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/;

type Read<T> = T | { readonly why: string };

function isWrong<T extends object>(read: Read<T>): read is { readonly why: string } {
  return 'why' in read;
}

function durationMs(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const ms = Number(amount) * (unit === 's' ? 1000 : 1);
  return ms > 0 && ms <= MAX_LATENCY_MS ? ms : undefined;
}

function isFault(word: string): word is FaultKind {
  return Object.hasOwn(FAULTS, word);
}

/** `NAME=VALUE` or `NAME`. */
function cut(word: string): { readonly name: string; readonly value: string | undefined } {
  const equals = word.indexOf('=');
  return equals === -1
    ? { name: word, value: undefined }
    : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

function readFault(word: string): Read<Pick<FaultSpec, 'kind' | 'latencyMs'>> {
  const { name, value } = cut(word);
  if (!isFault(name))
    return { why: `"${name}" is no fault; the faults are ${Object.keys(FAULTS).join(', ')}` };
  if (name !== 'latency')
    return value === undefined ? { kind: name, latencyMs: 0 } : { why: `${name} takes no value` };
  const ms = durationMs(value ?? '');
  return ms === undefined
    ? { why: 'latency takes a time of at most a minute: latency=5s or latency=200ms' }
    : { kind: name, latencyMs: ms };
}

type Options = Pick<FaultSpec, 'rate' | 'count' | 'skip' | 'caller' | 'on'>;

const whole = (text: string): number | undefined => (/^\d{1,6}$/.test(text) ? Number(text) : undefined);

function share(text: string): number | undefined {
  const value = Number(text);
  return /^[01](\.\d{1,6})?$/.test(text) && value > 0 && value <= 1 ? value : undefined;
}

/** One `name=value`; undefined when the value does not fit. */
const OPTION: Readonly<Record<string, (value: string) => Partial<Options> | undefined>> = {
  rate: (value) => {
    const rate = share(value);
    return rate === undefined ? undefined : { rate };
  },
  count: (value) => {
    const count = whole(value);
    return count === undefined || count === 0 ? undefined : { count };
  },
  skip: (value) => {
    const skip = whole(value);
    return skip === undefined ? undefined : { skip };
  },
  caller: (value) => (value === '' ? undefined : { caller: value }),
  on: (value) => (value === '' ? undefined : { on: value }),
};

function readOptions(words: readonly string[]): Read<Options> {
  let options: Options = {
    rate: 1,
    count: Number.POSITIVE_INFINITY,
    skip: 0,
    caller: undefined,
    on: undefined,
  };
  const seen = new Set<string>();
  for (const word of words) {
    const { name, value: text } = cut(word);
    const read = Object.hasOwn(OPTION, name) ? OPTION[name] : undefined;
    if (read === undefined)
      return { why: `"${name}" is no option; the options are ${Object.keys(OPTION).join(', ')}` };
    if (seen.has(name)) return { why: `${name} is given twice` };
    seen.add(name);
    const value = text === undefined ? undefined : read(text);
    if (value === undefined) return { why: `"${word}": the value does not fit` };
    options = { ...options, ...value };
  }
  return options;
}

/** An operation that nobody calls would never be struck. */
function whyNoOperation(service: string, operation: string): string | undefined {
  const known = service === '*' ? Object.values(SERVICES).flat() : (SERVICES[service] ?? []);
  if (operation === '*' || known.some((name) => matchesGlob(operation, name))) return undefined;
  if (known.length === 0) return `of ${service} all operations are struck together: ${service}:*`;
  const names = service === '*' ? '' : `; the operations of ${service} are ${known.join(', ')}`;
  return `"${operation}" is no operation here${names}`;
}

/** Reads one fault, or says what is wrong with it. */
export function parseFault(text: string): FaultSpec | { readonly why: string } {
  if (text.length > MAX_SPEC_CHARS) return { why: 'longer than a fault can be' };
  const [target = '', word, ...rest] = text.trim().split(/\s+/);
  const [, service, operation] = TARGET.exec(target) ?? [];
  if (service === undefined || operation === undefined)
    return { why: `"${target}" is no SERVICE:OPERATION, such as s3:PutObject or ssm:*` };
  if (service !== '*' && !Object.hasOwn(SERVICES, service))
    return { why: `"${service}" is no service here; the services are ${Object.keys(SERVICES).join(', ')}` };
  const unknown = whyNoOperation(service, operation);
  if (unknown !== undefined) return { why: unknown };
  if (word === undefined)
    return { why: `no fault is named; the faults are ${Object.keys(FAULTS).join(', ')}` };
  const fault = readFault(word);
  if (isWrong(fault)) return fault;
  const options = readOptions(rest);
  return isWrong(options) ? options : { text, service, operation, ...fault, ...options };
}

/** Whether a fault is about this call, leaving chance and count aside. */
export function concerns(
  spec: FaultSpec,
  call: {
    readonly service: string;
    readonly operation: string;
    readonly target: string;
    readonly caller: string | undefined;
  },
): boolean {
  return (
    (spec.service === '*' || spec.service === call.service) &&
    matchesGlob(spec.operation, call.operation) &&
    (spec.caller === undefined || spec.caller === call.caller) &&
    (spec.on === undefined || matchesGlob(spec.on, call.target))
  );
}
