/** Whom no notice answers: machines, lists, and nobody at all (RFC 3834 §2); and which message is a notice itself. */
import type { SesEvidence } from '../auth/types.ts';
import { headerField } from '../mime/header.ts';
import { rawHeaderText } from '../mime/header-text.ts';
import { isAutomatic } from '../mime/message-kinds.ts';
import type { Message } from '../mime/types.ts';
import { NOTICE_HEADER } from './notice.ts';

const NOTICE = /^v1 ([0-9a-f]{32})$/;

/**
 * The id of the notice that a message says it is; undefined when it says none. Anybody can write the field, so whoever
 * asks must know whether a notice with this id was sent.
 */
export function claimedNotice(message: Message): string | undefined {
  const field = headerField(message.root.header, NOTICE_HEADER);
  return field === undefined ? undefined : NOTICE.exec(rawHeaderText(message, field).trim())?.[1];
}

/**
 * Why nobody outside is told anything because of this message; undefined when they may be. `mailFrom` is the author as the
 * event names it, empty for a null sender.
 */
export function noAnswerBecause(
  message: Message,
  mailFrom: string,
  evidence: SesEvidence,
): 'null-sender' | 'automatic' | undefined {
  if (mailFrom === '') return 'null-sender';
  if (isAutomatic(message)) return 'automatic';
  return evidence.state === 'present' && evidence.automatic === true ? 'automatic' : undefined;
}
