/** The door of the availability provider: decodes the question, makes the ports, encodes the answers. */
import { answerMailboxes, type FailureReason, type MailboxAnswer } from '../../shared/calendar/index.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';
import {
  type CapAnswer,
  type CapError,
  type CapRequest,
  type CapResponse,
  decodeCapRequest,
  encodeCapResponse,
} from '../../shared/workmail/cap.ts';
import { CAP_LIMIT_MS, type Deadline } from '../../shared/workmail/deadline.ts';
import type { LambdaContext } from '../edge/lambda.ts';
import { logOf, whyOf } from '../edge/log.ts';
import { watched } from '../edge/watch.ts';
import { type CalendarPorts, lambdaCalendarPorts } from './ports.ts';

/** Kept back: the answer may be megabytes, and a calendar that is being expanded is not interrupted. */
const AVAILABILITY_MARGIN_MS = 3_000;

/**
 * The errors that WorkMail knows (Administrator Guide, "Building the custom availability provider Lambda function").
 * A requester that may not ask is `failed`: Exchange's ErrorNoFreeBusyAccess is not among them and would be shown as
 * ErrorFreeBusyGenerationFailed anyway.
 */
const ERRORS: Readonly<Record<FailureReason, CapError>> = {
  'not-found': 'MailboxNotFound',
  'no-configuration': 'ErrorAvailabilityConfigNotFound',
  busy: 'ErrorServerBusy',
  timeout: 'ErrorTimeoutExpired',
  unreadable: 'ErrorResponseSchemaValidation',
  failed: 'ErrorFreeBusyGenerationFailed',
};

export type AvailabilityHandler = (rawEvent: unknown, context: LambdaContext) => Promise<CapResponse>;

/** `ports` is asked at each call, so that a wrong environment is an error of the call and can be put right. */
export function createAvailabilityHandler(
  ports: () => CalendarPorts = lambdaCalendarPorts,
): AvailabilityHandler {
  return async (rawEvent, context) => {
    const decoded = decodeCapRequest(rawEvent);
    if (decoded.kind === 'unreadable') {
      // TestAvailabilityConfiguration sends something undocumented; an empty answer passes as one, and nothing failed.
      const event = decoded.mailboxes.length === 0 ? 'skip' : 'failure';
      logOf(ports)({ level: 'warn', event, problems: decoded.problems });
      return encodeCapResponse(decoded, sameAnswer(decoded.mailboxes, 'failed')).response;
    }
    const { request } = decoded;
    try {
      const edge = ports();
      const limits = { limitMs: CAP_LIMIT_MS, marginMs: AVAILABILITY_MARGIN_MS };
      return await watched({ context, ...limits, now: edge.now, log: edge.log }, (deadline) =>
        answer(request, deadline, edge),
      );
    } catch (error) {
      const reason = reasonOf(error);
      logOf(ports)({ level: 'error', event: 'failure', reason, why: whyOf(error) });
      return encodeCapResponse(request, sameAnswer(request.mailboxes, reason)).response;
    }
  };
}

async function answer(request: CapRequest, deadline: Deadline, ports: CalendarPorts): Promise<CapResponse> {
  const policy = await policyFor(ports, deadline);
  if (policy === undefined) {
    return encodeCapResponse(request, sameAnswer(request.mailboxes, 'failed')).response;
  }
  try {
    const answers = await answerMailboxes(
      { requester: request.requester.email, mailboxes: request.mailboxes, window: request.window },
      policy.availability,
      { io: ports.io, log: ports.log, deadline },
    );
    return encode(request, answers, policy, ports.log);
  } finally {
    await ports.policySaved(deadline.signal);
  }
}

/** Undefined, and logged, when there is neither a policy nor a copy: then nobody knows whose calendars are where. */
async function policyFor(ports: CalendarPorts, deadline: Deadline): Promise<Policy | undefined> {
  try {
    return await withSignal(ports.loadPolicy(deadline.remaining()), deadline.signal);
  } catch (error) {
    if (deadline.signal.aborted) throw error;
    ports.log({ level: 'error', event: 'policy', outcome: 'none', reason: whyOf(error) });
    return undefined;
  }
}

function encode(
  request: CapRequest,
  answers: ReadonlyMap<string, MailboxAnswer>,
  policy: Policy,
  log: Log,
): CapResponse {
  const encoded = encodeCapResponse(
    request,
    new Map([...answers].map(([mailbox, made]) => [mailbox, capAnswerOf(made)])),
    { biasConvention: policy.availability?.biasConvention ?? 'ews' },
  );
  if (encoded.adjustments.length > 0) {
    log({ level: 'warn', event: 'decision', adjustments: encoded.adjustments });
  }
  return encoded.response;
}

function capAnswerOf(made: MailboxAnswer): CapAnswer {
  if (made.kind === 'failure') return { kind: 'error', error: ERRORS[made.reason] };
  const { events, workingTime } = made;
  return { kind: 'events', events, ...(workingTime === undefined ? {} : { workingHours: workingTime }) };
}

function sameAnswer(mailboxes: readonly string[], reason: FailureReason): ReadonlyMap<string, CapAnswer> {
  return new Map(mailboxes.map((mailbox) => [mailbox, { kind: 'error', error: ERRORS[reason] }]));
}

/** What kept the answer, or the ports, from being had. */
function reasonOf(error: unknown): FailureReason {
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof TemporaryError) return 'busy';
  return error instanceof PermanentError ? 'no-configuration' : 'failed';
}
