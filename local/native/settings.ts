/**
 * What WorkMail does by itself, whatever the flow rules say: DMARC enforcement, journaling, quotas, the event log. In
 * WorkMail's console these are settings of the organization; here they are the key `native:` of `organization.yaml`.
 *
 * DMARC enforcement begins as `off` where WorkMail begins with `on`: while it is on, mail that fails never reaches a
 * rule, and Mailroom's own enforcement has nothing to decide.
 */
import { list, optional, record, required, withDefault } from '../../shared/policy/collections.ts';
import { checkAddress } from '../../shared/policy/names.ts';
import { quote, type Report } from '../../shared/policy/report.ts';
import { oneOf, text } from '../../shared/policy/shape.ts';
import { placed, wholeNumber } from '../flow/shapes.ts';

/** The guide: a mailbox has from 1 MB to 50 GB. */
const MAX_MAILBOX_MB = 50 * 1024;
/** The guide's sending quotas: recipients outside the organization each day, and from a test domain all of them. */
const SENDING_QUOTAS = { perUser: 10_000, perAccount: 100_000, testDomain: 200 } as const;
/** The guide: the log is kept for 30 days unless the administrator says otherwise. */
const RETENTION_DAYS = 30;
/** The longest that CloudWatch keeps a log, but for ever. */
const MAX_RETENTION_DAYS = 3653;
const MAX_USERS = 1000;

const address = text('an address', { maxLength: 320 }, checkAddress);
const onOff = oneOf('on', 'off');

const journaling = record('the keys of journaling', {
  journalAddress: required(address, { description: 'who gets a record of every message' }),
  reportAddress: required(address, { description: 'who is told when a record cannot be delivered' }),
  awsappsDomain: withDefault(oneOf('present', 'deleted'), 'present', {
    description: 'whether SES still has ALIAS.awsapps.com, without which journaling stops',
  }),
});

const quota = record('the keys of a mailbox quota', {
  mailbox: required(placed(address), { description: 'the address of the user' }),
  mb: required(wholeNumber(1, MAX_MAILBOX_MB), { description: 'the size of the mailbox in MB' }),
});

const sendingQuotas = record('the sending quotas', {
  perUser: withDefault(wholeNumber(1, SENDING_QUOTAS.perUser), SENDING_QUOTAS.perUser, {
    description: 'recipients outside the organization, for each user and day',
  }),
  perAccount: withDefault(wholeNumber(1, SENDING_QUOTAS.perAccount), SENDING_QUOTAS.perAccount, {
    description: 'recipients outside the organization, for all users together and day',
  }),
  testDomain: withDefault(wholeNumber(1, SENDING_QUOTAS.testDomain), SENDING_QUOTAS.testDomain, {
    description: 'recipients anywhere that ALIAS.awsapps.com writes to in a day',
  }),
});

/** The key `native:` of `organization.yaml`. */
export const nativeShape = record('the features of WorkMail itself', {
  dmarcEnforcement: withDefault(onOff, 'off', {
    description: "WorkMail's own DMARC enforcement, before any flow rule",
  }),
  journaling: optional(journaling, { description: "WorkMail's own journaling" }),
  mailboxQuotaMb: withDefault(wholeNumber(1, MAX_MAILBOX_MB), MAX_MAILBOX_MB, {
    description: 'the size of every mailbox in MB',
  }),
  mailboxQuotas: optional(list(quota, { what: 'mailbox quotas', max: MAX_USERS }), {
    description: 'mailboxes of another size',
  }),
  sendingQuotas: optional(sendingQuotas, { description: 'smaller quotas, to see what they do' }),
  eventLog: withDefault(onOff, 'on', { description: 'whether the email event log is written' }),
  eventLogRetentionDays: withDefault(wholeNumber(1, MAX_RETENTION_DAYS), RETENTION_DAYS, {
    description: 'how long events are kept',
  }),
});

type ShapedNative = NonNullable<ReturnType<typeof nativeShape.read>>;

export interface Journaling {
  readonly journalAddress: string;
  readonly reportAddress: string;
  /** Whether SES still has the domain that the records come from. */
  readonly awsappsDomain: 'present' | 'deleted';
}

export interface SendingQuotas {
  readonly perUser: number;
  readonly perAccount: number;
  readonly testDomain: number;
}

/** What WorkMail does by itself in this organization. */
export interface NativeSettings {
  readonly dmarcEnforcement: 'on' | 'off';
  readonly journaling: Journaling | undefined;
  /** In bytes, by mailbox. */
  mailboxQuota(mailbox: string): number;
  readonly sendingQuotas: SendingQuotas;
  readonly eventLog: 'on' | 'off';
  readonly eventLogRetentionDays: number;
}

const MB = 1024 * 1024;

/** The settings of an organization file; without the key `native:` every default. */
export function nativeSettings(shaped: ShapedNative | undefined): NativeSettings {
  const fallback = (shaped?.mailboxQuotaMb ?? MAX_MAILBOX_MB) * MB;
  const quotas = new Map((shaped?.mailboxQuotas ?? []).map(({ mailbox, mb }) => [mailbox.value, mb * MB]));
  return {
    dmarcEnforcement: shaped?.dmarcEnforcement ?? 'off',
    journaling: shaped?.journaling,
    mailboxQuota: (mailbox) => quotas.get(mailbox) ?? fallback,
    sendingQuotas: shaped?.sendingQuotas ?? SENDING_QUOTAS,
    eventLog: shaped?.eventLog ?? 'on',
    eventLogRetentionDays: shaped?.eventLogRetentionDays ?? RETENTION_DAYS,
  };
}

/** Reports a quota for an address that is no user's own: it would never take effect. */
export function checkNative(
  shaped: ShapedNative | undefined,
  mailboxes: readonly string[],
  report: Report,
): void {
  for (const { mailbox } of shaped?.mailboxQuotas ?? []) {
    if (mailboxes.includes(mailbox.value)) continue;
    report.error(mailbox.at, `${quote(mailbox.value)} is the address of no user; an alias has no mailbox`);
  }
}
