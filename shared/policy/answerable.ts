/** Whether the sender of a message may be answered: a bounce to somebody who did not write is spam in our name. */
import type { MessageKind } from '../mime/message-kinds.ts';
import type { MessageFacts } from './message-facts.ts';

/** RFC 3834 §2: what must not be answered by a machine. */
const SILENT: readonly MessageKind[] = ['report', 'autoReply', 'readReceipt', 'list'];

/** Why a message must not be answered; undefined where it may be. One of a few fixed sentences. */
export function whyNotAnswered(facts: MessageFacts): string | undefined {
  const { evidence, envelopeSender, evidenceTrusted } = facts;
  // A signed-in user of the organization hears of it in any case.
  if (facts.direction === 'outbound') return undefined;
  if (envelopeSender === '') return 'it has no envelope sender';
  // Without trust anyone can write the block of SES, and let us answer somebody else.
  if (!evidenceTrusted) return 'the headers of SES are not proved (trustSesHeaders)';
  if (
    evidence.state !== 'present' ||
    evidence.spf?.result !== 'pass' ||
    evidence.spf.envelopeFromDomain === undefined
  )
    return 'nothing proves its envelope sender';
  if (evidence.automatic === true) return 'it is a report, an automatic answer or list mail';
  const kinds = facts.messageKinds();
  return SILENT.some((kind) => kinds.has(kind))
    ? 'it is a report, an automatic answer or list mail'
    : undefined;
}

/** Whether the sender of a message may be answered. */
export function mayBeAnswered(facts: MessageFacts): boolean {
  return whyNotAnswered(facts) === undefined;
}
