/** One message: where it went, its way with every decision, what changed, and its text before and after. */
import type { MessageSummary, TraceEntry } from '../types.ts';
import { type Diff, diffMessages } from './diff.ts';
import { html, type Markup } from './html.ts';
import { originText, outcomeTag } from './list-view.ts';

/** More of a message than this is not compared in the page: the browser would choke on it. */
const MAX_COMPARED_BYTES = 4 * 1024 * 1024;

/** Of the data of one step: a function that logs much and is tried often makes hundreds of megabytes of it. */
const MAX_SHOWN_DATA_CHARS = 64 * 1024;

const BAD_KINDS: ReadonlySet<string> = new Set(['retry', 'fallback', 'dropped', 'bounced']);
const GOOD_KINDS: ReadonlySet<string> = new Set(['delivered', 'sent', 'done']);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A handler's log record as a sentence; the words are the handler's own. */
function decisionText(record: Readonly<Record<string, unknown>>): string | undefined {
  const { event, step, outcome, reason, rule, change, path, text } = record;
  const who = step === undefined ? '' : `${word(step)}: `;
  const part = path === undefined || path === '' ? '' : ` in part ${word(path)}`;
  const because = text !== undefined ? ` — ${word(text)}` : reason !== undefined ? ` — ${word(reason)}` : '';
  if (event === 'decision') return `${who}${word(outcome ?? 'decided')}${because}`;
  if (event === 'edit') return `${who}rule “${word(rule)}”: ${word(change)}${part}${bytesText(record)}`;
  if (event === 'skip')
    return `${who}left alone${rule === undefined ? '' : ` by rule “${word(rule)}”`}${part}${because}`;
  if (event === 'effect') return `${word(record['effect'])}: ${word(record['result'])}`;
  if (event === 'policy' && record['level'] !== 'info')
    return `the policy in force is not the newest${because}`;
  if (event === 'failure') return `${who}failure${because}`;
  return undefined;
}

/** Which rules act and which do not, each with the conditions that settled it. */
function ruleTexts(record: Readonly<Record<string, unknown>>): string[] {
  return (['matched', 'notMatched'] as const).flatMap((list) => {
    const rules = record[list];
    if (!Array.isArray(rules)) return [];
    return rules.filter(isObject).map(({ rule, because }) => {
      const why = Array.isArray(because) ? because.map(word).join('; ') : '';
      return `rule “${word(rule)}” ${list === 'matched' ? 'matches' : 'does not match'}${why === '' ? '' : ` — ${why}`}`;
    });
  });
}

function bytesText(record: Readonly<Record<string, unknown>>): string {
  const { bytesBefore, bytesAfter } = record;
  return bytesBefore === undefined ? '' : ` (${word(bytesBefore)} → ${word(bytesAfter)} bytes)`;
}

function decisions(entry: TraceEntry): Markup | undefined {
  const logs = entry.data['logs'];
  if (!Array.isArray(logs)) return undefined;
  const sentences = logs
    .filter(isObject)
    .flatMap((record) => (record['event'] === 'rules' ? ruleTexts(record) : (decisionText(record) ?? [])));
  return sentences.length === 0
    ? undefined
    : html`<ul class="decisions">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
}

function dataText(data: TraceEntry['data']): string {
  const text = JSON.stringify(data, null, 2);
  if (text.length <= MAX_SHOWN_DATA_CHARS) return text;
  return `${text.slice(0, MAX_SHOWN_DATA_CHARS)}\n… and ${text.length - MAX_SHOWN_DATA_CHARS} characters more, in the message's trace.jsonl`;
}

function wayEntry(entry: TraceEntry): Markup {
  const tone = BAD_KINDS.has(entry.kind) ? 'bad' : GOOD_KINDS.has(entry.kind) ? 'good' : '';
  const data =
    Object.keys(entry.data).length === 0
      ? undefined
      : html`<details><summary>details</summary><pre>${dataText(entry.data)}</pre></details>`;
  return html`<li class="${tone}"><span class="quiet">${entry.time.slice(11, 23)}</span> ${entry.text}${decisions(entry)}${data}</li>`;
}

function diffView(diff: Diff): Markup {
  if (diff.kind === 'equal') return html`<p>Nothing: it went as it came, byte for byte.</p>`;
  if (diff.kind === 'too-different')
    return html`<p>Too much to show line by line; compare the two files below.</p>`;
  const hunks = diff.hunks.map(
    (lines) =>
      html`<pre>${lines.map((line) => html`<span class="${line.kind}">${{ same: ' ', added: '+', removed: '-' }[line.kind]} ${line.text.replace(/\r$/, '')}</span>`)}</pre>`,
  );
  return html`${hunks}`;
}

function changes(before: Uint8Array | undefined, after: Uint8Array | undefined): Markup {
  if (before === undefined || after === undefined) return html`<p>Not finished yet.</p>`;
  if (before.length + after.length > MAX_COMPARED_BYTES) return html`<p>Too large to compare here.</p>`;
  return diffView(diffMessages(before, after));
}

function copy(summary: MessageSummary, which: 'original' | 'final', title: string): Markup {
  const address = `/messages/${summary.id}/${which}`;
  return html`<section><h2>${title}</h2>
<iframe sandbox="" title="${title}" src="${address}.html"></iframe>
<p class="quiet"><a href="${address}.txt">source</a> · <a href="${address}.eml" download>download</a></p></section>`;
}

export function messageView(
  summary: MessageSummary,
  trace: readonly TraceEntry[],
  content: { readonly original: Uint8Array | undefined; readonly final: Uint8Array | undefined },
): Markup {
  const rows = summary.outcomes.map(
    ({ recipient, outcome }) =>
      html`<tr><th scope="row">${recipient}</th><td>${outcomeTag(outcome)}</td></tr>`,
  );
  return html`<p><a href="/">All messages</a></p>
<h1>${summary.subject === '' ? '(no subject)' : summary.subject}</h1>
<p class="quiet">${summary.mailFrom === '' ? '<> (null sender)' : summary.mailFrom} · ${originText(summary)} · ${summary.bytes} bytes · ${summary.time}</p>
<h2>Where it went</h2>
<table id="outcomes"><tbody>${rows.length === 0 ? html`<tr><td>In transit.</td></tr>` : rows}</tbody></table>
<h2>Its way</h2>
<ol class="way" id="way">${trace.map(wayEntry)}</ol>
<h2>What changed</h2>
${changes(content.original, content.final)}
<div class="copies">${copy(summary, 'original', 'As it came in')}${copy(summary, 'final', 'As it went')}</div>`;
}
