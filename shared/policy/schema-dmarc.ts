/** The section `dmarc`, key by key: what is done with inbound mail by what is known about who sent it. */
import { type Field, list, optional, record, required, withDefault } from './collections.ts';
import { instant } from './dates.ts';
import { checkDomain } from './names.ts';
import { reports } from './schema-reports.ts';
import { seal } from './schema-seal.ts';
import { type Checked, oneOf, type Shape, text, trueOrFalse } from './shape.ts';
import { lines, oneLine } from './texts.ts';
import type {
  AddressPattern,
  AllowedSender,
  AuthenticatedBy,
  DmarcActions,
  DmarcException,
  DmarcPolicy,
  DomainPolicy,
  LookAlikesPolicy,
  MailingListsPolicy,
  OwnDomainsPolicy,
  RecipientPolicy,
} from './types.ts';
import { addressItems, domains, MAX_VALUES, patterns, wholeNumber } from './values.ts';

/** What stands in a bounce; WorkMail's answer may have 256 KB in all, and nobody reads more than a few lines. */
const MAX_BOUNCE_TEXT = 1_000;
/** More letters than this that differ, and everything looks like everything. */
const MAX_DISTANCE = 2;

const failAction = oneOf('default', 'junk', 'bounce', 'drop');
const mildAction = oneOf('default', 'junk');
const onTrouble = oneOf('retry', 'default', 'junk');

function domainPattern(value: string): Checked {
  if (value.includes('@')) return { why: 'leave out what is before the "@", and the "@"' };
  const wild = value.startsWith('*.');
  const found = checkDomain(wild ? value.slice(2) : value);
  if (found === undefined) return { why: 'neither a domain nor "*." and a domain' };
  return { value: wild ? `*.${found}` : found };
}

const domainPatterns: Shape<readonly AddressPattern[]> = list(
  text('a domain such as example.com, or "*.example.com"', { maxLength: 255 }, domainPattern),
  { what: 'domains', max: MAX_VALUES, single: true },
);

const gatewayNames = list(text('the name of a gateway', { maxLength: 64 }, oneLine), {
  what: 'gateways',
  max: MAX_VALUES,
  single: true,
});

const authenticatedBy: Shape<AuthenticatedBy> = record(
  'the keys "dkim", "spf", "arc" and "gateway", at least one of them',
  {
    dkim: withDefault(domains, [], {
      description: 'A DKIM signature of one of these domains (d=) passes.',
      alsoKnownAs: ['d'],
    }),
    spf: withDefault(domains, [], {
      description: 'SPF passes for an envelope sender of one of these domains, and SES is believed about it.',
    }),
    arc: withDefault(domains, [], {
      description:
        'One of these sealed the message last (ARC), the chain passes, and DMARC passed for the domain in From when it got the message.',
    }),
    gateway: withDefault(gatewayNames, [], {
      description: 'It came through one of these gateways of organization.gateways.',
    }),
  },
  { minKeys: 1 },
);

const reasonText = text('a reason', { maxLength: 200 }, oneLine);

const exception: Shape<DmarcException> = record('the keys of an exception', {
  from: required(patterns, {
    description: 'Patterns over the From address. "*" does not mean your own domains: name them.',
  }),
  to: optional(addressItems, { description: 'The recipients for whom it holds. Absent: all.' }),
  authenticatedBy: required(authenticatedBy, {
    description:
      'What must be proved about such mail, one of all that is named: a From address alone proves nothing.',
  }),
  action: withDefault(oneOf('default', 'junk', 'neverJunk'), 'default', {
    description: 'What is done with it. "neverJunk" delivers it without WorkMail\'s spam check.',
  }),
  reason: required(reasonText, {
    description: 'Why it is wanted; shown in decisions.',
    alsoKnownAs: ['comment', 'why'],
  }),
  owner: optional(text('a name or an address', { maxLength: 200 }, oneLine), {
    description: 'Who asked for it, and is asked when it expires.',
  }),
  expires: optional(instant, {
    description:
      'From this date on it does not hold. "check" warns 30 days before, and refuses it afterwards.',
    alsoKnownAs: ['expireOn', 'until'],
  }),
});

