/** `mailroom invoke`: one function, as its built bundle under Lambda's environment, on one event. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { formatProblem } from '../../shared/policy/index.ts';
import { BuildFailed, build, DIST, HANDLERS } from '../build.ts';
import { createLambdaHost } from '../lambda/host.ts';
import type { InvokeOutcome } from '../types.ts';
import { ACCOUNT, type Message, REGION, type Services, startServices } from './invoke-services.ts';
import { readPolicyFile } from './policy-file.ts';
import { EXIT, fileTrouble, readArguments, WrongUse } from './usage.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const SAMPLE = join(ROOT, 'local', 'sample');
const MEMORY_MB = 512;
/** What WorkMail waits for a synchronous rule; the others below are given more. */
const RULE_TIMEOUT_S = 15;
const TIMEOUT_S: Readonly<Record<string, number>> = { availability: 25, journal: 60, reports: 900 };
/** Lambda's own limit. */
const MAX_TIMEOUT_S = 900;

const HELP = `Usage: mailroom invoke HANDLER EVENT.json [options]

Runs a function on an event as Lambda would: as its built bundle, in a process of its own. The answer is the only thing
on stdout, one line of JSON; what the function logs goes to stderr. HANDLER is one of ${HANDLERS.join(', ')}.
EVENT.json is a file, or the name of one in events/.

  --policy FILE        the policy (default: the sample)
  --message FILE       the message that the event speaks of (default: EVENT.eml beside the event)
  --zone FILE          answers to DNS questions (default: the sample; none with --aws-endpoint)
  --aws-endpoint URL   where S3 and the Message Flow API are, such as those of "mailroom start"
                       (default: served for this run alone, and empty but for the message)
  --timeout SECONDS    (default: ${RULE_TIMEOUT_S}; availability 25, journal 60, reports 900)

Exit code: 0 answered, 1 the function failed, 2 wrong use.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  policy: { type: 'string' },
  message: { type: 'string' },
  zone: { type: 'string' },
  'aws-endpoint': { type: 'string' },
  timeout: { type: 'string' },
} as const;

interface Plan {
  readonly handler: string;
  readonly event: unknown;
  readonly policy: string;
  readonly zone: string | undefined;
  readonly message: Message | undefined;
  readonly awsEndpoint: string | undefined;
  readonly timeoutMs: number;
}

async function readInput(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw fileTrouble('read', file, error);
  });
}

/** The file as named, or the one of that name in events/. */
function eventPath(named: string): string {
  const inEvents = [named, `${named}.json`].map((name) => join(ROOT, 'events', name));
  return [resolve(named), ...inEvents].find((path) => existsSync(path)) ?? resolve(named);
}

async function readEvent(path: string): Promise<unknown> {
  const text = (await readInput(path)).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrongUse(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const AVAILABILITY = 'availability';
/** A schedule calls it: whatever the event is, it does its work. */
const REPORTS = 'reports';

/** What is odd about calling the function with this event; the function decides what it makes of it. */
function oddEvent({ handler, event, message, awsEndpoint }: Plan): string | undefined {
  const keys = typeof event === 'object' && event !== null ? Object.keys(event) : [];
  if (handler === AVAILABILITY) {
    if (keys.length === 0 || keys.includes('mailboxes')) return undefined;
    return 'the event is not an availability request: it has no "mailboxes"';
  }
  if (handler === REPORTS) return undefined;
  if (messageId(event) === undefined)
    return 'the event is not one of a mail-flow rule: it has no "messageId"';
  if (message !== undefined || awsEndpoint !== undefined) return undefined;
  return 'no message is in transit; --message FILE gives one';
}

function messageId(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !('messageId' in event)) return undefined;
  return typeof event.messageId === 'string' ? event.messageId : undefined;
}

/** The message that was named; else the one beside the event, if there is one. */
async function readMessage(
  event: unknown,
  path: string,
  named: string | undefined,
): Promise<Message | undefined> {
  const id = messageId(event);
  const beside = path.replace(/\.json$/, '.eml');
  const file = named ?? (beside !== path && existsSync(beside) ? beside : undefined);
  if (file === undefined) return undefined;
  if (id !== undefined) return { id, bytes: await readInput(file) };
  if (named !== undefined) throw new WrongUse('--message needs an event with a messageId');
  return undefined;
}

function readTimeout(text: string | undefined, handler: string): number {
  const seconds = text === undefined ? (TIMEOUT_S[handler] ?? RULE_TIMEOUT_S) : Number(text);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_S))
    throw new WrongUse(`--timeout takes seconds, up to ${MAX_TIMEOUT_S}; got "${text}"`);
  return seconds * 1000;
}

function readEndpoint(text: string | undefined): string | undefined {
  if (text !== undefined && (!URL.canParse(text) || !/^https?:/.test(text)))
    throw new WrongUse(`--aws-endpoint takes a URL such as http://127.0.0.1:8026; got "${text}"`);
  return text;
}

