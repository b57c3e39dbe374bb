/** What a recipient is told of a message that was put into quarantine. */
import { mailDate, oneLine } from './addresses.ts';

/** Of each line that the sender wrote: enough to know the message again, too little for a letter of its own. */
const MAX_SENDER_CHARS = 120;
/** Of the rule's name and reason, which the policy's author wrote. */
const MAX_RULE_CHARS = 400;
/** What mail programs make links of: a dot before the next letter, and a scheme. */
const LINKING_DOT = /[.\u3002\uff0e\uff61](?=\S)/gu;
const LINKING_COLON = /[:\uff1a](?=\S)/gu;

export interface HeldMessage {
  /** Of the quarantine; what an administrator is to be told. */
  readonly id: string;
  /** As the sender wrote them, decoded; empty where there is none. */
  readonly from: string;
  readonly subject: string;
  /** When it was held. */
  readonly heldAtMs: number;
  readonly rule: string;
  /** The rule's reason, where it has one. */
  readonly reason: string | undefined;
}

/**
 * Subject and text of the notice. The subject holds nothing of the sender's: it is the first that is read. Two lines do,
 * cut, and written so that no mail program makes a link of them: the notice comes from an address that people trust.
 */
export function heldNotice(held: HeldMessage): { readonly subject: string; readonly text: string } {
  const line = (text: string) => unlinked(oneLine(text, MAX_SENDER_CHARS)) || '(none)';
  const why = held.reason === undefined ? held.rule : `${held.rule}: ${held.reason}`;
  return {
    subject: 'A message to you was held back',
    text: `A message to you was held back by the mail rules of your organization. It was not delivered.

From:    ${line(held.from)}
Subject: ${line(held.subject)}
Held:    ${mailDate(held.heldAtMs)}
Rule:    ${oneLine(why, MAX_RULE_CHARS)}

It is kept for a while. If you expect this message, ask your administrator to release it, by this number:

    ${held.id}

What stands after From and Subject was written by the sender and may not be true; [.] stands for a dot, so that nothing in
it is a link. Do not answer this message.
`,
  };
}

function unlinked(text: string): string {
  return text.replace(LINKING_DOT, '[.]').replace(LINKING_COLON, '[:]');
}
