/**
 * An action of the policy is one entry: what may stand there, what it does, and what must be there for it. The schema and
 * the reference in docs/policy.md come from the entries; `index.ts` lists them.
 */
import type { Action } from '../action-types.ts';
import { converted, type Shape } from '../shape.ts';

export interface ActionEntry {
  /** For the editor's pop-up and the reference. */
  readonly description: string;
  readonly alsoKnownAs?: readonly string[];
  readonly shape: Shape<Action>;
  /** `content`: one for every recipient. `recipients`: for whom the rule matches. `keeping`: beside the message. */
  readonly does: 'content' | 'recipients' | 'keeping';
  /** WorkMail takes it for inbound mail only. */
  readonly inboundOnly?: true;
}

type Of<K extends Action['kind']> = Extract<Action, { readonly kind: K }>;

/** An entry whose value becomes the action `kind`. */
export function entry<T>(
  definition: Omit<ActionEntry, 'shape'> & { readonly shape: Shape<T>; readonly make: (value: T) => Action },
): ActionEntry {
  const { shape, make, ...text } = definition;
  return { ...text, shape: converted(shape, make) };
}

/** The action of a kind that has nothing more to say. */
export type PlainKind = {
  [K in Action['kind']]: keyof Of<K> extends 'kind' ? K : never;
}[Action['kind']];
