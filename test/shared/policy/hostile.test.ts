/** Whatever a message holds, and whatever a right policy asks: a decision comes out, and nothing is thrown. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { authorDomain, readSesEvidence } from '../../../shared/auth/index.ts';
import { contentReaders } from '../../../shared/mime/content-readers.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { toContentChanges } from '../../../shared/policy/content-changes.ts';
import { type FactSources, messageFacts } from '../../../shared/policy/facts.ts';
import {
  type Decision,
  decide,
  neededLookups,
  opensContent,
  type Policy,
  parsePolicy,
} from '../../../shared/policy/index.ts';
import { policyNeeds } from '../../../shared/policy/needs.ts';
import { loadPatternEngine } from '../../../shared/policy/text-pattern.ts';
import { noticeText } from '../../../shared/policy/variable-values.ts';
import { rightPolicy } from './generate.ts';

const patternEngine = await loadPatternEngine();

const line = fc.constantFrom(
  'From: a@example.com',
  'From: b@evil.example, c@evil.example',
  'To: alice@example.com, <<',
  'Subject: =?utf-8?q?invoice_=FF?=',
  'X-A: abc invoice 7',
  'List-Id: <x>',
  'Importance: high',
  'Content-Type: multipart/mixed; boundary=b',
  'Content-Type: text/html; charset=koi8-r',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename="invoice1.pdf.exe"',
  'In-Reply-To: <1@a.example>',
  '--b',
  '--b--',
  '',
  '<a href="http://x.example">x</a> invoice 12',
  'UEsDBAoAAAAAAA==',
  'begin 644 a.exe',
);
const bytes = fc.oneof(
  fc.array(line, { maxLength: 40 }).map((lines) => Buffer.from(lines.join('\r\n'))),
  fc.uint8Array({ maxLength: 400 }).map((octets) => Buffer.from(octets)),
);

function decideOn(
  policy: Policy,
  octets: Uint8Array,
  direction: 'inbound' | 'outbound' | undefined,
): Decision {
  const message = parseMessage(octets);
  const sources: FactSources = {
    message,
    direction,
    now: Date.UTC(2026, 5, 1),
    envelopeSender: '',
    recipients: ['alice@example.com', 'zoe@partner.example', 'odd'],
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: policy.organization,
    content: contentReaders,
  };
  const facts = messageFacts(sources);
  const decision = decide(policy, facts, { everyCondition: true });
  expect({ ...decideAsFunction(policy, sources), rules: [] }).toEqual({ ...decision, rules: [] });
  toContentChanges(decision.changes, facts);
  return decision;
}

/** The same as a function decides it: content is there where somebody asks for it, and not opened without need. */
function decideAsFunction(policy: Policy, sources: FactSources): Decision {
  const { direction, now } = sources;
  const content = opensContent(policy, { direction, now }) ? contentReaders : undefined;
  const facts = messageFacts({ ...sources, content });
  const decision = decide(policy, facts);
  toContentChanges(decision.changes, facts);
  for (const effect of decision.effects)
    if (effect.kind === 'notify') noticeText(effect.text, facts, { rule: effect.rule });
  return decision;
}

it('a right policy decides on any octets', () => {
  const direction = fc.constantFrom<'inbound' | 'outbound' | undefined>('inbound', 'outbound', undefined);
  fc.assert(
    fc.property(
      rightPolicy,
      fc.array(bytes, { minLength: 1, maxLength: 5 }),
      direction,
      (json, messages, way) => {
        const parsed = parsePolicy(JSON.stringify(json), 'policy.yaml', { patternEngine });
        if (!parsed.ok)
          throw new Error(parsed.problems.find(({ severity }) => severity === 'error')?.message);
        neededLookups(parsed.policy);
        policyNeeds(parsed.policy);
        for (const octets of messages)
          expect(decideOn(parsed.policy, octets, way).recipients).toHaveLength(3);
      },
    ),
    { numRuns: 60 },
  );
});
