/** Every action that a rule may take, by its key: the one list of them. */
import type { Action } from '../action-types.ts';
import { attachmentActions } from './attachments.ts';
import { bodyActions } from './body.ts';
import { contentActions } from './content.ts';
import type { ActionEntry } from './entry.ts';
import { keepingActions } from './keeping.ts';
import { recipientActions } from './recipients.ts';

/** In the order in which they are documented and told. */
export const ACTIONS: Readonly<Record<Action['kind'], ActionEntry>> = {
  ...contentActions,
  ...attachmentActions,
  ...bodyActions,
  ...recipientActions,
  ...keepingActions,
};
