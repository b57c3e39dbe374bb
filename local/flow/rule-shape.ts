/** What a flow rule may hold when it is written down, in `organization.yaml` or in a file of rules alone. */
import { list, optional, record, required } from '../../shared/policy/collections.ts';
import { checkPattern } from '../../shared/policy/pattern.ts';
import { oneOf, text } from '../../shared/policy/shape.ts';
import { matching, placed, wholeNumber } from './shapes.ts';

/** Hard quota of WorkMail: sender patterns in one rule. */
const MAX_PATTERNS = 250;
/** Longest rule timeout that the console takes. */
const MAX_RULE_TIMEOUT_MINUTES = 240;
/** With `MAX_PATTERNS` more rules than WorkMail's 1,000 sender patterns could fill. */
const MAX_RULES = 1000;
/** Lambda's own: a name has 64 characters, and a version or an alias may follow. */
export const FUNCTION_ARN =
  /^arn:aws[a-z-]{0,20}:lambda:[a-z0-9-]{1,32}:\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?$/;

export const patterns = list(text('an address pattern', { maxLength: 320 }, checkPattern), {
  what: 'address patterns',
  max: MAX_PATTERNS,
  single: true,
});
export const ruleName = text(
  'a name',
  { maxLength: 64 },
  matching(/^[^\p{C}]+$/u, 'it holds a control character'),
);

export const functionName = text(
  'the name of a function',
  { maxLength: 64 },
  matching(/^[A-Za-z0-9_-]+$/, 'letters, digits, "-" and "_" only'),
);
const functionReference = text('the name or the ARN of a function', { maxLength: 256 }, (value) =>
  FUNCTION_ARN.test(value) || /^[A-Za-z0-9_-]{1,64}$/.test(value)
    ? { value }
    : { why: 'a name has letters, digits, "-" and "_" only' },
);

const action = oneOf('default', 'drop', 'bounce', 'junk', 'neverJunk', 'smtpGateway', 'runLambda');
const fallback = oneOf('default', 'drop', 'bounce', 'junk', 'neverJunk', 'smtpGateway');

const rule = record('the keys of a rule', {
  name: required(ruleName, { description: 'as the log and the page show it' }),
  action: required(placed(action), { description: 'what it does' }),
  senders: required(patterns, { description: 'patterns for the Sender header, else the From header' }),
  recipients: required(placed(patterns), { description: 'patterns for the recipient' }),
  function: optional(placed(functionReference), { description: 'runLambda: which function' }),
  mode: optional(placed(oneOf('synchronous', 'asynchronous')), {
    description: 'runLambda: before delivery, with a say in it, or beside it',
  }),
  fallback: optional(placed(fallback), {
    description: 'synchronous: acts when the function fails for good, and for recipients that it leaves out',
  }),
  ruleTimeoutMinutes: optional(placed(wholeNumber(0, MAX_RULE_TIMEOUT_MINUTES)), {
    description: 'synchronous: how long a failing function is tried again; 0: not at all',
  }),
});

export const ruleList = list(placed(rule), { what: 'rules', max: MAX_RULES });

export const flowRules = record('inbound and outbound rules', {
  inbound: optional(ruleList, { description: 'rules for mail to the organization' }),
  outbound: optional(ruleList, { description: 'rules for mail of its users' }),
});

export type ShapedRule = NonNullable<ReturnType<typeof rule.read>>;
