/** Small facts about a message that rules ask for: importance, charsets, whether it answers another. */
import { charsetLabel } from './charset.ts';
import { headerField, headerFields } from './header.ts';
import { headerText, rawHeaderText } from './header-text.ts';
import { MAX_REPLY_PREFIXES } from './limits.ts';
import type { Message } from './types.ts';

export type Importance = 'low' | 'normal' | 'high';

/** As mail programs do: Importance (RFC 4021 §2.1.54), then X-Priority and Priority (RFC 2156 §5.3.6), then X-MSMail-Priority. */
export function importanceOf(message: Message): Importance {
  for (const name of ['importance', 'x-priority', 'priority', 'x-msmail-priority']) {
    const field = headerField(message.root.header, name);
    const level = field === undefined ? undefined : levelOf(rawHeaderText(message, field));
    if (level !== undefined) return level;
  }
  return 'normal';
}

/** X-Priority counts from 1 (highest) to 5, often with the word behind it. */
function levelOf(value: string): Importance | undefined {
  const word = /^[a-z0-9-]+/.exec(value.toLowerCase())?.[0];
  if (word === 'high' || word === 'highest' || word === 'urgent' || word === '1' || word === '2')
    return 'high';
  if (word === 'low' || word === 'lowest' || word === 'non-urgent' || word === '4' || word === '5')
    return 'low';
  return word === 'normal' || word === '3' ? 'normal' : undefined;
}

/** Stops a message that names a charset in each of ten thousand parts from giving the rules as many to compare. */
const MAX_CHARSETS = 100;

/** The charsets that parts and encoded words of the Subject name, lower case, each once, in the order of the message. */
export function charsetsOf(message: Message): readonly string[] {
  const found = new Set<string>();
  for (const field of headerFields(message.root.header, 'subject').slice(0, 1)) {
    for (const [, charset] of rawHeaderText(message, field).matchAll(
      /=\?([!-)+->@-~]{1,60})(?:\*[!->@-~]*)?\?[bq]\?/gi,
    )) {
      if (charset !== undefined && found.size < MAX_CHARSETS) found.add(charsetLabel(charset));
    }
  }
  for (const part of message.parts) {
    if (found.size >= MAX_CHARSETS) break;
    const charset = part.contentType.parameters.get('charset');
    if (charset !== undefined && charset !== '') found.add(charsetLabel(charset));
  }
  return [...found];
}

/**
 * What mail programs put before the subject of an answer, in the languages in which WorkMail's and Outlook's web clients are
 * offered; a number may stand in it (`Re[2]:`). Forwarding marks are none of them.
 */
const REPLY_PREFIX =
  /^(?:re|aw|antw|antwort|sv|vs|vá|odp|odpověď|rif|res|resp|réf|rép|ynt|yn|atb|απ|σχετ|отв|ответ|відп|回复|回覆|答复|返信|回信|답장|رد|השב|ตอบ)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:：]\s*/i;
const FORWARD_PREFIX = /^(?:fwd?|wg|tr|i|rv|enc|doorst|vl|转发|轉寄|転送)\s*[:：]\s*/i;

/** A reply names what it answers (RFC 5322 §3.6.4), or its subject says so. */
export function isReply(message: Message): boolean {
  const { header } = message.root;
  const names = headerFields(header, 'in-reply-to').concat(headerFields(header, 'references'));
  if (names.some((field) => rawHeaderText(message, field) !== '')) return true;
  const subject = headerField(header, 'subject');
  return subject !== undefined && hasReplyPrefix(headerText(message, subject));
}

/** Behind tags in brackets (`[EXTERNAL] Re: …`) and forwarding marks too. */
function hasReplyPrefix(subject: string): boolean {
  let rest = subject.slice(0, 1000).trimStart();
  for (let step = 0; step < MAX_REPLY_PREFIXES; step++) {
    if (REPLY_PREFIX.test(rest)) return true;
    const shorter = rest.replace(/^\[[^\]]*\]\s*/, '').replace(FORWARD_PREFIX, '');
    if (shorter === rest) return false;
    rest = shorter;
  }
  return false;
}
