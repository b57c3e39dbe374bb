/** What `organization.yaml` may hold, as shapes. Checks that need more than one key are in `organization-check.ts`. */

import { list, optional, record, required, withDefault } from '../../shared/policy/collections.ts';
import { checkAddress, checkDomain, domain } from '../../shared/policy/names.ts';
import { checkPattern } from '../../shared/policy/pattern.ts';
import type { Place } from '../../shared/policy/report.ts';
import { type Checked, describeNode, oneOf, type Shape, text } from '../../shared/policy/shape.ts';

/** Hard quota of WorkMail: sender patterns in one rule. */
const MAX_PATTERNS = 250;
/** Quota of WorkMail: domains of an organization. */
const MAX_DOMAINS = 1000;
/** Quota of WorkMail: users of an organization, by default. */
const MAX_USERS = 1000;
/** Quota of WorkMail: aliases of a user. */
const MAX_ALIASES = 100;
/** Longest rule timeout that the console takes. */
export const MAX_RULE_TIMEOUT_MINUTES = 240;
/** Longest that Lambda runs a function. */
const MAX_LAMBDA_SECONDS = 900;

/** A value and the place where it stands, for checks that come later. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Place;
}

function placed<T>(shape: Shape<T>): Shape<Placed<T>> {
  return {
    json: shape.json,
    read(node, report) {
      const value = shape.read(node, report);
      return value === undefined ? undefined : { value, at: node };
    },
  };
}

function wholeNumber(minimum: number, maximum: number): Shape<number> {
  return {
    json: { type: 'integer', minimum, maximum },
    read(node, report) {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
        return value;
      report.error(node, `expected a whole number from ${minimum} to ${maximum}, got ${describeNode(node)}`);
      return undefined;
    },
  };
}

function matching(expression: RegExp, why: string): (value: string) => Checked {
  return (value) => (expression.test(value) ? { value } : { why });
}

const address = text('an address', { maxLength: 320 }, checkAddress);
const mailDomain = text('a mail domain', { maxLength: 253 }, domain);
const patterns = list(text('an address pattern', { maxLength: 320 }, checkPattern), {
  what: 'address patterns',
  max: MAX_PATTERNS,
  single: true,
});
const name = text('a name', { maxLength: 64 }, matching(/^[^\p{C}]+$/u, 'it holds a control character'));
const functionName = text(
  'the name of a function',
  { maxLength: 64 },
  matching(/^[A-Za-z0-9_-]+$/, 'letters, digits, "-" and "_" only'),
);
const password = text('a password', { maxLength: 256 });

const user = record('the keys of a user', {
  address: required(address, { description: 'the mailbox' }),
  password: required(password, { description: 'for submission; it is for this machine only' }),
  aliases: optional(list(address, { what: 'addresses', max: MAX_ALIASES }), {
    description: 'other addresses of the mailbox',
  }),
});

const group = record('the keys of a group', {
  address: required(address, { description: 'the address of the group' }),
  members: required(list(address, { what: 'addresses', max: MAX_USERS }), {
    description: 'users, aliases or other groups',
  }),
});

const lambda = record('the keys of a function', {
  name: required(functionName, { description: 'as rules call it' }),
  handler: required(functionName, { description: 'the folder under dist/ that holds its bundle' }),
  timeoutSeconds: required(wholeNumber(1, MAX_LAMBDA_SECONDS), {
    description: 'after which it is killed; at most 15 where a synchronous rule calls it',
  }),
  memoryMb: withDefault(wholeNumber(128, 10_240), 512, { description: 'memory in MB, as Lambda takes it' }),
});

const action = oneOf('default', 'drop', 'bounce', 'junk', 'neverJunk', 'smtpGateway', 'runLambda');
const fallback = oneOf('default', 'drop', 'bounce', 'junk', 'neverJunk', 'smtpGateway');

const rule = record('the keys of a rule', {
  name: required(name, { description: 'as the log and the page show it' }),
  action: required(placed(action), { description: 'what it does' }),
  senders: required(patterns, { description: 'patterns for the Sender header, else the From header' }),
  recipients: required(placed(patterns), { description: 'patterns for the recipient' }),
  function: optional(placed(functionName), { description: 'runLambda: which function' }),
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

const rules = list(placed(rule), { what: 'rules', max: 1000 });

export const organizationShape = record('the keys of an organization', {
  id: required(
    text('an id', { maxLength: 34 }, matching(/^m-[0-9a-f]{32}$/, '"m-" and 32 hexadecimal digits')),
    {
      description: 'the organization id, "m-" and 32 hexadecimal digits',
    },
  ),
  alias: required(
    text('an alias', { maxLength: 62 }, (value) =>
      checkDomain(`${value}.awsapps.com`) === `${value}.awsapps.com`
        ? { value }
        : { why: 'not a host name in lower case' },
    ),
    { description: 'the organization has its web client at ALIAS.awsapps.com' },
  ),
  region: required(
    text('a region', { maxLength: 32 }, matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'as in us-east-1')),
    {
      description: 'the AWS region',
    },
  ),
  account: required(text('an account', { maxLength: 12 }, matching(/^\d{12}$/, '12 digits, in quotes')), {
    description: 'the AWS account, 12 digits, in quotes',
  }),
  domains: required(list(mailDomain, { what: 'domains', max: MAX_DOMAINS }), {
    description: 'the mail domains of the organization, the default one first',
  }),
  users: required(list(placed(user), { what: 'users', max: MAX_USERS }), {
    description: 'who has a mailbox',
  }),
  groups: optional(list(placed(group), { what: 'groups', max: MAX_USERS }), {
    description: 'who shares an address',
  }),
  functions: optional(list(placed(lambda), { what: 'functions', max: 100 }), {
    description: 'the Lambda functions',
  }),
  flowRules: optional(
    record('inbound and outbound rules', {
      inbound: optional(rules, { description: 'rules for mail to the organization' }),
      outbound: optional(rules, { description: 'rules for mail of its users' }),
    }),
    { description: 'the email flow rules' },
  ),
  synchronousAndAsynchronous: withDefault(oneOf('one-rule-acts', 'both'), 'one-rule-acts', {
    description: 'whether a synchronous and an asynchronous function on the same patterns both act',
  }),
});

export type ShapedOrganization = NonNullable<ReturnType<typeof organizationShape.read>>;
export type ShapedRule = NonNullable<ReturnType<typeof rule.read>>;
