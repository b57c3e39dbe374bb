/** Every condition that a policy may ask, by its key: the one list of them. */
import { attachmentConditions } from './attachments.ts';
import { authenticationConditions } from './authentication.ts';
import type { ValueOf } from './entry.ts';
import { headerConditions } from './headers.ts';
import { messageConditions } from './message.ts';
import { recipientConditions } from './recipients.ts';
import { senderConditions } from './sender.ts';
import { textConditions } from './text.ts';
import { timeConditions } from './time.ts';

/** In the order in which they are documented and told. */
export const CONDITIONS = {
  ...senderConditions,
  ...recipientConditions,
  ...textConditions,
  ...headerConditions,
  ...messageConditions,
  ...attachmentConditions,
  ...authenticationConditions,
  ...timeConditions,
};

type Conditions = typeof CONDITIONS;
export type ConditionKey = keyof Conditions;

/** Every member given must hold (AND); among the values of one member one is enough (OR). An empty condition always holds. */
export type Condition = { readonly [K in ConditionKey]?: ValueOf<Conditions[K]> } & {
  /** Whether the conditions on recipients must hold for one recipient (`any`, as in Exchange) or for every one. */
  readonly recipientMatch: 'any' | 'all';
};
