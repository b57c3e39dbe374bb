/**
 * Amazon WorkMail's contracts, and nothing about mail itself: the event of a flow rule and its answer, the Message
 * Flow API, the custom availability provider, the time that each of them allows, and the mark by which a retried
 * function finds its own rewrite. Written after the WorkMail Administrator Guide and the API reference.
 */
export * from './aws-errors.ts';
export * from './cap.ts';
export * from './deadline.ts';
export { combined, stricterOf } from './disposition.ts';
export { type DecodedRuleEvent, decodeRuleEvent, MAX_EVENT_RECIPIENTS } from './event.ts';
export * from './mark.ts';
export {
  type ContentLocation,
  createMessageFlow,
  type GetResult,
  MAX_MESSAGE_BYTES,
  type MessageFlow,
  type MessageFlowOptions,
  type PutResult,
} from './message-flow.ts';
export {
  type BuiltRuleResponse,
  buildRuleResponse,
  MAX_RESPONSE_ACTIONS,
  MAX_RESPONSE_BYTES,
  MAX_RESPONSE_RECIPIENTS,
  type RuleResponseOptions,
} from './response.ts';
export type * from './types.ts';
