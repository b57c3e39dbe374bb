/** What the conditions of a policy may ask, drawn from a message. The handlers and `explain` both come through here. */
import { readSesVerdicts } from '../auth/authentication-results/ses-verdicts.ts';
import type { DmarcReason } from '../auth/dmarc/reasons.ts';
import type { Evidence } from '../auth/evidence-types.ts';
import { senderScope } from '../auth/index.ts';
import type { AuthorDomain, SesEvidence } from '../auth/types.ts';
import { parseAddressList } from '../mime/address.ts';
import type { contentReaders } from '../mime/content-readers.ts';
import { headerFields } from '../mime/header.ts';
import { headerText, rawHeaderText } from '../mime/header-text.ts';
import { messageKinds } from '../mime/message-kinds.ts';
import { charsetsOf, importanceOf, isReply } from '../mime/message-properties.ts';
import { once } from '../mime/once.ts';
import type { HeaderField, Message } from '../mime/types.ts';
import type { Lookups, MessageFacts } from './message-facts.ts';
import { domainOf } from './pattern.ts';
import type { OrganizationPolicy } from './types.ts';

/** Fields of one name that are looked at: a message with thousands of them must not cost thousands of decodings a rule. */
const MAX_FIELDS = 100;
/** Authors that are looked at. RFC 5322 §3.6.2 allows several; nobody has this many. */
const MAX_AUTHORS = 100;

/** What opens bodies and attachments: `contentReaders` of `shared/mime/content-readers.ts`. */
export type ContentReaders = typeof contentReaders;

/** What is known about a message before its rules are asked. */
export interface FactSources {
  readonly message: Message;
  /** Undefined where the event does not tell. */
  readonly direction: 'inbound' | 'outbound' | undefined;
  /** Envelope recipients, in the order of the event: results speak of their index. */
  readonly recipients: readonly string[];
  readonly evidence: SesEvidence;
  readonly author: AuthorDomain;
  readonly organization: OrganizationPolicy;
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  /** Empty for the null sender; undefined where nobody knows. */
  readonly envelopeSender: string | undefined;
  /** What `neededLookups` asks for. Absent: nothing was looked up. */
  readonly lookups?: Lookups;
  /** Why DMARC decided what it did; undefined where it was not asked or could not decide. */
  readonly dmarcReason?: DmarcReason | undefined;
  /** What was verified about the sender; undefined where nothing was, so that only SES's word is there. */
  readonly gathered?: Evidence | undefined;
  /** Absent where `opensContent` says that nothing asks for it. */
  readonly content?: ContentReaders | undefined;
}

/** Addresses of To and Cc that are looked at. */
const MAX_NAMED = 1_000;
const NO_LOOKUPS: Lookups = { groups: new Map(), firstContact: [] };

/** Addresses of address fields, as the sender wrote them. */
function addressesIn(message: Message, names: readonly string[]): readonly string[] {
  return names
    .flatMap((name) => fieldsOf(message, name))
    .flatMap((field) => parseAddressList(rawHeaderText(message, field)).mailboxes)
    .slice(0, MAX_NAMED)
    .map((mailbox) => mailbox.address);
}

/** The author's address; where there is none or several, every address that the From fields show. */
function authors(message: Message, author: AuthorDomain, fields: readonly HeaderField[]): readonly string[] {
  if (author.kind === 'one') return [author.address];
  return fields
    .flatMap((field) => parseAddressList(rawHeaderText(message, field)).mailboxes)
    .slice(0, MAX_AUTHORS)
    .map((mailbox) => mailbox.address);
}

/**
 * Outbound is what signed-in users of WorkMail submit, each as somebody of an own domain, and what their mailbox rules
 * redirect: that has the author with whom it came in.
 */
function scopeOf(sources: FactSources): MessageFacts['senderScope'] {
  const { direction, author, organization } = sources;
  if (direction !== 'outbound') return senderScope(sources);
  return author.kind === 'one' && !organization.domains.includes(author.domain)
    ? { scope: 'outside', why: 'outbound mail of an author of another domain, so redirected' }
    : { scope: 'inside', why: 'outbound mail is sent by a signed-in user' };
}

/** The decoded values of fields by name, each name once. */
function headerReader(message: Message): MessageFacts['header'] {
  const known = new Map<string, readonly string[]>();
  return (name) => {
    const lower = name.toLowerCase();
    const values = known.get(lower) ?? fieldsOf(message, lower).map((field) => headerText(message, field));
    known.set(lower, values);
    return values;
  };
}

/** An answer without having looked would be a guess. */
function opened(content: ContentReaders | undefined): ContentReaders {
  if (content === undefined) throw new Error('content is asked for that nobody said would be');
  return content;
}

/** What is computed from the message alone. */
function ofMessage({ message, content }: FactSources): Omit<MessageFacts, keyof FromSources> {
  const header = headerReader(message);
  const named = once(() => addressesIn(message, ['to', 'cc']));
  const names = once(() => new Set(message.root.header.fields.map((field) => field.lowerName)));
  const importance = once(() => importanceOf(message));
  const reply = once(() => isReply(message));
  const verdicts = once(() => readSesVerdicts(message));
  return {
    header,
    // All Subject fields: a second one must not hide what a mail program may show.
    get subject() {
      return header('subject').join('\n');
    },
    get toOrCc() {
      return named();
    },
    get headerNames() {
      return names();
    },
    get importance() {
      return importance();
    },
    get isReply() {
      return reply();
    },
    get sesVerdicts() {
      return verdicts();
    },
    sizeBytes: message.bytes.length,
    defects: new Set(message.defects.map((defect) => defect.kind)),
    bodyText: once(() => opened(content).bodyText(message)),
    attachmentText: once(() => opened(content).attachmentText(message)),
    attachments: once(() => opened(content).listAttachments(message)),
    messageKinds: once(() => messageKinds(message)),
    charsets: once(() => charsetsOf(message)),
  };
}

/** What the envelope, the evidence and the edge tell. */
type FromSources = Pick<
  MessageFacts,
  | 'now'
  | 'direction'
  | 'senderScope'
  | 'envelopeSender'
  | 'from'
  | 'recipients'
  | 'recipientScopes'
  | 'evidence'
  | 'evidenceTrusted'
  | 'dmarcProved'
  | 'dmarcReason'
  | 'lookups'
>;

function ofSources(sources: FactSources): FromSources {
  const { message, author, organization, recipients, now, direction, envelopeSender, evidence } = sources;
  const own = new Set(organization.domains);
  return {
    now,
    direction,
    envelopeSender,
    evidence,
    dmarcReason: sources.dmarcReason,
    evidenceTrusted: organization.trustSesHeaders === 'always',
    dmarcProved: sources.gathered?.dmarc.proved === true,
    senderScope: scopeOf(sources),
    from: authors(message, author, fieldsOf(message, 'from')),
    recipients,
    recipientScopes: recipients.map((recipient) => (own.has(domainOf(recipient)) ? 'inside' : 'outside')),
    lookups: sources.lookups ?? NO_LOOKUPS,
  };
}

/** Makes the facts. What must be decoded is decoded when a condition first asks for it, and once. Never throws. */
export function messageFacts(sources: FactSources): MessageFacts {
  // Not a spread: that would ask every getter at once.
  return Object.defineProperties(
    ofSources(sources),
    Object.getOwnPropertyDescriptors(ofMessage(sources)),
  ) as MessageFacts;
}

function fieldsOf(message: Message, lowerName: string): readonly HeaderField[] {
  return headerFields(message.root.header, lowerName).slice(0, MAX_FIELDS);
}
