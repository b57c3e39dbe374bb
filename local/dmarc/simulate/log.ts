/**
 * Runs a policy over WorkMail's event log, which has SES's verdicts and no message; and reads what the function itself decided from its
 * own log. Hence what each can tell: the event log knows no signer, so exceptions do not show; the function's log knows no address.
 */
import type { DmarcContext } from '../../../shared/auth/dmarc/decision-types.ts';
import type { DmarcDiscovery } from '../../../shared/auth/dmarc/discover.ts';
import { asciiDomain } from '../../../shared/auth/domain.ts';
import type { DmarcEvidence, Evidence } from '../../../shared/auth/evidence-types.ts';
import type { DmarcAction, DmarcPolicy, Policy } from '../../../shared/policy/types.ts';
import { simulatedMessage } from './messages.ts';
import type { NativeAction, SimulatedMessage } from './types.ts';

type LogRecord = Readonly<Record<string, unknown>>;

const ACTIONS: readonly DmarcAction[] = ['default', 'junk', 'bounce', 'drop', 'neverJunk'];
const PUBLISHED = ['none', 'quarantine', 'reject'] as const;

/** SES's words for a verdict; GRAY: no policy, or nothing to say. */
const RESULTS: Readonly<Record<string, DmarcEvidence['result']>> = {
  PASS: 'pass',
  FAIL: 'fail',
  GRAY: 'none',
  PROCESSING_FAILED: 'temperror',
};

/** One word stands for all of these. */
const SES_COULD_NOT =
  'SES could not decide about DMARC; the event log does not say whether the DNS failed, or From has no author or several.';

/** ORGANIZATION_EMAIL_RECEIVED under a policy; undefined for another event. */
export function simulateEvent(
  traceId: string,
  event: LogRecord,
  { policy, dmarc, nowMs }: { readonly policy: Policy; readonly dmarc: DmarcPolicy; readonly nowMs: number },
): SimulatedMessage | undefined {
  if (event['eventName'] !== 'ORGANIZATION_EMAIL_RECEIVED') return undefined;
  const recipients = Array.isArray(event['recipients']) ? event['recipients'] : [];
  const context: DmarcContext = {
    organization: policy.organization,
    recipients: recipients.filter((one) => typeof one === 'string').map((one) => one.toLowerCase()),
    lists: policy.lists,
    nowMs,
  };
  const message = simulatedMessage(traceId, evidenceOf(event), dmarc, context);
  return message.undecidedBySes === true ? { ...message, text: SES_COULD_NOT } : message;
}

/** The verdict is SES's own word: nothing that a sender wrote is in it. */
function evidenceOf(event: LogRecord): Evidence {
  const { dmarcVerdict, dmarcPolicy } = event;
  const result = RESULTS[String(dmarcVerdict)] ?? 'unknown';
  const from = String(event['from'] ?? '');
  const domain = asciiDomain(from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, ''));
  const author: Evidence['author'] =
    domain === undefined || !from.includes('@')
      ? { kind: 'unreadable', why: 'the log has no address that can be read' }
      : { kind: 'one', domain, address: from };
  const published = PUBLISHED.find((word) => word === String(dmarcPolicy).toLowerCase());
  return {
    author,
    displayName: '',
    ses: { state: 'absent', why: 'the event log has verdicts and no header' },
    dkim: [],
    arc: undefined,
    spf: undefined,
    dmarc: { result, source: 'ses', proved: result === 'pass', aligned: [] },
    discovery: published === undefined || domain === undefined ? undefined : publishedAt(domain, published),
    candidates: [],
    list: undefined,
    gateway: undefined,
    automatic: false,
    queries: 0,
  };
}

function publishedAt(domain: string, published: (typeof PUBLISHED)[number]): DmarcDiscovery {
  return {
    record: undefined,
    at: domain,
    orgDomain: undefined,
    published,
    from: 'p',
    testing: false,
    queries: 0,
  };
}

/** What the function decided, and would have done had it enforced; undefined for another record. */
export function readDecision(record: LogRecord): SimulatedMessage | undefined {
  const { event, step, outcome, wouldBe, reason, text, published, exception, expired } = record;
  if (event !== 'decision' || step !== 'dmarc' || typeof reason !== 'string') return undefined;
  const action = ACTIONS.find((one) => one === (wouldBe ?? outcome));
  if (action === undefined) return undefined;
  const id = record['messageId'] ?? record['invocationId'];
  return {
    id: typeof id === 'string' ? id : '',
    domain: '',
    reason,
    action,
    workmail: nativeOf(record),
    text: typeof text === 'string' ? text : '',
    ...(typeof published === 'string' ? { published } : {}),
    ...(typeof exception === 'string' ? { exception } : {}),
    ...(typeof expired === 'string' ? { expired } : {}),
  };
}

function nativeOf({ dmarc, published }: LogRecord): NativeAction {
  if (dmarc !== 'fail') return dmarc === undefined ? 'unknown' : 'default';
  if (published === 'reject') return 'drop';
  if (published === 'quarantine') return 'junk';
  return published === 'none' ? 'default' : 'unknown';
}
