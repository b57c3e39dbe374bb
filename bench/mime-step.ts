/** All that a rule about a message computes between Get and Put: evidence, author, facts, rules, and the rewriting. */
import { authorDomain, readSesEvidence } from '../shared/auth/index.ts';
import { parseMessage } from '../shared/mime/index.ts';
import type { Message } from '../shared/mime/types.ts';
import { messageFacts } from '../shared/policy/facts.ts';
import { matchRules, type RuleMatch } from '../shared/policy/match.ts';
import type { Policy, Rule } from '../shared/policy/types.ts';
import { type Written, write } from './mime-ours.ts';
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
    },
    do: [{ kind: 'prependSubject', tag: '[EXTERNAL]' }],
    onTimeout: 'deliverUnchanged',
    onTemporaryError: 'deliverUnchanged',
  };
}

/** A policy of so many rules, made here: a file may hold fewer than are measured. */
export function askingPolicy(rules: number): Policy {
  return {
    version: 1,
    organization: { domains: ['example.com'], trustSesHeaders: 'always' },
    rules: Array.from({ length: rules }, (_, number) => askingRule(number)),
  };
}

/** Holds the rules of a policy against a parsed message. */
export function judge(message: Message, policy: Policy): readonly RuleMatch[] {
  const facts = messageFacts({
    message,
    direction: 'inbound',
    recipients: [RECIPIENT],
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: policy.organization,
  });
  return matchRules(policy, facts);
}

const POLICY = askingPolicy(20);

export function work(bytes: Uint8Array): Written {
  const message = parseMessage(bytes);
  judge(message, POLICY);
  return write(message);
}
