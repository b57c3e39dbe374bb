/** What the functions logged, as sentences. The fixed words are the functions' own. */
import {
  DISAGREEMENTS,
  EFFECTS,
  IDLE,
  LISTS,
  POLICY,
  RELEASES,
  reasonText,
  THEN,
  unstopped,
} from './decision-words.ts';
import type { TraceEntry } from './types.ts';

/** A message may have hundreds of recipients. */
const MAX_NAMED = 10;

export type LogRecord = Readonly<Record<string, unknown>>;

export interface Sentence {
  readonly text: string;
  /** It tells of a failure. */
  readonly isBad: boolean;
}

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

/** Events that a reader asks about whatever their level. */
const ALWAYS_NOTABLE: ReadonlySet<unknown> = new Set(['failure', 'quarantine', 'release']);

export function isObject(value: unknown): value is LogRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function sentenceOf(record: LogRecord): string | undefined {
  const { event, step, outcome, rule, change, path } = record;
  const who = step === undefined ? '' : `${word(step)}: `;
  const part = path === undefined || path === '' ? '' : ` in part ${word(path)}`;
  const because = becauseOf(record);
  switch (event) {
    case 'decision':
      if (step === 'dmarc')
        return `${who}${acted(outcome)}${forWhom(record)}${wouldBe(record)}${because}${dmarcDetails(record)}`;
      if (step === 'rules') return `${ruleDecision(record)}${wouldBe(record)}${because}`;
      if (Array.isArray(record['rules'])) return `${who}${contentDecision(record, record['rules'])}`;
      return `${who}${word(outcome ?? 'decided')}${wouldBe(record)}${because}`;
    case 'edit':
      return `${who}rule “${word(rule)}”: ${word(change)}${part}${bytesText(record)}`;
    case 'skip':
      if (rule === undefined && IDLE[word(record['reason'])] !== undefined)
        return `${who}nothing to do, ${IDLE[word(record['reason'])]}`;
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

/** Where there is nothing to say but the outcome once more, nothing is said. */
function becauseOf({ step, text, reason, outcome, wouldBe }: LogRecord): string {
  const code = step === 'dmarc' && reasonText(reason) !== undefined ? ` (${word(reason)})` : '';
  if (text !== undefined) return ` — ${code === '' ? word(text) : `${unstopped(word(text))}${code}`}`;
  return reason === undefined || reason === outcome || reason === wouldBe ? '' : ` — ${word(reason)}`;
}

/** That nothing is done. The log has the word of the policy file, which a reader would take for a setting. */
function acted(action: unknown): string {
  return action === 'default' ? 'let through' : word(action);
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

/** A failure of DMARC has the reason behind its own name. */
function inWords(reason: unknown): unknown {
  const [, code] = typeof reason === 'string' ? (/^dmarc: (.*)$/.exec(reason) ?? []) : [];
  return reasonText(code) ?? reason;
}

/** What a rule makes of the message, and for which recipients. */
function ruleDecision(record: LogRecord): string {
  const { outcome, rule } = record;
  return `rule “${word(rule)}”: ${acted(outcome)}${forWhom(record)}`;
}

function forWhom({ recipients }: LogRecord): string {
  if (!Array.isArray(recipients)) return '';
  const more = recipients.length - MAX_NAMED;
  return ` for ${recipients.slice(0, MAX_NAMED).map(word).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The exception that held, whether SES agrees, and what else is strange about the message. */
function dmarcDetails(record: LogRecord): string {
  const { exception, owner, expired, notEnforced, disagreement, hints, list, reason, dmarc } = record;
  const of = owner === undefined ? '' : `, of ${word(owner)}`;
  const saysList = list !== undefined && dmarc !== 'pass' && reason !== 'mailing-list';
  const details = [
    ...(exception === undefined ? [] : [`exception “${word(exception)}”${of}`]),
    ...(expired === undefined ? [] : [`the exception “${word(expired)}” has expired`]),
    ...(notEnforced === 'ramp' ? ['its domain is outside the share that is acted on'] : []),
    ...(saysList ? [LISTS[word(list)] ?? word(list)] : []),
    ...(disagreement === undefined ? [] : [DISAGREEMENTS[word(disagreement)] ?? word(disagreement)]),
    ...(Array.isArray(hints) && hints.length > 0 ? [`hints: ${hints.map(word).join(', ')}`] : []),
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
  return other === undefined || other === record['outcome'] ? '' : `, enforcing would do: ${acted(other)}`;
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

/** Of one call. The log knows recipients by their number alone; the trace has the event, which names them. */
function recordsOf({ data }: TraceEntry): LogRecord[] {
  const logs = data['logs'];
  if (!Array.isArray(logs)) return [];
  const names = calledFor(data['event']);
  return logs.filter(isObject).map((record) => {
    const { recipients } = record;
    if (!Array.isArray(recipients)) return record;
    return { ...record, recipients: recipients.map((index) => names[Number(index)] ?? `[${word(index)}]`) };
  });
}

/** The recipients of a rule event, in its order. */
export function calledFor(event: unknown): readonly string[] {
  const envelope = isObject(event) ? event['envelope'] : undefined;
  const recipients = isObject(envelope) ? envelope['recipients'] : undefined;
  if (!Array.isArray(recipients)) return [];
  return recipients.map((recipient) => (isObject(recipient) ? word(recipient['address']) : ''));
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
  return textsOf(trace, isNotable);
}

/** The same for whoever asks about one message: also why DMARC let it through. */
export function whyTexts(trace: readonly TraceEntry[]): readonly string[] {
  const judged = ({ event, step, outcome }: LogRecord) =>
    event === 'decision' && step === 'dmarc' && outcome !== 'as-before';
  return textsOf(trace, (record) => isNotable(record) || judged(record));
}

function textsOf(trace: readonly TraceEntry[], isWanted: (record: LogRecord) => boolean): readonly string[] {
  const texts = trace.flatMap((entry) =>
    entry.kind === 'fallback'
      ? [fallbackText(entry)]
      : withoutRepeated(recordsOf(entry))
          .filter(isWanted)
          .flatMap(sentences)
          .map(({ text }) => text),
  );
  return [...new Set(texts)];
}

/** A step that asks for another call says why, and once more what it throws for that: once is enough. */
function withoutRepeated(records: readonly LogRecord[]): readonly LogRecord[] {
  const told = new Set(records.map(({ event, reason }) => (event === 'failure' ? reason : undefined)));
  return records.filter(({ errorMessage }) => errorMessage === undefined || !told.has(errorMessage));
}

function fallbackText({ data: { rule, fallback, tries } }: TraceEntry): string {
  return `the time-out of rule “${word(rule)}” was over after ${word(tries)} tries, so its fallback acted: ${word(fallback)}`;
}

function isNotable({ event, outcome, wouldBe, level }: LogRecord): boolean {
  if (level === 'error' || ALWAYS_NOTABLE.has(event)) return true;
  return event === 'decision' && (NOTABLE.has(outcome) || NOTABLE.has(wouldBe));
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