async function readPlan(args: string[]): Promise<Plan | 'help'> {
  const { values, positionals } = readArguments({ args, allowPositionals: true, options: OPTIONS });
  if (values.help === true) return 'help';
  const [handler, eventFile] = positionals;
  if (handler === undefined || eventFile === undefined || positionals.length !== 2)
    throw new WrongUse('give a handler and an event file');
  if (!HANDLERS.some((name) => name === handler))
    throw new WrongUse(`there is no handler "${handler}"; there are ${HANDLERS.join(', ')}`);
  const awsEndpoint = readEndpoint(values['aws-endpoint']);
  const zone = values.zone ?? (awsEndpoint === undefined ? join(SAMPLE, 'zone.db') : undefined);
  const path = eventPath(eventFile);
  const event = await readEvent(path);
  return {
    handler,
    event,
    policy: resolve(values.policy ?? join(SAMPLE, 'policy.yaml')),
    zone,
    message: await readMessage(event, path, values.message),
    awsEndpoint,
    timeoutMs: readTimeout(values.timeout, handler),
  };
}

/** Says on stderr what is wrong with the policy; true when it can be used. */
async function policyIsUsable(file: string): Promise<boolean> {
  const parsed = await readPolicyFile(file);
  if (!parsed.ok) process.stderr.write(`${parsed.problems.map(formatProblem).join('\n')}\n`);
  return parsed.ok;
}

async function call(plan: Plan, services: Services): Promise<InvokeOutcome> {
  const { handler, timeoutMs } = plan;
  const host = createLambdaHost({
    functions: [{ name: handler, handler, timeoutMs, memoryMb: MEMORY_MB }],
    distDir: DIST,
    environmentOf: () => services.environment,
    region: REGION,
    account: ACCOUNT,
    concurrency: 1,
  });
  try {
    return await host.invoke(handler, plan.event);
  } finally {
    await host.close();
  }
}

function failureText(outcome: Exclude<InvokeOutcome, { kind: 'answer' }>, plan: Plan): string {
  switch (outcome.kind) {
    case 'error':
      return `the function threw ${outcome.errorType}: ${outcome.errorMessage}`;
    case 'timeout':
      return `the function had not answered after ${plan.timeoutMs / 1000} s`;
    case 'crash':
      return `the function crashed: ${outcome.why}`;
  }
}

function report(outcome: InvokeOutcome, plan: Plan, services: Services): number {
  // A stack names places in a minified bundle: of no use to a person.
  for (const { stack: _, ...record } of outcome.logs) process.stderr.write(`${JSON.stringify(record)}\n`);
  const replaced = services.replaced();
  if (replaced !== undefined && plan.message !== undefined)
    process.stderr.write(
      `mailroom invoke: the function replaced the message: ${plan.message.bytes.length} bytes before, ${replaced.length} after\n`,
    );
  if (outcome.kind !== 'answer') {
    process.stderr.write(`mailroom invoke: ${failureText(outcome, plan)}\n`);
    return EXIT.findings;
  }
  process.stdout.write(`${JSON.stringify(outcome.payload)}\n`);
  return EXIT.fine;
}

/** `mailroom invoke`. Throws WrongUse. */
export async function run(args: string[]): Promise<number> {
  const plan = await readPlan(args);
  if (plan === 'help') {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  if (!(await policyIsUsable(plan.policy))) return EXIT.findings;
  const odd = oddEvent(plan);
  if (odd !== undefined) process.stderr.write(`mailroom invoke: ${odd}\n`);
  try {
    await build();
    const services = await startServices(plan);
    try {
      return report(await call(plan, services), plan, services);
    } finally {
      await services.close();
    }
  } catch (error) {
    if (!(error instanceof BuildFailed || error instanceof PermanentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.findings;
  }
}