const defaultActions = { none: 'default', quarantine: 'junk', reject: 'junk' } as const;
const ACTION_TEXTS = {
  none: 'Where the domain publishes p=none.',
  quarantine: 'Where the domain publishes p=quarantine.',
  reject: 'Where the domain publishes p=reject.',
};
const actions: Shape<DmarcActions> = record('the keys "none", "quarantine" and "reject"', {
  none: withDefault(failAction, defaultActions.none, { description: ACTION_TEXTS.none }),
  quarantine: withDefault(failAction, defaultActions.quarantine, { description: ACTION_TEXTS.quarantine }),
  reject: withDefault(failAction, defaultActions.reject, { description: ACTION_TEXTS.reject }),
});
const someActions: Shape<Partial<DmarcActions>> = record(
  'the keys "none", "quarantine" and "reject", at least one of them',
  {
    none: optional(failAction, { description: ACTION_TEXTS.none }),
    quarantine: optional(failAction, { description: ACTION_TEXTS.quarantine }),
    reject: optional(failAction, { description: ACTION_TEXTS.reject }),
  },
  { minKeys: 1 },
);

const defaultLists = { domains: [], others: 'junk' } as const;
const mailingLists: Shape<MailingListsPolicy> = record('the keys "domains" and "others"', {
  domains: withDefault(domains, defaultLists.domains, {
    description:
      'Domains of lists that you know. Mail with such a domain in List-Id and a signature of it gets an action one step milder: junk instead of drop or bounce, delivered instead of junk.',
  }),
  others: withDefault(oneOf('junk', 'asOtherMail'), defaultLists.others, {
    description:
      'Signed mail of any other list. "junk": never more than junk, because anybody can run a list. "asOtherMail": no difference.',
  }),
});

const domainPolicy: Shape<DomainPolicy> = record('the keys of an entry', {
  domains: required(domainPatterns, {
    description: 'Domains in From: one, or "*.example.com" for it and its subdomains.',
    alsoKnownAs: ['from', 'domain'],
  }),
  treatAs: optional(oneOf('none', 'quarantine', 'reject'), {
    description: 'The policy that counts instead of the published one, stricter or milder.',
  }),
  actions: optional(someActions, { description: 'What is done with their mail that fails.' }),
  whenProved: withDefault(oneOf('default', 'neverJunk'), 'default', {
    description:
      'What is done with their mail when it passes by proof. "neverJunk" delivers it without WorkMail\'s spam check.',
  }),
});

const allowedSender: Shape<AllowedSender> = record('the keys of an allowed sender', {
  authenticatedBy: required(authenticatedBy, { description: 'What must be proved about its mail.' }),
  reason: required(reasonText, {
    description: 'Who it is; shown in decisions.',
    alsoKnownAs: ['comment', 'why', 'name'],
  }),
});

const ownDomains: Shape<OwnDomainsPolicy> = record('the keys "action" and "allowedSenders"', {
  action: withDefault(failAction, 'junk', {
    description:
      'What is done with mail that shows one of your domains, or one below, and is not proved, whatever the domain publishes. The stricter of this and "actions".',
  }),
  allowedSenders: withDefault(list(allowedSender, { what: 'allowed senders', max: MAX_VALUES }), [], {
    description: 'Services that send in the name of your domains without an aligned signature.',
  }),
});

const recipient: Shape<RecipientPolicy> = record('the keys of an entry', {
  to: required(addressItems, {
    description: 'Recipients: addresses, domains, "list:NAME", or "group:NAME" of the directory.',
  }),
  actions: optional(someActions, { description: 'What is done with mail to them that fails.' }),
  mode: withDefault(oneOf('enforce', 'monitor'), 'enforce', {
    description:
      '"monitor": nothing is done for them. Where dmarc.mode is "monitor", nothing is done for anybody.',
  }),
});

const ramp = record('the key "share"', {
  share: required(wholeNumber(0, 100), {
    description:
      'Percent of the domains in From that are acted on, always the same ones; a larger share holds the smaller.',
    alsoKnownAs: ['percent', 'pct'],
  }),
});

const protectedPeople = record('the key "action"', {
  action: withDefault(mildAction, 'default', {
    description: 'What is done with mail under the name of a protected person that is not of that person.',
  }),
});

