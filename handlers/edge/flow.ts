/**
 * A synchronous rule as a list of steps on one invocation: one Get (only if a step needs the message), at most one
 * object in S3 and one Put, one deadline, one merged answer. Everything that a retry repeats it repeats without
 * effect: the journal's keys are made from content and invocation, a rewritten message is known by its mark.
 *
 * Thrown, so that WorkMail calls again: what the policy wants retried, an event that is not WorkMail's, an environment
 * that is wrong (a person must act, and until then WorkMail holds the mail for the rule timeout). Everything else is
 * answered; without any policy, by DEFAULT for everyone.
 */
import type { Policy } from '../../shared/policy/types.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';
import { ANSWER_MARGIN_MS, type Deadline, SYNC_RULE_LIMIT_MS } from '../../shared/workmail/deadline.ts';
import { combined } from '../../shared/workmail/disposition.ts';
import { type BuiltRuleResponse, buildRuleResponse } from '../../shared/workmail/response.ts';
import type { Disposition, RuleEvent, RuleResponse } from '../../shared/workmail/types.ts';
import { type Mode, readMode } from './environment.ts';
import { createInvocation, type Invocation } from './invocation.ts';
import type { LambdaContext } from './lambda.ts';
import { logOf, whyOf, withFields } from './log.ts';
import { lambdaPorts, type Ports } from './ports.ts';
import { idFields, requireEvent } from './rule-event.ts';
import { DELIVER, logSkip, type SoFar, type Step, type StepResult } from './steps/step.ts';
import { watched } from './watch.ts';

export type RuleHandler = (rawEvent: unknown, context: LambdaContext) => Promise<RuleResponse>;

/**
 * Makes the handler of a synchronous rule. `steps` run in their order; `ports` and `mode` are asked at each call, so
 * that a wrong environment is an error of the call and can be put right.
 */
export function createFlowHandler(
  steps: readonly Step[],
  ports: () => Ports = lambdaPorts,
  mode: () => Mode = readMode,
): RuleHandler {
  return async (rawEvent, context) => {
    const inForce = mode();
    if (inForce === 'off') return passAll(ports);
    const edge = ports();
    const event = requireEvent(rawEvent);
    const log = withFields(edge.log, idFields(event));
    const { now } = edge;
    const limits = { limitMs: SYNC_RULE_LIMIT_MS, marginMs: ANSWER_MARGIN_MS };
    return watched({ context, ...limits, now, log }, async (deadline) => {
      const policy = await policyFor(edge, deadline, log);
      const parts = { event, rawEvent, policy, mode: inForce, deadline, ports: edge, log };
      const invocation = createInvocation(parts);
      try {
        return respond(invocation, await runSteps(steps, invocation));
      } finally {
        await edge.policySaved(deadline.signal);
      }
    });
  };
}

/** Even an event that could not be read is answered: nothing here may come between WorkMail and the mail. */
function passAll(ports: () => Ports): RuleResponse {
  logOf(ports)({ level: 'info', event: 'skip', reason: 'off' });
  return { actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }] };
}

/**
 * The policy in force. Without one, not even a copy, mail is neither held back nor changed, and where there is a journal
 * bucket it is kept as `capture: true` alone says: whether records are wanted nobody can tell, and one that was not made
 * cannot be made later.
 */
async function policyFor(edge: Ports, deadline: Deadline, log: Ports['log']): Promise<Policy> {
  try {
    return await withSignal(edge.loadPolicy(deadline.remaining()), deadline.signal);
  } catch (error) {
    // Nothing was left for the message: it could not even be kept. The next try finds what this one asked for.
    if (deadline.signal.aborted) throw error;
    log({ level: 'error', event: 'policy', outcome: 'passed-without-policy', reason: whyOf(error) });
    const journal = { capture: true, onTimeout: 'retry', onTemporaryError: 'retry' } as const;
    return {
      version: 1,
      organization: { domains: [], trustSesHeaders: 'never' },
      rules: [],
      lists: new Map(),
      ...(edge.journalBucket === undefined ? {} : { journal }),
    };
  }
}

async function runSteps(steps: readonly Step[], invocation: Invocation): Promise<SoFar> {
  const { recipients } = invocation.event;
  let soFar: SoFar = {
    dispositions: recipients.map(() => DELIVER),
    everyone: DELIVER,
    othersDiffer: false,
    added: [],
    recordMissing: false,
    dmarc: undefined,
    evidence: undefined,
    authField: undefined,
  };
  for (const step of steps) {
    const idle = step.idle(invocation);
    if (idle !== undefined) logSkip(invocation, step.name, idle);
    else if (isGone(soFar, invocation.event)) logSkip(invocation, step.name, 'not-delivered');
    else soFar = merged(soFar, await step.run(invocation, soFar));
  }
  return soFar;
}

function merged(soFar: SoFar, result: StepResult): SoFar {
  const { dispositions: wanted, rest, added = [], recordMissing } = result;
  const wantedFor = (index: number): Disposition => ('type' in wanted ? wanted : (wanted[index] ?? DELIVER));
  return {
    dispositions: soFar.dispositions.map((before, index) => combined(before, wantedFor(index))),
    everyone: combined(soFar.everyone, 'type' in wanted ? wanted : (rest ?? DELIVER)),
    othersDiffer: soFar.othersDiffer || rest !== undefined,
    added: [...soFar.added, ...added],
    recordMissing: soFar.recordMissing || recordMissing === true,
    dmarc: result.dmarc ?? soFar.dmarc,
    evidence: result.evidence ?? soFar.evidence,
    authField: result.authField ?? soFar.authField,
  };
}

/** Nobody will see it, so nothing needs to be done to it. Capture comes before any step that decides this. */
function isGone({ dispositions, everyone, othersDiffer, added }: SoFar, { truncated }: RuleEvent): boolean {
  // A truncated event may show nobody, or those alone who do not get it.
  const hidden = dispositions.length === 0 || (truncated && othersDiffer);
  const all = hidden ? [...dispositions, everyone] : dispositions;
  return added.length === 0 && all.every(({ type }) => type === 'DROP' || type === 'BOUNCE');
}

function respond(
  invocation: Invocation,
  { dispositions, everyone, othersDiffer, added }: SoFar,
): RuleResponse {
  const { event, policy, log } = invocation;
  const organizationDomains = policy.organization.domains;
  const options = { organizationDomains, addedRecipients: added, everyone, othersDiffer };
  const built = buildRuleResponse(event, new Map(dispositions.entries()), options);
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
