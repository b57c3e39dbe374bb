/** What is known about who sent a message, gathered when a step first asks, within a part of the time that there is. */
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import type { Evidence } from '../../shared/auth/evidence-types.ts';
import { TemporaryError } from '../../shared/errors.ts';
import type { Message } from '../../shared/mime/types.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';
import type { Deadline } from '../../shared/workmail/deadline.ts';
import type { Ports } from './ports.ts';

/** Name servers are the sender's choice: slow ones may not eat the 15 s in which the rules too must be asked and answered. */
const DNS_BUDGET_MS = 5_000;
const DNS_PART = 0.4;

export interface GatherInput {
  readonly policy: Policy;
  readonly ports: Pick<Ports, 'lookupDns' | 'now'>;
  readonly deadline: Deadline;
}

/** Throws the DeadlineError when the invocation ends; every other failure of the DNS is in the evidence. */
export async function gather({ policy, ports, deadline }: GatherInput, message: Message): Promise<Evidence> {
  const { gatherEvidence } = await import('../../shared/auth/evidence.ts');
  const { organization, dmarc } = policy;
  return gatherEvidence({
    message,
    organization,
    ...(dmarc === undefined ? {} : { dmarc }),
    lookupDns: within(ports.lookupDns, Math.min(deadline.remaining() * DNS_PART, DNS_BUDGET_MS)),
    signal: deadline.signal,
    nowMs: ports.now(),
  });
}

/** After `budgetMs` each look-up ends as one that got no answer: what depends on it is unknown, and the message goes on. */
function within(lookup: LookupDns, budgetMs: number): LookupDns {
  const over = new AbortController();
  const reason = new TemporaryError('dns: the time for look-ups is over');
  setTimeout(() => over.abort(reason), Math.floor(budgetMs)).unref();
  return async (name, type, signal) => {
    if (over.signal.aborted) throw reason;
    const either = AbortSignal.any([signal, over.signal]);
    return withSignal(lookup(name, type, either), either);
  };
}
