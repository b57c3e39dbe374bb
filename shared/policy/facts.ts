/** What the conditions of a policy may ask, drawn from a message. The handlers and `explain` both come through here. */
import { senderScope } from '../auth/index.ts';
import type { AuthorDomain, SesEvidence } from '../auth/types.ts';
import { parseAddressList } from '../mime/address.ts';
import { headerFields, headerText, rawHeaderText } from '../mime/index.ts';
import type { HeaderField, Message } from '../mime/types.ts';
import type { MessageFacts } from './match.ts';
import { domainOf } from './pattern.ts';
import type { OrganizationPolicy } from './types.ts';

/** Fields of one name that are looked at: a message with thousands of them must not cost thousands of decodings a rule. */
const MAX_FIELDS = 100;
/** Authors that are looked at. RFC 5322 §3.6.2 allows several; nobody has this many. */
const MAX_AUTHORS = 100;

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

/** Makes the facts. Headers are decoded when a condition first asks for them, and once. Never throws. */
export function messageFacts(sources: FactSources): MessageFacts {
  const { message, author, organization, direction, recipients } = sources;
  const own = new Set(organization.domains);
  const known = new Map<string, readonly string[]>();
  const header = (name: string): readonly string[] => {
    const lower = name.toLowerCase();
    const values = known.get(lower) ?? fieldsOf(message, lower).map((field) => headerText(message, field));
    known.set(lower, values);
    return values;
  };
  return {
    direction,
    senderScope: scopeOf(sources),
    from: authors(message, author, fieldsOf(message, 'from')),
    recipients,
    recipientScopes: recipients.map((recipient) => (own.has(domainOf(recipient)) ? 'inside' : 'outside')),
    // All Subject fields: a second one must not hide what a mail program may show.
    get subject() {
      return header('subject').join('\n');
    },
    header,
  };
}

function fieldsOf(message: Message, lowerName: string): readonly HeaderField[] {
  return headerFields(message.root.header, lowerName).slice(0, MAX_FIELDS);
}
