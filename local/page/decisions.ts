/** What the functions logged, as sentences for the page. The fixed words are the functions' own. */
import type { TraceEntry } from '../types.ts';
import { html, type Markup } from './html.ts';

type LogRecord = Readonly<Record<string, unknown>>;

interface Sentence {
  readonly text: string;
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
const NOTABLE: ReadonlySet<unknown> = new Set(['junk', 'drop', 'bounce', 'not-captured']);

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
  const because = text !== undefined ? ` — ${word(text)}` : reason !== undefined ? ` — ${word(reason)}` : '';
  switch (event) {
    case 'decision':
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
    case 'failure':
      return `${who}failure${because}`;
    default:
      return undefined;
  }
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
    return rules.filter(isObject).map(({ rule, because }) => {
      const why = Array.isArray(because) ? because.map(word).join('; ') : '';
      return `rule “${word(rule)}” ${list === 'matched' ? 'matches' : 'does not match'}${why === '' ? '' : ` — ${why}`}`;
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

function sentences(record: LogRecord): Sentence[] {
  const isBad = record['level'] === 'error';
  const texts = record['event'] === 'rules' ? ruleTexts(record) : [sentenceOf(record) ?? ''];
  return texts.filter((text) => text !== '').map((text) => ({ text, isBad }));
}

/** Everything that one call decided, in order; failures stand out. */
export function decisionList(entry: TraceEntry): Markup | undefined {
  const items = recordsOf(entry).flatMap(sentences);
  return items.length === 0
    ? undefined
    : html`<ul class="decisions">${items.map(({ text, isBad }) => html`<li class="${isBad ? 'bad' : ''}">${text}</li>`)}</ul>`;
}

/** Why it went where it went, and what failed on the way: the sentences that a reader looks for first, each once. */
export function notableTexts(trace: readonly TraceEntry[]): readonly string[] {
  const notable = trace
    .flatMap(recordsOf)
    .filter(
      ({ event, outcome, wouldBe, level }) =>
        level === 'error' || (event === 'decision' && (NOTABLE.has(outcome) || NOTABLE.has(wouldBe))),
    );
  return [...new Set(notable.flatMap(sentences).map(({ text }) => text))];
}

/** The same for the page. */
export function highlights(trace: readonly TraceEntry[]): Markup | undefined {
  const texts = notableTexts(trace);
  return texts.length === 0 ? undefined : html`${texts.map((text) => html`<p class="notice">${text}</p>`)}`;
}
