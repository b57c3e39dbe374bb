/**
 * Asks for free/busy times as WorkMail does (Administrator Guide, "Custom availability providers"): the mailboxes of a
 * domain go to the domain's provider in one call, which has 25 s; when it fails, its mailboxes fail and no others.
 */
import { randomUUID } from 'node:crypto';
import type { CapEventResponse, CapWorkingHoursResponse } from '../../shared/workmail/cap.ts';
import type { InvokeOutcome, LambdaInvoker } from '../types.ts';
import { checkAnswer } from './answer.ts';
import { type AvailabilityRecord, appendAvailability } from './audit-log.ts';
import { ewsWord } from './error-words.ts';
import { type AvailabilityProvider, functionNameOf } from './settings.ts';

/** "WorkMail waits 25 s for the function." */
export const PROVIDER_TIMEOUT_MS = 25_000;

/** A function chooses its words; what is longer is no word, and would fill the audit log. */
const MAX_WORD_CHARS = 100;

export interface Requester {
  readonly email: string;
  readonly userName: string;
  readonly userId: string;
  /** Address of who asks. */
  readonly origin: string;
}

export interface Question {
  readonly requester: Requester;
  /** In lower case, each once. */
  readonly mailboxes: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

export type MailboxResult = { readonly mailbox: string } & (
  | {
      readonly kind: 'times';
      readonly events: readonly CapEventResponse[];
      readonly workingHours?: CapWorkingHoursResponse;
    }
  /** `error` is the word of EWS that the user's program gets; `why` is for the administrator. */
  | { readonly kind: 'error'; readonly error: string; readonly why: string }
);

export interface AskOptions {
  readonly organization: {
    readonly id: string;
    readonly region: string;
    readonly account: string;
    readonly domains: readonly string[];
  };
  /** As they are set at the time of a question. */
  readonly providers: () => readonly AvailabilityProvider[];
  readonly invoker: LambdaInvoker;
  readonly dataDir: string;
  /** How much faster than WorkMail's the 25 s pass. */
  readonly timeScale: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The mailboxes of one domain and who is asked about them. */
interface Part {
  readonly domain: string;
  readonly provider: AvailabilityProvider | undefined;
  readonly mailboxes: readonly string[];
}

function failed(mailbox: string, word: string, why: string): MailboxResult {
  return { mailbox, kind: 'error', error: ewsWord(word), why };
}

function domainOf(mailbox: string): string {
  return mailbox.slice(mailbox.lastIndexOf('@') + 1);
}

function partsOf(mailboxes: readonly string[], providers: readonly AvailabilityProvider[]): readonly Part[] {
  const byDomain = Map.groupBy(mailboxes, domainOf);
  return [...byDomain].map(([domain, own]) => ({
    domain,
    provider: providers.find((one) => one.domain === domain),
    mailboxes: own,
  }));
}

/** The event exactly as the guide prints it. */
function eventOf(question: Question, mailboxes: readonly string[], organizationId: string): object {
  const { email, userName, userId, origin } = question.requester;
  return {
    requester: { email, userName, organization: organizationId, userId, origin },
    mailboxes,
    window: {
      startDate: new Date(question.startMs).toISOString(),
      endDate: new Date(question.endMs).toISOString(),
    },
  };
}

async function invokeInTime(options: AskOptions, name: string, event: object): Promise<InvokeOutcome> {
  const timeoutMs = PROVIDER_TIMEOUT_MS / options.timeScale;
  let timer: NodeJS.Timeout | undefined;
  // Nobody listens any longer to a function that answers late.
  const late = new Promise<InvokeOutcome>((resolve) => {
    const outcome: InvokeOutcome = { kind: 'timeout', durationMs: timeoutMs, coldStart: false, logs: [] };
    timer = setTimeout(() => resolve(outcome), timeoutMs);
  });
  try {
    return await Promise.race([options.invoker.invoke(name, event), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why the function gave no answer, as a word of the provider's contract and as a sentence; undefined when it did. */
function troubleOf(outcome: InvokeOutcome): { readonly word: string; readonly why: string } | undefined {
  switch (outcome.kind) {
    case 'answer':
      return undefined;
    case 'timeout':
      return { word: 'ErrorTimeoutExpired', why: 'the function did not answer in time' };
    case 'error':
      return {
        word: 'ErrorFreeBusyGenerationFailed',
        why: `the function failed: ${outcome.errorType.slice(0, MAX_WORD_CHARS)}`,
      };
    case 'crash':
      return { word: 'ErrorFreeBusyGenerationFailed', why: `the function crashed: ${outcome.why}` };
  }
}

function resultOf(mailbox: string, answers: ReturnType<typeof checkAnswer>): MailboxResult {
  const answer = answers.get(mailbox) ?? { kind: 'wrong', why: 'the answer leaves the mailbox out' };
  switch (answer.kind) {
    case 'events': {
      const { events, workingHours } = answer;
      return { mailbox, kind: 'times', events, ...(workingHours === undefined ? {} : { workingHours }) };
    }
    case 'error':
      return failed(
        mailbox,
        answer.word,
        `the provider answered ${JSON.stringify(answer.word.slice(0, MAX_WORD_CHARS))}`,
      );
    case 'wrong':
      return failed(mailbox, 'ErrorResponseSchemaValidation', answer.why);
  }
}

interface Asked {
  readonly results: readonly MailboxResult[];
  /** Absent when the provider answered as it should; its errors of single mailboxes are such an answer. */
  readonly failure?: string;
}

async function askFunction(options: AskOptions, question: Question, part: Part, arn: string): Promise<Asked> {
  const event = eventOf(question, part.mailboxes, options.organization.id);
  const outcome = await invokeInTime(options, functionNameOf(arn), event);
  const trouble = troubleOf(outcome);
  if (trouble !== undefined)
    return {
      results: part.mailboxes.map((mailbox) => failed(mailbox, trouble.word, trouble.why)),
      failure: trouble.why,
    };
  const answers = checkAnswer(part.mailboxes, outcome.kind === 'answer' ? outcome.payload : undefined);
  const wrong = [...answers.values()].find((answer) => answer.kind === 'wrong');
  const results = part.mailboxes.map((mailbox) => resultOf(mailbox, answers));
  return { results, ...(wrong === undefined ? {} : { failure: wrong.why }) };
}

function auditRecord(
  options: AskOptions,
  question: Question,
  provider: AvailabilityProvider,
  failure: string | undefined,
): AvailabilityRecord {
  const { region, account, id } = options.organization;
  const { lambdaArn, ewsEndpoint } = provider;
  return {
    event_timestamp: options.now(),
    request_id: randomUUID(),
    organization_arn: `arn:aws:workmail:${region}:${account}:organization/${id}`,
    user_id: question.requester.userId,
    type: lambdaArn === undefined ? 'EWS' : 'LAMBDA',
    domain: provider.domain,
    ...(lambdaArn === undefined ? {} : { function_arn: lambdaArn }),
    ...(ewsEndpoint === undefined ? {} : { ews_endpoint: ewsEndpoint }),
    ...(failure === undefined ? {} : { error_message: failure }),
    availability_event_successful: failure === undefined,
  };
}

async function askPart(options: AskOptions, question: Question, part: Part): Promise<Asked> {
  const { domain, provider, mailboxes } = part;
  const all = (word: string, why: string): Asked => ({
    results: mailboxes.map((mailbox) => failed(mailbox, word, why)),
    failure: why,
  });
  if (options.organization.domains.includes(domain))
    return all('ErrorFreeBusyGenerationFailed', 'the stand-in keeps no calendars for its own mailboxes');
  if (provider === undefined)
    return all('ErrorAvailabilityConfigNotFound', `no availability provider is set for ${domain}`);
  const asked =
    provider.lambdaArn === undefined
      ? all('ErrorFreeBusyGenerationFailed', 'the stand-in does not call EWS endpoints')
      : await askFunction(options, question, part, provider.lambdaArn);
  await appendAvailability(options.dataDir, auditRecord(options, question, provider, asked.failure));
  return asked;
}

/** One result for each mailbox, in the question's order. Providers are asked beside each other. */
export async function askFreeBusy(
  options: AskOptions,
  question: Question,
): Promise<readonly MailboxResult[]> {
  const parts = partsOf(question.mailboxes, options.providers());
  const asked = await Promise.all(parts.map((part) => askPart(options, question, part)));
  const results = new Map(asked.flatMap((one) => one.results).map((result) => [result.mailbox, result]));
  return question.mailboxes.flatMap((mailbox) => results.get(mailbox) ?? []);
}
