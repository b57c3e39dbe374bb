/** What the variables of a rule's texts stand for, for one message. */
import { chosenAttachments } from './attachment-choice.ts';
import type { MessageFacts } from './message-facts.ts';
import type { Action, Rule } from './types.ts';
import { expandVariables, type Variables } from './variables.ts';

/** Names of attachments that a text tells; the rest are counted. */
const MAX_NAMES = 10;

/** The names, as far as a sentence can hold them. */
export function namesText(attachments: readonly { readonly names: readonly string[] }[]): string {
  const names = attachments.map(({ names: [name] }) => name ?? '(without a name)');
  const more = names.length > MAX_NAMES ? [`… (+${names.length - MAX_NAMES})`] : [];
  return [...names.slice(0, MAX_NAMES), ...more].join(', ');
}

/** The attachments that the rule's actions mean; all of them where none of its actions is about attachments. */
function attachmentsOf(
  actions: readonly Action[],
  facts: MessageFacts,
): readonly { readonly names: readonly string[] }[] {
  const filters = actions.flatMap((action) => ('where' in action ? [action.where] : []));
  if (filters.length === 0) return facts.attachments();
  const chosen = filters.flatMap((filter) => chosenAttachments(filter, facts));
  return [...new Set(chosen)];
}

/**
 * Values for the texts of a rule. `%%Attachments%%` is found out when a text asks for it. They come from the message as
 * they are: `expandVariables` makes them safe.
 */
export function variablesOf(facts: MessageFacts, rule: Pick<Rule, 'name' | 'reason' | 'do'>): Variables {
  const first = (name: string): string => facts.header(name)[0] ?? '';
  return {
    get From() {
      return first('from');
    },
    FromAddress: facts.from.join(', '),
    get To() {
      return first('to');
    },
    get Cc() {
      return first('cc');
    },
    get Subject() {
      return first('subject');
    },
    get Date() {
      return first('date');
    },
    get MessageId() {
      return first('message-id');
    },
    Rule: rule.name,
    Reason: rule.reason ?? '',
    get Attachments() {
      return namesText(attachmentsOf(rule.do, facts));
    },
  };
}

/** A text of a rule's notice with its variables filled in; `%%Attachments%%` are all attachments. */
export function noticeText(
  text: string,
  facts: MessageFacts,
  about: { readonly rule: string; readonly reason?: string | undefined },
): string {
  const reason = about.reason === undefined ? {} : { reason: about.reason };
  return expandVariables(text, variablesOf(facts, { name: about.rule, ...reason, do: [] }), 'text');
}
