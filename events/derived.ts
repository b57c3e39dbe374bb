/**
 * Events that the stand-in does not send: those of an older or rarer shape, edited from a recorded one, and those whose
 * values are printed in the Amazon WorkMail Administrator Guide.
 */
import { createHash } from 'node:crypto';

export type RecordedEvent = Readonly<Record<string, unknown>> & {
  readonly envelope: {
    readonly mailFrom: unknown;
    readonly recipients: readonly unknown[];
  };
  readonly messageId: string;
};

export interface Derivation {
  readonly name: string;
  /** The recorded event; its content is taken over. */
  readonly from: string;
  edit(event: RecordedEvent): unknown;
}

/** How many recipients `truncated` keeps. A real one is cut at 128 KB, which would be a large file. */
const KEPT_RECIPIENTS = 2;

export const DERIVATIONS: readonly Derivation[] = [
  {
    name: 'older-shape',
    from: 'inbound',
    edit: ({ invocationId: _id, flowDirection: _direction, ...older }) => older,
  },
  {
    name: 'summary-version-2019-07-28',
    from: 'outbound',
    edit: (event) => ({ ...event, summaryVersion: '2019-07-28' }),
  },
  {
    name: 'truncated',
    from: 'many-recipients',
    edit: (event) => ({
      ...event,
      envelope: { ...event.envelope, recipients: event.envelope.recipients.slice(0, KEPT_RECIPIENTS) },
      truncated: true,
    }),
  },
  {
    name: 'null-sender-missing',
    from: 'null-sender',
    edit: (event) => ({ ...event, envelope: { ...event.envelope, mailFrom: null }, sender: null }),
  },
];

/** An event of its own: with the ids of the recorded one, what is put for one would be served for both. */
export function withOwnIds(event: RecordedEvent, name: string): RecordedEvent {
  const digest = createHash('sha256').update(`${event.messageId} ${name}`).digest('hex');
  const messageId = `${event.messageId.slice(0, -12)}${digest.slice(0, 12)}`;
  return { ...event, messageId, invocationId: digest.slice(-40) };
}

/** Guide, "Configuring AWS Lambda for Amazon WorkMail": the sample event. Its message is `sent/documented.eml`. */
export const DOCUMENTED_EVENT = {
  summaryVersion: '2018-10-10',
  envelope: {
    mailFrom: { address: 'from@example.com' },
    recipients: [{ address: 'recipient1@example.com' }, { address: 'recipient2@example.com' }],
  },
  sender: { address: 'sender@example.com' },
  subject: 'Hello From Amazon WorkMail!',
  messageId: '00000000-0000-0000-0000-000000000000',
  invocationId: '00000000000000000000000000000000',
  flowDirection: 'INBOUND',
  truncated: false,
} as const;

const REQUESTER = {
  email: 'alice@example.com',
  userName: 'alice',
  organization: 'm-0123456789abcdef0123456789abcdef',
  userId: 'S-1-5-21-1-2-3-1001',
  origin: '127.0.0.1',
};
/** In it: an occurrence that was moved, and summer time in New York but not yet in Berlin. */
const WINDOW = { startDate: '2026-03-16T00:00:00.000Z', endDate: '2026-03-20T00:00:00.000Z' };

/**
 * Guide, "Custom availability providers": requests in the documented shape about the sample calendars
 * (`local/sample/calendars/`), and shapes that the guide leaves open.
 */
export const AVAILABILITY: Readonly<Record<string, unknown>> = {
  'availability-known': {
    requester: REQUESTER,
    mailboxes: ['dave@partner.example', 'erin@partner.example'],
    window: WINDOW,
  },
  'availability-unknown': {
    requester: REQUESTER,
    mailboxes: ['nobody@partner.example', 'erin@partner.example'],
    window: WINDOW,
  },
  // The values of the guide's sample, times with an offset as AWS's sample project has them.
  'availability-documented': {
    requester: {
      email: 'user1@internal.example.com',
      userName: 'user1',
      organization: 'm-0123456789abcdef0123456789abcdef',
      userId: 'S-1-5-18',
      origin: '127.0.0.1',
    },
    mailboxes: ['user2@external.example.com', 'unknown@internal.example.com'],
    window: { startDate: '2021-05-04T00:00:00+00:00', endDate: '2021-05-06T00:00:00+00:00' },
  },
  // The guide's table calls `mailboxes` a comma-separated list, its sample shows an array.
  'availability-one-string': {
    requester: REQUESTER,
    mailboxes: 'dave@partner.example,nobody@partner.example',
    window: { startDate: '2026-03-16T09:00:00+01:00', endDate: '2026-03-16T18:00:00+01:00' },
  },
  // What TestAvailabilityConfiguration sends is not documented: it may be nothing, or a request that asks for nobody.
  'availability-empty': {},
  'availability-nobody': { requester: null, mailboxes: [], window: null, bearer: '' },
};
