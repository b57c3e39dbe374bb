/** Runs a policy over messages: the evidence is gathered and the decision made by what the function runs. */
import { decideDmarc } from '../../../shared/auth/dmarc/decide.ts';
import type { DmarcContext } from '../../../shared/auth/dmarc/decision-types.ts';
import { effectivePolicy } from '../../../shared/auth/dmarc/discover.ts';
import { createDnsCache } from '../../../shared/auth/dns/cache.ts';
import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import { gatherEvidence } from '../../../shared/auth/evidence.ts';
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { headerField, parseMessage, rawHeaderText } from '../../../shared/mime/index.ts';
import type { Message } from '../../../shared/mime/types.ts';
import type { DmarcPolicy, Policy } from '../../../shared/policy/types.ts';
import type { NativeAction, Part, SimulatedMessage } from './types.ts';

export interface MessageFile {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Envelope recipients, lower case; empty where they are not known. */
  readonly recipients: readonly string[];
}

export interface MessageSimulation {
  readonly policy: Policy;
  readonly dmarc: DmarcPolicy;
  readonly lookupDns: LookupDns;
  readonly nowMs: number;
}

/** A function has 15 s; a DNS that hangs must not hold up thousands of messages for longer than that. */
const MAX_MS = 15_000;
const CACHE = { maxEntries: 20_000, ttlMs: 3_600_000 };

/** Decides about one message after another; the DNS is asked once for what several ask. Undefined for a file that is no message. */
export function simulateMessages(
  simulation: MessageSimulation,
): (file: MessageFile) => Promise<SimulatedMessage | undefined> {
  const cache = createDnsCache({ now: () => performance.now(), ...CACHE });
  return async ({ id, bytes, recipients }) => {
    const message = parseMessage(bytes);
    if (!isMail(message)) return undefined;
    const { policy, dmarc, lookupDns, nowMs } = simulation;
    const { organization } = policy;
    const evidence = await gatherEvidence({
      message,
      organization,
      dmarc,
      lookupDns,
      cache,
      signal: AbortSignal.timeout(MAX_MS),
      nowMs: sentAt(message) ?? nowMs,
    });
    const context: DmarcContext = { organization, recipients, lists: policy.lists, nowMs };
    return simulatedMessage(id, evidence, dmarc, context);
  };
}

/** Every message has one of these from its sender or from those who carried it; other text with colons (YAML) has none. */
const MAIL_FIELDS = ['From', 'Received', 'Return-Path', 'Date', 'Message-ID'];

function isMail(message: Message): boolean {
  return MAIL_FIELDS.some((name) => headerField(message.root.header, name) !== undefined);
}

/** The decision in the words of a simulation. */
export function simulatedMessage(
  id: string,
  evidence: Evidence,
  policy: DmarcPolicy,
  context: DmarcContext,
): SimulatedMessage {
  const decision = decideDmarc(evidence, inFull(policy), context);
  const now = partOf(policy) && decideDmarc(evidence, { ...policy, mode: 'enforce' }, context).action;
  const { reason, wouldBe, text, published, exception, expired, temporary } = decision;
  return {
    id,
    domain: evidence.author.kind === 'one' ? evidence.author.domain : '',
    reason,
    action: wouldBe,
    ...(now === undefined ? {} : { now }),
    workmail: nativeAction(evidence),
    text,
    ...(published === undefined ? {} : { published }),
    ...(exception === undefined ? {} : { exception: exception.reason }),
    ...(expired === undefined ? {} : { expired: expired.reason }),
    ...(temporary === undefined ? {} : { temporary }),
    ...(reason === 'unknown-temperror' && temporary === undefined ? { undecidedBySes: true } : {}),
  };
}

/** The policy, enforced for all. */
function inFull({ ramp: _, ...policy }: DmarcPolicy): DmarcPolicy {
  const recipients = policy.recipients.map((entry) => ({ ...entry, mode: 'enforce' as const }));
  return { ...policy, mode: 'enforce', recipients };
}

/** For which part of the mail the policy enforces; undefined where for all. */
export function partOf({ ramp, recipients }: DmarcPolicy): Part | undefined {
  const watches = recipients.some(({ mode }) => mode === 'monitor');
  if (ramp === undefined && !watches) return undefined;
  return { ...(ramp === undefined ? {} : { share: ramp.share }), ...(watches ? { watches } : {}) };
}

/**
 * WorkMail goes by SES's result and by what the domain publishes: quarantine is Junk, reject is dropped. Without SES's word
 * the result that was found here stands for it.
 */
function nativeAction({ ses, dmarc, discovery }: Evidence): NativeAction {
  const result = ses.state === 'present' ? ses.dmarc.result : dmarc.result;
  if (result !== 'fail') return 'default';
  if (discovery === 'temporary') return 'unknown';
  if (discovery === undefined || discovery.published === 'no-record') return 'default';
  const effective = effectivePolicy(discovery.published, discovery.testing);
  return effective === 'none' ? 'default' : effective === 'quarantine' ? 'junk' : 'drop';
}

/** Signatures expire: they are judged as of when the message was sent. A date that is wrong only counts here. */
function sentAt(message: Message): number | undefined {
  const field = headerField(message.root.header, 'date');
  const time = field === undefined ? Number.NaN : Date.parse(rawHeaderText(message, field).slice(0, 100));
  return Number.isNaN(time) ? undefined : time;
}
