/** What the functions logged, as sentences. The fixed words are the functions' own. */
import type { TraceEntry } from './types.ts';

type LogRecord = Readonly<Record<string, unknown>>;

export interface Sentence {
  readonly text: string;
  /** It tells of a failure. */
  readonly isBad: boolean;
}

/** Effects by name and result; others are shown as they are. */
const EFFECTS: Readonly<Record<string, string>> = {
  'journal-raw stored': 'kept: the message as it came in',
  'journal-raw already-stored': 'kept before: the message as it came in',
  'journal-event stored': 'kept: what WorkMail said of it',
  'journal-event already-stored': 'kept before: what WorkMail said of it',
  's3-put stored': 'the new content is in S3',
  's3-delete deleted': 'the new content is deleted from S3',
  's3-delete kept': 'the new content could not be deleted from S3',
  'save-copy stored': 'kept: a copy of the message',
  'save-copy already-there': 'kept before: a copy of the message',
  'save-attachment stored': 'kept: an attachment',
  'save-attachment already-there': 'kept before: an attachment',
  'decision stored': 'kept: what was decided, for another try',
  'put stored': 'WorkMail took the new content',
  'put rejected': 'WorkMail refused the new content',
  'put frozen': 'WorkMail takes no new content any more',
};

/** What happened to the policy, where it matters for the message. */
const POLICY: Readonly<Record<string, string>> = {
  'kept-last-good': 'the policy in force is not the newest',
  stale: 'the policy in force is not the newest',
  'passed-without-policy': 'there is no policy that can be read, so nothing is decided',
};

/** Outcomes of a step that a reader asks "why" about. */
const NOTABLE: ReadonlySet<unknown> = new Set([
  'junk',
  'drop',
  'bounce',
  'quarantine',
  'redirect',
  'remove',
  'fallback',
  'not-captured',
  'rewritten',
]);

/** What became of a release that somebody used for the message. */
const RELEASES: Readonly<Record<string, string>> = {
  released: 'an administrator released it, so no rule acts',
  expired: 'its release has expired, so the rules act',
  used: 'its release was used before, so the rules act',
  'not-ours': 'its release is not ours, so the rules act',
};

/** What a failure leads to, by the fixed word of its record; others are shown as they are. */
const THEN: Readonly<Record<string, string>> = {
  retry: 'WorkMail is to call again',
  deliverUnchanged: 'rules are not applied to it',
  unknown: 'no condition on it holds',
  'nothing-stopped': 'the message goes on without it',
  default: 'delivered',
  junk: 'to Junk',
  bounce: 'refused',
  reject: 'refused',
};

/** Events that a reader asks about whatever their level. */
const ALWAYS_NOTABLE: ReadonlySet<unknown> = new Set(['failure', 'quarantine', 'release']);

function isObject(value: unknown): value is LogRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function sentenceOf(record: LogRecord): string | undefined {
  const { event, step, outcome, reason, rule, change, path, text } = record;
  const who = step === undefined ? '' : `${word(step)}: `;
  const part = path === undefined || path === '' ? '' : ` in part ${word(path)}`;
  // Where there is nothing to say but the outcome once more, nothing is said.
  const why = text ?? (reason === outcome || reason === record['wouldBe'] ? undefined : reason);
  const because = why === undefined ? '' : ` — ${word(why)}`;
  switch (event) {
    case 'decision':
      if (step === 'rules') return `${ruleDecision(record)}${wouldBe(record)}${because}`;
      if (Array.isArray(record['rules'])) return `${who}${contentDecision(record, record['rules'])}`;
      return `${who}${word(outcome ?? 'decided')}${wouldBe(record)}${because}`;
    case 'edit':
      return `${who}rule “${word(rule)}”: ${word(change)}${part}${bytesText(record)}`;
    case 'skip':
      return `${who}left alone${rule === undefined ? '' : ` by rule “${word(rule)}”`}${part}${because}`;
    case 'effect': {
      const effect = `${word(record['effect'])} ${word(record['result'])}`;
      return EFFECTS[effect] ?? effect;
    }
    case 'policy':
      return POLICY[word(outcome)] === undefined ? undefined : `${POLICY[word(outcome)]}${because}`;
    case 'quarantine':
      return `held in quarantine, id ${word(record['id'])}, rule “${word(rule)}”`;
    case 'notice':
      return `${rule === undefined ? '' : `rule “${word(rule)}”: `}notice ${word(outcome)}${because}`;
    case 'release':
      return RELEASES[word(outcome)];
    case 'repair':
      return `repaired for WorkMail: ${word(record['kind'])}${part}`;
    case 'transit':
      return `WorkMail would refuse the new content: ${word(record['problem'])}`;
    case 'failure':
      return `${who}failure${ruleText(record)}${failureText(record)}`;
    default:
      return undefined;
  }
}

