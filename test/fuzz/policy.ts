/** Fuzzes the policy parser: raw characters, YAML's own alphabet, and right policies that were damaged. */
import fc from 'fast-check';
import { parsePolicy } from '../../shared/policy/index.ts';
import { loadPatternEngine } from '../../shared/policy/text-pattern.ts';
import { brokenPolicy, rightPolicy } from '../shared/policy/generate.ts';

const patternEngine = await loadPatternEngine();

/** Inputs between two looks at the clock. */
const BATCH = 200;

const KEYS = [
  'version: 1',
  'organization:',
  'domains:',
  'rules:',
  'when:',
  'do:',
  '- name: x',
  'unless:',
  'subjectMatches:',
  'quarantine:',
  'where:',
  'lists:',
  'dmarc:',
];
const SIGNS = [
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|\n',
  '>\n',
  '&a ',
  '*a ',
  '!t ',
  '<<',
  '#',
  '? ',
  '%',
  '---\n',
];
const SPACES = ['\n', '\n  ', '\n    ', '\t', ' ', '\r\n', '\r', '\u0000', '\ufeff', '\ud800', 'é'];

const yamlText = fc
  .array(fc.constantFrom(...KEYS, ...SIGNS, ...SPACES), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

/** A right policy as JSON, with a few characters replaced, inserted or removed. */
const damaged = fc
  .tuple(
    fc.oneof(rightPolicy, brokenPolicy),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...SIGNS, ...SPACES)), { maxLength: 4 }),
  )
  .map(([policy, damages]) => {
    let text = JSON.stringify(policy, null, 1);
    for (const [at, removed, inserted] of damages) {
      const start = at % (text.length + 1);
      text = text.slice(0, start) + inserted + text.slice(start + removed);
    }
    return text;
  });

const inputs = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), yamlText, damaged);

/** What must be true whatever the text is. */
function check(text: string): void {
  const parsed = parsePolicy(text, 'policy.yaml', { patternEngine, now: 0 });
  const problems = parsed.ok ? parsed.warnings : parsed.problems;
  const lines = text.split(/\r\n|\r|\n/).length;
  if (!parsed.ok && !problems.some((problem) => problem.severity === 'error'))
    throw new Error('refused without an error');
  if (parsed.ok && problems.some((problem) => problem.severity === 'error'))
    throw new Error('accepted with an error');
  for (const { line, column, message } of problems) {
    if (line < 1 || line > lines || column < 1)
      throw new Error(`no such place: ${line}:${column}: ${message}`);
  }
  const again = parsePolicy(text, 'policy.yaml', { patternEngine, now: 0 });
  if (again.ok !== parsed.ok) throw new Error('two answers to one text');
}

/** Runs for about `seconds`; throws with the smallest failing input and the seed. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const until = performance.now() + seconds * 1_000;
  let runs = 0;
  while (performance.now() < until) {
    fc.assert(fc.property(inputs, check), { numRuns: BATCH, seed: seed + runs });
    runs += BATCH;
  }
  return { runs };
}