const lookAlikes: Shape<LookAlikesPolicy> = record('the keys of "lookAlikes"', {
  domains: withDefault(domains, [], {
    description: 'Domains to be guarded beside your own, such as those of partners.',
  }),
  allowed: withDefault(domainPatterns, [], {
    description: 'Domains that look like one of these and are honest.',
  }),
  action: withDefault(mildAction, 'default', {
    description: 'What is done with mail from a domain that looks like one of these.',
  }),
  maxDistance: withDefault(wholeNumber(0, MAX_DISTANCE), 1, {
    description: 'How many letters may differ. 0: only domains that look the same.',
  }),
});

const enforcement = {
  mode: withDefault(oneOf('monitor', 'enforce'), 'monitor', {
    description: '"monitor" decides and logs, and changes nothing; "enforce" acts.',
  }),
  actions: withDefault(actions, defaultActions, {
    description:
      'What is done with mail that fails, by the policy that its domain publishes. "bounce" answers only an envelope sender that is itself authenticated; see bounceUnauthenticated.',
  }),
  unknown: withDefault(mildAction, 'default', {
    description: 'What is done where there is no evidence, or it contradicts itself.',
  }),
  bounceText: optional(text('a text', { maxLength: MAX_BOUNCE_TEXT }, lines), {
    description: 'What the sender of bounced mail reads. Absent: a sentence that says why.',
    alsoKnownAs: ['bounceMessage'],
  }),
  bounceUnauthenticated: withDefault(oneOf('junk', 'drop', 'bounce'), 'junk', {
    description:
      'What is done instead of "bounce" where nothing proves the envelope sender. "bounce" answers whoever was named there, who may never have written.',
  }),
  severalAuthors: withDefault(oneOf('strictest', 'junk', 'drop'), 'strictest', {
    description:
      'What is done with mail whose From can be read as several authors. "strictest": the strictest action among their domains, junk at least.',
  }),
  header: withDefault(trueOrFalse(), false, {
    description:
      'Whether delivered mail gets a header field X-Mailroom-Auth that says what was found and decided. Those of others are removed.',
  }),
} satisfies Record<string, Field<unknown>>;

/** The keys of `dmarc`. */
export const dmarc: Shape<DmarcPolicy> = record('the keys of "dmarc"', {
  ...enforcement,
  exceptions: withDefault(list(exception, { what: 'exceptions', max: MAX_VALUES }), [], {
    description: 'Mail that fails DMARC and is wanted all the same.',
  }),
  trustedSealers: withDefault(domains, [], {
    description:
      'Forwarders whose ARC seal is believed: mail that passed DMARC when they got it is delivered, other than in the name of your own domains.',
    alsoKnownAs: ['trustedArcSealers'],
  }),
  mailingLists: withDefault(mailingLists, defaultLists, { description: 'Mail of mailing lists that fails.' }),
  domains: withDefault(list(domainPolicy, { what: 'entries', max: MAX_VALUES }), [], {
    description: 'What applies to single domains in From; the first entry that names one counts.',
  }),
  ownDomains: optional(ownDomains, {
    description: 'Mail in the name of your own domains. Absent: it is as any other.',
  }),
  recipients: withDefault(list(recipient, { what: 'entries', max: MAX_VALUES }), [], {
    description: 'What applies to single recipients; the first entry that names one counts.',
  }),
  ramp: optional(ramp, { description: 'Acting on a share of the sending domains only. Absent: on all.' }),
  protectedPeople: optional(protectedPeople, {
    description: 'Mail under the name of somebody in organization.protectedPeople. Absent: it is only told.',
  }),
  lookAlikes: optional(lookAlikes, {
    description: 'Mail from domains that look like your own. Absent: it is only told.',
  }),
  firstContact: optional(trueOrFalse(), {
    description:
      'Whether the log tells that an author never wrote to a recipient before, as the hint "first-contact". It needs the bucket of UseKeep, and one or two requests to S3 for each recipient. Absent: it is not looked up.',
  }),
  seal: optional(seal, {
    description:
      'Seals inbound mail that Mailroom changes (ARC), for whoever it is forwarded to. Absent: it is not sealed.',
  }),
  reports: optional(reports, {
    description: 'Reports to the owners of domains (RFC 9990). Absent: none.',
  }),
  onTimeout: withDefault(onTrouble, 'retry', {
    description: 'When time runs out: let WorkMail call again ("retry"), or settle for an action.',
  }),
  onTemporaryError: withDefault(onTrouble, 'retry', {
    description:
      'On an error that may pass, such as a DNS time-out: let WorkMail call again ("retry"), or settle.',
  }),
});
