/**
 * Where WorkMail's guide is silent or says a thing twice. Each point is one switch, `assumptions:` in
 * `organization.yaml`, so that both readings can be tried; the first value of each is the default. docs/stand-in.md
 * has the same table with the reasons, and a test holds the two together.
 */
import { record, withDefault } from '../shared/policy/collections.ts';
import { oneOf } from '../shared/policy/shape.ts';

/** Every switch with its values, the default first. */
export const ASSUMPTIONS = {
  lambdaPair: ['one-rule-acts', 'both'],
  outboundDefault: ['first', 'last'],
  weigh: ['sender-first', 'recipient-first'],
  nullSender: ['empty', 'absent'],
  sesHeaders: ['present', 'absent'],
  putReads: ['at-put', 'late'],
  immutableHeaders: ['chosen', 'none'],
  capBias: ['ews', 'utc-offset'],
  testAvailabilityEvent: ['no-mailboxes', 'empty-object'],
  eventLogGroup: ['emailevents', 'events'],
} as const;

type Values = typeof ASSUMPTIONS;

/** The chosen value of every switch. */
export type Assumptions = { readonly [K in keyof Values]: Values[K][number] };

export const DEFAULT_ASSUMPTIONS: Assumptions = {
  lambdaPair: 'one-rule-acts',
  outboundDefault: 'first',
  weigh: 'sender-first',
  nullSender: 'empty',
  sesHeaders: 'present',
  putReads: 'at-put',
  immutableHeaders: 'chosen',
  capBias: 'ews',
  testAvailabilityEvent: 'no-mailboxes',
  eventLogGroup: 'emailevents',
};

function choice<const W extends string>(values: readonly [W, ...W[]], description: string) {
  return withDefault(oneOf<W>(...values), values[0], { description });
}

/** The key `assumptions:`; a switch that is not given has its default. */
export const assumptionsShape = record('the switches of the assumptions', {
  lambdaPair: choice(
    ASSUMPTIONS.lambdaPair,
    'whether a synchronous and an asynchronous function on the same patterns both act',
  ),
  outboundDefault: choice(
    ASSUMPTIONS.outboundDefault,
    'where Default stands among outbound actions on a tie: first, or last before Run Lambda',
  ),
  weigh: choice(
    ASSUMPTIONS.weigh,
    'which of two matching rules is more specific: sender or recipient counts first',
  ),
  nullSender: choice(
    ASSUMPTIONS.nullSender,
    'how the event writes the null sender: as an empty address, or no mailFrom at all',
  ),
  sesHeaders: choice(
    ASSUMPTIONS.sesHeaders,
    'whether a message in transit carries the header block that SES wrote',
  ),
  putReads: choice(
    ASSUMPTIONS.putReads,
    'when WorkMail reads the object of a Put: at once, or when the message leaves',
  ),
  immutableHeaders: choice(
    ASSUMPTIONS.immutableHeaders,
    'which headers a Put may not change: those of our choice, or none',
  ),
  capBias: choice(ASSUMPTIONS.capBias, 'the sign of the bias in a free/busy answer'),
  testAvailabilityEvent: choice(
    ASSUMPTIONS.testAvailabilityEvent,
    'what TestAvailabilityConfiguration sends to the function',
  ),
  eventLogGroup: choice(ASSUMPTIONS.eventLogGroup, "the name of the event log's group"),
});