function ruleText({ rule }: LogRecord): string {
  return rule === undefined ? '' : ` of rule “${word(rule)}”`;
}

/** Why it failed, as well as the record knows, and what follows. */
function failureText({ text, reason, why, kind, action, errorMessage }: LogRecord): string {
  const told = [text, reason, why, errorMessage, kind].find((one) => one !== undefined);
  // A call that ends with an error has no answer: that is how a function asks for another call.
  const next = errorMessage === undefined ? action : 'retry';
  const then = next === undefined ? '' : `; ${THEN[word(next)] ?? word(next)}`;
  return `${told === undefined ? '' : ` — ${word(told)}`}${then}`;
}

/** What a rule makes of the message, and for which recipients; these are known by their number alone. */
function ruleDecision({ outcome, rule, recipients }: LogRecord): string {
  const whom = Array.isArray(recipients)
    ? ` for ${recipients.map((index) => `[${word(index)}]`).join(' ')}`
    : '';
  return `rule “${word(rule)}”: ${word(outcome)}${whom}`;
}

/** Which rules changed the content, or would; that a rule matched needs no words then. */
function contentDecision(record: LogRecord, rules: readonly unknown[]): string {
  const by = rules.length === 0 ? '' : ` by ${rules.map((rule) => `rule “${word(rule)}”`).join(', ')}`;
  return `${word(record['outcome'])}${wouldBe(record)}${by}`;
}

/** What enforcing would do, where something only watches. */
function wouldBe(record: LogRecord): string {
  const other = record['wouldBe'];
  return other === undefined || other === record['outcome'] ? '' : `, enforcing would do: ${word(other)}`;
}

/** Which rules act and which do not, each with the conditions that settled it. */
function ruleTexts(record: LogRecord): string[] {
  return (['matched', 'notMatched'] as const).flatMap((list) => {
    const rules = record[list];
    if (!Array.isArray(rules)) return [];
    return rules.filter(isObject).map(({ rule, because, state }) => {
      const why = Array.isArray(because) ? because.map(word).join('; ') : '';
      const found = list === 'matched' ? 'matches' : 'does not match';
      const mode = state === undefined ? '' : ` (${word(state)})`;
      return `rule “${word(rule)}” ${found}${mode}${why === '' ? '' : ` — ${why}`}`;
    });
  });
}

function bytesText(record: LogRecord): string {
  const { bytesBefore, bytesAfter } = record;
  return bytesBefore === undefined ? '' : ` (${word(bytesBefore)} → ${word(bytesAfter)} bytes)`;
}

function recordsOf(entry: TraceEntry): LogRecord[] {
  const logs = entry.data['logs'];
  return Array.isArray(logs) ? logs.filter(isObject) : [];
}

/** Everything that one call decided, in order. */
export function decisionSentences(entry: TraceEntry): readonly Sentence[] {
  return recordsOf(entry).flatMap(sentences);
}

function sentences(record: LogRecord): Sentence[] {
  const isBad = record['level'] === 'error';
  const texts = record['event'] === 'rules' ? ruleTexts(record) : [sentenceOf(record) ?? ''];
  return texts.filter((text) => text !== '').map((text) => ({ text, isBad }));
}

/**
 * Why it went where it went, which rules changed it, and what failed on the way: the sentences that a reader looks for
 * first, each once.
 */
export function notableTexts(trace: readonly TraceEntry[]): readonly string[] {
  const notable = trace.flatMap(recordsOf).filter(isNotable);
  return [...new Set(notable.flatMap(sentences).map(({ text }) => text))];
}

function isNotable({ event, outcome, wouldBe, level }: LogRecord): boolean {
  if (level === 'error' || ALWAYS_NOTABLE.has(event)) return true;
  return event === 'decision' && (NOTABLE.has(outcome) || NOTABLE.has(wouldBe));
}

/** Whether a rule of ours holds the message in quarantine. */
export function isHeld(trace: readonly TraceEntry[]): boolean {
  return trace.flatMap(recordsOf).some(({ event }) => event === 'quarantine');
}
