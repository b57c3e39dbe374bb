/** Facts, rules and policies for tests: what a test does not speak of is as plain as can be. */
import type { Attachment, AttachmentContent } from '../../../shared/mime/attachment-types.ts';
import {
  type Action,
  type Condition,
  type MessageFacts,
  type Policy,
  type Rule,
  readPolicy,
} from '../../../shared/policy/index.ts';

export const RECIPIENTS = ['alice@example.com', 'bob@example.com', 'zoe@partner.example'];

const HEADERS: Readonly<Record<string, readonly string[]>> = { 'list-id': ['Announcements <a.example>'] };

/** An outbound message of Alice about an invoice to two colleagues and a partner. */
export function facts(change: Partial<MessageFacts> = {}): MessageFacts {
  const recipients = change.recipients ?? RECIPIENTS;
  const text = { text: '', complete: true };
  return {
    now: Date.UTC(2026, 10, 20, 12),
    direction: 'outbound',
    senderScope: { scope: 'inside', why: 'for the test' },
    envelopeSender: undefined,
    from: ['Alice@Example.com'],
    recipients,
    recipientScopes: recipients.map((one) => (one.endsWith('@example.com') ? 'inside' : 'outside')),
    toOrCc: recipients,
    subject: 'Re: Invoice No. 7',
    header: (name) => HEADERS[name.toLowerCase()] ?? [],
    headerNames: new Set(Object.keys(HEADERS)),
    bodyText: () => text,
    attachmentText: () => text,
    attachments: () => [],
    sizeBytes: 2_000,
    importance: 'normal',
    messageKinds: () => new Set(),
    charsets: () => ['utf-8'],
    isReply: false,
    defects: new Set(),
    evidence: { state: 'absent', why: 'for the test' },
    evidenceTrusted: true,
    dmarcReason: undefined,
    sesVerdicts: { spam: 'absent', virus: 'absent' },
    lookups: { groups: new Map(), firstContact: [] },
    ...change,
  };
}

export function condition(given: Partial<Condition>): Condition {
  return { recipientMatch: 'any', ...given };
}

/** A rule that acts on everything and tags the subject. */
export function rule(change: Partial<Rule> = {}): Rule {
  return {
    name: 'rule',
    priority: 0,
    mode: 'enforce',
    stopProcessing: false,
    when: { recipientMatch: 'any' },
    do: [{ kind: 'prependSubject', tag: '[T]' }],
    ifUntouchable: 'deliverUnchanged',
    ifRejected: 'deliverUnchanged',
    repair: true,
    onTimeout: 'deliverUnchanged',
    onTemporaryError: 'deliverUnchanged',
    ...change,
  };
}

export function doing(name: string, ...actions: readonly Action[]): Rule {
  return rule({ name, do: actions });
}

export function policy(...rules: readonly Rule[]): Policy {
  return {
    version: 1,
    organization: { domains: ['example.com'], trustSesHeaders: 'always' },
    lists: new Map(),
    rules,
  };
}

const PLAIN: AttachmentContent = {
  bytes: new Uint8Array(),
  type: undefined,
  archive: undefined,
  passwordProtected: false,
  unreadable: undefined,
};

export function attachment(
  change: Partial<Attachment> = {},
  content: Partial<AttachmentContent> = {},
): Attachment {
  return {
    path: '2',
    kind: 'part',
    names: ['report.pdf'],
    mediaType: 'application/pdf',
    inline: false,
    sizeBytes: 100,
    content: () => ({ ...PLAIN, ...content }),
    nested: () => [],
    ...change,
  };
}

/** The condition of the one rule that is written here as YAML, read as a policy is. */
export async function conditionOf(yaml: string): Promise<Condition> {
  const text = `version: 1\norganization: { domains: example.com, trustSesHeaders: always }\nlists: { partners: [partner.example, "*.friends.example"] }\nrules:\n  - name: r\n    when: { ${yaml} }\n    do: [{ prependSubject: x }]\n`;
  const parsed = await readPolicy(text, 'policy.yaml');
  const found = parsed.ok ? parsed.policy.rules[0]?.when : undefined;
  if (found !== undefined) return found;
  throw new Error(parsed.ok ? 'no rule' : parsed.problems.map(({ message }) => message).join('\n'));
}
