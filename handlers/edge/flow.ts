/**
 * A synchronous rule as a list of steps on one invocation: one Get (only if a step needs the message), at most one
 * object in S3 and one Put, one deadline, one merged answer. Everything that a retry repeats it repeats without
 * effect: the journal's keys are made from content and invocation, a rewritten message is known by its mark.
 *
 * Thrown, so that WorkMail calls again: what the policy wants retried, an event that is not WorkMail's, a policy or
 * environment that cannot be used. Everything else is answered.
 */
import type { Policy } from '../../shared/policy/types.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';
import {
  ANSWER_MARGIN_MS,
  createDeadline,
  type Deadline,
  SYNC_RULE_LIMIT_MS,
} from '../../shared/workmail/deadline.ts';
import { stricterOf } from '../../shared/workmail/disposition.ts';
import { type BuiltRuleResponse, buildRuleResponse } from '../../shared/workmail/response.ts';
import type { Disposition, RuleEvent, RuleResponse } from '../../shared/workmail/types.ts';
import { createInvocation, type Invocation } from './invocation.ts';
import type { LambdaContext } from './lambda.ts';
import { withFields } from './log.ts';
import { lambdaPorts, type Ports } from './ports.ts';
import { idFields, requireEvent } from './rule-event.ts';
import { DELIVER, logSkip, type Step } from './steps/step.ts';

export type RuleHandler = (rawEvent: unknown, context: LambdaContext) => Promise<RuleResponse>;

/**
 * Makes the handler of a synchronous rule. `steps` run in their order; `ports` is asked at each call, so that a wrong
 * environment is an error of the call and can be put right.
 */
export function createFlowHandler(steps: readonly Step[], ports: () => Ports = lambdaPorts): RuleHandler {
  return async (rawEvent, context) => {
    const edge = ports();
    const event = requireEvent(rawEvent);
    const deadline = createDeadline({
      remainingMs: () => context.getRemainingTimeInMillis(),
      limitMs: SYNC_RULE_LIMIT_MS,
      marginMs: ANSWER_MARGIN_MS,
      now: edge.now,
    });
    try {
      const policy = await withSignal(edge.loadPolicy(), deadline.signal);
      const invocation = start({ event, rawEvent, policy, deadline, edge });
      return respond(invocation, await runSteps(steps, invocation));
    } finally {
      deadline.dispose();
    }
  };
}

function start(parts: {
  readonly event: RuleEvent;
  readonly rawEvent: unknown;
  readonly policy: Policy;
  readonly deadline: Deadline;
  readonly edge: Ports;
}): Invocation {
  const { event, rawEvent, policy, deadline, edge } = parts;
  const log = withFields(edge.log, idFields(event));
  return createInvocation({ event, rawEvent, policy, deadline, ports: edge, log });
}

async function runSteps(steps: readonly Step[], invocation: Invocation): Promise<Disposition> {
  let disposition = DELIVER;
  for (const step of steps) {
    const idle = step.idle(invocation);
    if (idle !== undefined) logSkip(invocation, step.name, idle);
    else if (isGone(disposition)) logSkip(invocation, step.name, 'not-delivered');
    else disposition = stricterOf(disposition, await step.run(invocation));
  }
  return disposition;
}

/** Nobody will see it, so nothing needs to be done to it. Capture comes before any step that decides this. */
function isGone(disposition: Disposition): boolean {
  return disposition.type === 'DROP' || disposition.type === 'BOUNCE';
}

function respond(invocation: Invocation, disposition: Disposition): RuleResponse {
  const { event, policy, log } = invocation;
  const forEach = new Map(event.recipients.map((_, index) => [index, disposition]));
  const organizationDomains = policy.organization.domains;
  const built = buildRuleResponse(event, forEach, { organizationDomains });
  log(responseRecord(built, event));
  return built.response;
}

/** Recipients are told by number: the record holds no address. */
function responseRecord({ response, adjustments }: BuiltRuleResponse, event: RuleEvent) {
  return {
    level: 'info',
    event: 'response',
    actions: response.actions.map(({ action, recipients, allRecipients }) => ({
      type: action.type,
      recipients: allRecipients === true ? 'all' : (recipients?.length ?? 0),
    })),
    recipients: event.recipients.length,
    truncated: event.truncated,
    adjustments,
  } as const;
}
