/** The section `rules`: conditions and actions come from their registries. */
import { ACTIONS } from './actions/index.ts';
import { type Field, list, oneKeyOf, optional, record, required, withDefault } from './collections.ts';
import { CONDITIONS } from './conditions/index.ts';
import { instant } from './dates.ts';
import { oneOf, type Shape, text, trueOrFalse } from './shape.ts';
import { oneLine } from './texts.ts';
import type { Action, Condition, Rule } from './types.ts';
import { wholeNumber } from './values.ts';

/** Rules; every message is held against each of them. */
const MAX_RULES = 1_000;
/** Actions of one rule. */
const MAX_ACTIONS = 30;
/** Exceptions of one rule; each is asked like `when`. */
const MAX_EXCEPTIONS = 20;
const MAX_PRIORITY = 1_000_000;

/** What a field is made of. */
interface Documented {
  readonly description: string;
  readonly alsoKnownAs?: readonly string[];
  readonly shape: Shape<unknown>;
}

function fieldOf({ description, alsoKnownAs, shape }: Documented): Field<unknown> {
  return optional(shape, { description, ...(alsoKnownAs === undefined ? {} : { alsoKnownAs }) });
}

const entries: readonly (readonly [string, Documented])[] = Object.entries(CONDITIONS);
const conditionFields = Object.fromEntries(entries.map(([key, entry]) => [key, fieldOf(entry)]));

const recipientMatch = withDefault(oneOf('any', 'all'), 'any', {
  description:
    'Whether the conditions on recipients (recipientScope, sentTo, sentToMatches, firstContact) must hold for one recipient ("any") or for every one ("all"). A change to the content is for everyone who gets the message, so with "any" others get it too.',
});

/** Each field was made from an entry of the registry, and the type `Condition` is made from the same entries. */
function conditions(what: string, options: { readonly minKeys?: number } = {}): Shape<Condition> {
  return record(what, { ...conditionFields, recipientMatch }, options) as Shape<Condition>;
}

const exceptions = list(conditions('conditions', { minKeys: 1 }), {
  what: 'exceptions',
  max: MAX_EXCEPTIONS,
  single: true,
});

const action: Shape<Action> = oneKeyOf<Action>('one action', ACTIONS);

const onTrouble = oneOf('retry', 'deliverUnchanged');
const instead = oneOf('deliverUnchanged', 'wrap', 'reject', 'junk');

const fields = {
  name: required(text('a name', { maxLength: 100 }, oneLine), {
    description: 'Name of the rule; logs and explanations speak of it.',
  }),
  priority: withDefault(wholeNumber(-MAX_PRIORITY, MAX_PRIORITY), 0, {
    description: 'The lower number comes first; equals in the order of the file.',
  }),
  mode: withDefault(oneOf('enforce', 'test'), 'enforce', {
    description:
      '"enforce": the rule acts. "test": it is decided and logged what it would do, and nothing changes.',
    alsoKnownAs: ['ruleMode', 'state'],
  }),
  activateOn: optional(instant, {
    description: 'From when on the rule is asked: a date (midnight UTC), or a date and time with offset.',
    alsoKnownAs: ['activationDate'],
  }),
  expireOn: optional(instant, {
    description: 'From when on it is no longer asked.',
    alsoKnownAs: ['expiryDate'],
  }),
  stopProcessing: withDefault(trueOrFalse(), false, {
    description: 'Whether no later rule is asked where this one acts.',
    alsoKnownAs: ['stopRuleProcessing'],
  }),
  reason: optional(text('a reason', { maxLength: 200 }, oneLine), {
    description: 'Why there is this rule; %%Reason%% in its texts.',
    alsoKnownAs: ['comments', 'comment', 'why', 'setAuditSeverity'],
  }),
  when: required(conditions('conditions ("{}" for every message)'), {
    description:
      'Conditions that must all hold; of several values of one condition one is enough. "{}": every message.',
    alsoKnownAs: ['if', 'conditions', 'condition'],
  }),
  unless: optional(exceptions, {
    description:
      'The rule does not act where all of these hold. Several exceptions are a list, "- " before each: the rule does not act where all of one of them hold.',
    alsoKnownAs: ['exceptIf', 'except', 'exceptions'],
  }),
  do: required(list(action, { what: 'actions', max: MAX_ACTIONS }), {
    description: 'What the rule does, in this order.',
    alsoKnownAs: ['then', 'action', 'actions'],
  }),
  ifUntouchable: withDefault(instead, 'deliverUnchanged', {
    description:
      'Where the content must stay as it is (signed, encrypted, a report, …): deliver as it is, "wrap" it as an attachment under the banner or a notice, "reject" it, or "junk".',
    alsoKnownAs: ['applyHtmlDisclaimerFallbackAction', 'fallbackAction'],
  }),
  ifRejected: withDefault(instead, 'deliverUnchanged', {
    description: 'Where WorkMail does not take the changed message: the same choice.',
  }),
  repair: withDefault(trueOrFalse(), true, {
    description:
      'Whether parts of the original that WorkMail would refuse, such as lines that are too long, are written anew when the message is changed anyway.',
  }),
  onTimeout: withDefault(onTrouble, 'deliverUnchanged', {
    description: 'When time runs out: deliver the message as it is, or let WorkMail call again ("retry").',
  }),
  onTemporaryError: withDefault(onTrouble, 'deliverUnchanged', {
    description:
      'On an error that may pass: deliver the message as it is, or let WorkMail call again ("retry").',
  }),
};

const rule: Shape<Rule> = record('the keys of a rule', fields);

/** In the order of the file. */
export const rules: Shape<readonly Rule[]> = list(rule, { what: 'rules', max: MAX_RULES });
