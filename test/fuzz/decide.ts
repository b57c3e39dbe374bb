/** Fuzzes the way from a policy and a message to a changed message: any right policy, held against messages of any octets. */
import fc from 'fast-check';
import { authorDomain, readSesEvidence } from '../../shared/auth/index.ts';
import { contentReaders } from '../../shared/mime/content-readers.ts';
import { parseMessage, rewriteContent } from '../../shared/mime/index.ts';
import { toContentChanges } from '../../shared/policy/content-changes.ts';
import { decide } from '../../shared/policy/decide.ts';
import type { Decision } from '../../shared/policy/decision.ts';
import { messageFacts } from '../../shared/policy/facts.ts';
import { parsePolicy } from '../../shared/policy/index.ts';
import { loadPatternEngine } from '../../shared/policy/text-pattern.ts';
import type { Policy } from '../../shared/policy/types.ts';
import { grammarMessage, mutatedFixture } from '../shared/mime/arbitraries.ts';
import { apply } from '../shared/mime/support.ts';
import { rightPolicy } from '../shared/policy/generate.ts';

const patternEngine = await loadPatternEngine();
/** Inputs between two looks at the clock. */
const BATCH = 100;
const RECIPIENTS = ['alice@example.com', 'bob@a.b.example', 'not an address'];

const inputs = fc.record({
  policy: rightPolicy.map((json) => JSON.stringify(json)),
  bytes: fc.oneof(grammarMessage, mutatedFixture()),
  inbound: fc.boolean(),
});

/** What holds for every decision. */
function checkDecision({ rules }: Policy, { recipients, changes, added, effects }: Decision): void {
  const names = new Set(rules.map(({ name }) => name));
  if (recipients.length !== RECIPIENTS.length) throw new Error(`${recipients.length} outcomes`);
  for (const { rule } of [...changes, ...added, ...effects])
    if (!names.has(rule)) throw new Error(`no rule "${rule}"`);
  for (const effect of effects) {
    if (effect.kind !== 'quarantine') continue;
    const held = effect.recipients.every((index) => recipients[index]?.outcome === 'quarantine');
    if (!held) throw new Error('kept for somebody who gets it');
  }
  for (const { rule, mode } of rules.map(({ name, mode }) => ({ rule: name, mode })))
    if (mode === 'test' && changes.some((change) => change.rule === rule && names.size === rules.length))
      throw new Error('a rule that is only tested changes something');
}

function check({
  policy: text,
  bytes,
  inbound,
}: {
  policy: string;
  bytes: Uint8Array;
  inbound: boolean;
}): void {
  const parsed = parsePolicy(text, 'policy.yaml', { patternEngine, now: 0 });
  if (!parsed.ok) return;
  const message = parseMessage(bytes);
  const facts = messageFacts({
    message,
    direction: inbound ? 'inbound' : 'outbound',
    now: Date.UTC(2026, 10, 20),
    envelopeSender: 'ada@example.org',
    recipients: RECIPIENTS,
    evidence: readSesEvidence(message),
    author: authorDomain(message),
    organization: parsed.policy.organization,
    content: contentReaders,
  });
  const decision = decide(parsed.policy, facts);
  checkDecision(parsed.policy, decision);
  if (JSON.stringify(decide(parsed.policy, facts)) !== JSON.stringify(decision))
    throw new Error('two decisions');
  const changes = toContentChanges(decision.changes, facts);
  const { edits, outcomes } = rewriteContent(message, changes, { skipIfPresent: true, repair: true });
  if (outcomes.length !== changes.length) throw new Error(`${outcomes.length} outcomes of ${changes.length}`);
  parseMessage(apply(message, edits));
}

/** Runs for about `seconds`; throws with the smallest failing input and the seed. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const until = performance.now() + seconds * 1_000;
  let runs = 0;
  while (performance.now() < until) {
    fc.assert(fc.property(inputs, check), { numRuns: BATCH, seed: seed + runs });
    runs += BATCH;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}

/** As a test does it. */
export function tryDecisions(runs: number): void {
  fc.assert(fc.property(inputs, check), { numRuns: runs });
}
