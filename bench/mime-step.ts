/** All that rules about a message compute between Get and Put: evidence, author, facts, rules, and every change of content. */
import { authorDomain, readSesEvidence } from '../shared/auth/index.ts';
import { contentReaders } from '../shared/mime/content-readers.ts';
import { parseMessage } from '../shared/mime/index.ts';
import type { Message } from '../shared/mime/types.ts';
import type { RuleMatch } from '../shared/policy/decision.ts';
import { messageFacts } from '../shared/policy/facts.ts';
import { matchRules } from '../shared/policy/match.ts';
import type { Policy, Rule } from '../shared/policy/types.ts';
import { type Written, writeEverything } from './mime-ours.ts';
import { RECIPIENT } from './sample.ts';

/** One rule that asks for all that a rule can ask; it never acts, so that no condition is spared. */
export function askingRule(number: number): Rule {
  return {
    name: `rule ${number}`,
    when: {
      direction: 'inbound',
      senderScope: 'outside',
      from: [`*.partner-${number}.example`, `somebody-${number}@elsewhere.example`],
      sentTo: [`team-${number}@example.com`, '*'],
      recipientMatch: 'any',
      subjectContains: [`invoice ${number}`, `Größe ${number}`],
      headerContains: { name: number % 2 === 0 ? 'To' : 'X-Mailer', words: [`word ${number}`] },
      bodyContains: [`contract ${number}`, `Straße ${number}`],
      attachmentContains: [`account ${number}`],
      attachmentName: [`invoice-${number}*.exe`],
      attachmentType: [`application/x-kind-${number}`],
      attachmentIsExecutable: true,
      attachmentIsPasswordProtected: true,
      archiveContains: [`payload-${number}.*`],
      messageType: ['autoReply'],
      charset: [`x-charset-${number}`],
      isReply: true,
    },
    do: [{ kind: 'prependSubject', tag: '[EXTERNAL]' }],
    priority: 0,
    mode: 'enforce',
    stopProcessing: false,
    ifUntouchable: 'deliverUnchanged',
    ifRejected: 'deliverUnchanged',
    repair: true,
    onTimeout: 'deliverUnchanged',
    onTemporaryError: 'deliverUnchanged',
  };
}

/** A policy of so many rules. */
export function askingPolicy(rules: number): Policy {
  return {
    version: 1,
    organization: { domains: ['example.com'], trustSesHeaders: 'always' },
    lists: new Map(),
    rules: Array.from({ length: rules }, (_, number) => askingRule(number)),
  };
}

/** Holds the rules of a policy against a parsed message. */
export function judge(message: Message, policy: Policy): readonly RuleMatch[] {
  const facts = messageFacts({
    message,
    direction: 'inbound',
    now: 0,
    envelopeSender: undefined,
    recipients: [RECIPIENT],
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: policy.organization,
    content: contentReaders,
  });
  return matchRules(policy, facts, { everyCondition: true });
}

const POLICY = askingPolicy(20);

export function work(bytes: Uint8Array): Promise<Written> {
  const message = parseMessage(bytes);
  judge(message, POLICY);
  return writeEverything(message);
}
