/** What `organization.yaml` may hold, as shapes. Checks that need more than one key are in `organization-check.ts`. */

import { list, optional, record, required, withDefault } from '../../shared/policy/collections.ts';
import { checkAddress, checkDomain, domain } from '../../shared/policy/names.ts';
import { text } from '../../shared/policy/shape.ts';
import { assumptionsShape, DEFAULT_ASSUMPTIONS } from '../assumptions.ts';
import { availabilityShape } from '../availability/settings.ts';
import { nativeShape } from '../native/settings.ts';
import { gatewayShape } from './gateway-shape.ts';
import { mailboxRules } from './mailbox-rule-shape.ts';
import { FUNCTION_ARN, flowRules, functionName } from './rule-shape.ts';
import { matching, placed, wholeNumber } from './shapes.ts';

export type { Placed } from './shapes.ts';

/** Quota of WorkMail: domains of an organization. */
const MAX_DOMAINS = 1000;
/** Quota of WorkMail: users of an organization, by default. */
const MAX_USERS = 1000;
/** Quota of WorkMail: aliases of a user. */
const MAX_ALIASES = 100;
/** Longest that Lambda runs a function. */
const MAX_LAMBDA_SECONDS = 900;

const address = text('an address', { maxLength: 320 }, checkAddress);
const mailDomain = text('a mail domain', { maxLength: 253 }, domain);
const password = text('a password', { maxLength: 256 });

const user = record('the keys of a user', {
  address: required(address, { description: 'the mailbox' }),
  password: required(password, { description: 'for submission; it is for this machine only' }),
  aliases: optional(list(address, { what: 'addresses', max: MAX_ALIASES }), {
    description: 'other addresses of the mailbox',
  }),
  mailboxRules: optional(mailboxRules, { description: "the mailbox's own rules, the first one first" }),
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
  arn: optional(
    text('the ARN of a function', { maxLength: 256 }, matching(FUNCTION_ARN, 'as in the Lambda console')),
    { description: 'where it is, when it is not in the region and account of the organization' },
  ),
});

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
  flowRules: optional(flowRules, { description: 'the email flow rules' }),
  smtpGateway: optional(gatewayShape, { description: 'where outbound rules with smtpGateway hand mail to' }),
  availability: optional(availabilityShape, {
    description: 'who is asked for free/busy times of other domains',
  }),
  native: optional(nativeShape, { description: 'what WorkMail does by itself' }),
  assumptions: withDefault(assumptionsShape, DEFAULT_ASSUMPTIONS, {
    description: 'what to assume where the guide is silent',
  }),
});

export type ShapedOrganization = NonNullable<ReturnType<typeof organizationShape.read>>;
