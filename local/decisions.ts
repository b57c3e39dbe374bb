/** What the functions logged, as sentences. The fixed words are the functions' own. */
import { REASONS } from '../shared/auth/dmarc/reasons.ts';
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
      if (step === 'dmarc')
        return `${who}${word(outcome)}${forWhom(record)}${wouldBe(record)}${because}${dmarcDetails(record)}`;
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
  const told = [text, inWords(reason), why, errorMessage, kind].find((one) => one !== undefined);
  // A call that ends with an error has no answer: that is how a function asks for another call.
  const next = errorMessage === undefined ? action : 'retry';
  const then = next === undefined ? '' : `; ${THEN[word(next)] ?? word(next)}`;
  return `${told === undefined ? '' : ` — ${word(told)}`}${then}`;
}

/** A reason code of DMARC as half a sentence. */
function inWords(reason: unknown): unknown {
  const [, code = ''] = typeof reason === 'string' ? (/^dmarc: (.*)$/.exec(reason) ?? []) : [];
  const known: Readonly<Record<string, string>> = REASONS;
  return Object.hasOwn(known, code) ? known[code]?.replace(/\.$/, '') : reason;
}

/** What a rule makes of the message, and for which recipients; these are known by their number alone. */
function ruleDecision(record: LogRecord): string {
  const { outcome, rule } = record;
  return `rule “${word(rule)}”: ${word(outcome)}${forWhom(record)}`;
}

function forWhom({ recipients }: LogRecord): string {
  return Array.isArray(recipients) ? ` for ${recipients.map((index) => `[${word(index)}]`).join(' ')}` : '';
}

/** What SES says where that is not what was found here. */
const DISAGREEMENTS: Readonly<Record<string, string>> = {
  'ses-pass-own-fail': 'SES says pass, and nothing that was verified here agrees',
  'ses-fail-own-pass': 'SES says fail',
  'ses-none-own-record': 'SES found no record',
};

/** The exception that held, whether SES agrees, and what else is strange about the message. */
function dmarcDetails({ exception, owner, expired, notEnforced, disagreement, hints }: LogRecord): string {
  const of = owner === undefined ? '' : `, of ${word(owner)}`;
  const details = [
    ...(exception === undefined ? [] : [`exception “${word(exception)}”${of}`]),
    ...(expired === undefined ? [] : [`the exception “${word(expired)}” has expired`]),
    ...(notEnforced === 'ramp' ? ['its domain is outside the share that is acted on'] : []),
    ...(disagreement === undefined ? [] : [DISAGREEMENTS[word(disagreement)] ?? word(disagreement)]),
    ...(Array.isArray(hints) && hints.length > 0 ? [`signs: ${hints.map(word).join(', ')}`] : []),
  ];
  return details.map((detail) => `; ${detail}`).join('');
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
  return textsOf(trace.flatMap(recordsOf).filter(isNotable));
}

/** The same for whoever asks about one message: also why DMARC let it through. */
export function whyTexts(trace: readonly TraceEntry[]): readonly string[] {
  const judged = ({ event, step, outcome }: LogRecord) =>
    event === 'decision' && step === 'dmarc' && outcome !== 'as-before';
  return textsOf(trace.flatMap(recordsOf).filter((record) => isNotable(record) || judged(record)));
}

function textsOf(records: readonly LogRecord[]): readonly string[] {
  return [...new Set(records.flatMap(sentences).map(({ text }) => text))];
}

function isNotable({ event, outcome, wouldBe, level }: LogRecord): boolean {
  if (level === 'error' || ALWAYS_NOTABLE.has(event)) return true;
  return event === 'decision' && (NOTABLE.has(outcome) || NOTABLE.has(wouldBe));
}

/**
 * Of a message that is not decided yet because a function fails: how often it was asked, why it failed, and when it is
 * asked again.
 */
export function waitingText(trace: readonly TraceEntry[]): string | undefined {
  const last = trace.findLast(({ kind, data }) => kind === 'retry' && data['tries'] !== undefined);
  if (last === undefined) return undefined;
  const { tries, why, nextAt, function: name } = last.data;
  const times = tries === 1 ? '1 try' : `${word(tries)} tries`;
  return `Not decided yet: ${times} of ${word(name)}, the last failed: ${word(why)}. The next is at ${word(nextAt)}.`;
}

/** Whose copies a rule of ours holds in quarantine, by what one call logged. It speaks of `recipients` by number. */
export function heldRecipients(
  logs: readonly LogRecord[],
  recipients: readonly string[],
): ReadonlySet<string> {
  const held = logs.filter(
    ({ event, step, outcome }) => event === 'decision' && step === 'rules' && outcome === 'quarantine',
  );
  const indexes = held.flatMap((record) =>
    Array.isArray(record['recipients']) ? record['recipients'].map(Number) : [],
  );
  return new Set(indexes.flatMap((index) => recipients[index] ?? []));
}
