/**
 * A condition of the policy is one entry: what may stand there, what it means, and how it holds. The schema, the types,
 * the reference in docs/policy.md and `explain` all come from the entries; `index.ts` lists them.
 */
import type { AddressMatcher } from '../address-items.ts';
import type { Fold } from '../fold.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { Shape } from '../shape.ts';
import type { SearchText } from '../text-pattern.ts';
import type { WordSearch } from '../word-search.ts';

/** Makes a text ready for patterns. */
export type Searched = (text: string) => SearchText;

/** Whether a condition holds, and why. `why` holds words of the policy and recipients by index, never anything of the message. */
export interface Held {
  readonly held: boolean;
  readonly why: string;
}

/** What every condition may look at; shared by all rules of one message. */
export interface Asked {
  readonly facts: MessageFacts;
  /** Normal addresses. */
  readonly recipients: readonly string[];
  readonly authors: readonly string[];
  readonly addresses: AddressMatcher;
  /** `folded`, each text once. */
  readonly fold: Fold;
  /** Whether a word stands in a text; the text is made ready once. */
  readonly words: (text: string) => WordSearch;
  /** `visibleForm`, ready for patterns, each text once. */
  readonly searched: Searched;
}

interface Text {
  /** For the editor's pop-up and the reference. */
  readonly description: string;
  /** Names under which Exchange and others know it; typing one gets a suggestion. */
  readonly alsoKnownAs?: readonly string[];
}

/** A condition on the message. */
export interface MessageCondition<T> extends Text {
  readonly about: 'message';
  readonly shape: Shape<T>;
  /** `content`: bodies or attachments must be decoded for it, so it is asked last. */
  readonly reads: 'header' | 'content';
  holds(value: T, asked: Asked): Held;
}

/** A condition on each recipient; how many must satisfy it says `recipientMatch`. */
export interface RecipientCondition<T> extends Text {
  readonly about: 'recipients';
  readonly shape: Shape<T>;
  each(value: T, asked: Asked): RecipientAnswers;
}

export interface RecipientAnswers {
  /** One per recipient. */
  readonly each: readonly boolean[];
  /** Completes "a recipient …". */
  readonly what: string;
  /** Why some could not be answered; they count as not satisfying it. */
  readonly unknown?: string;
}

export type ConditionEntry<T> = MessageCondition<T> | RecipientCondition<T>;

/** The type of the value that a condition takes in the policy. */
export type ValueOf<E> = E extends { readonly shape: Shape<infer T> } ? T : never;

type Definition<E> = Omit<E, 'about' | 'reads'>;

/** A condition on what the header and the envelope say. */
export function onHeader<T>(definition: Definition<MessageCondition<T>>): MessageCondition<T> {
  return { ...definition, about: 'message', reads: 'header' };
}

/** A condition on bodies or attachments. */
export function onContent<T>(definition: Definition<MessageCondition<T>>): MessageCondition<T> {
  return { ...definition, about: 'message', reads: 'content' };
}

export function onRecipients<T>(definition: Definition<RecipientCondition<T>>): RecipientCondition<T> {
  return { ...definition, about: 'recipients' };
}

/** `"x"`, or `one of the 3 patterns`: how a sentence names what a condition looks for. */
export function named(
  values: readonly string[],
  kind: string,
  several: 'one of' | 'any of' = 'one of',
): string {
  return values.length === 1 ? JSON.stringify(values[0]) : `${several} the ${values.length} ${kind}`;
}

/** A condition that asks for a yes or a no. `yes` completes "the message …", and `no` too. */
export function yesOrNo(wanted: boolean, is: boolean, yes: string, no: string): Held {
  return { held: wanted === is, why: is ? yes : no };
}
