/** One message: where it went, its way with every decision, what changed, and its text before and after. */
import type { Diff } from '../line-diff.ts';
import type { MessageSummary, TraceEntry } from '../types.ts';
import { decisionList, highlights } from './decisions.ts';
import { diffMessages } from './diff.ts';
import { html, type Markup } from './html.ts';
import { originText, outcomeTag, senderText } from './list-view.ts';

/** More of a message than this is not compared in the page: the browser would choke on it. */
const MAX_COMPARED_BYTES = 4 * 1024 * 1024;

/** Of the data of one step: a function that logs much and is tried often makes hundreds of megabytes of it. */
const MAX_SHOWN_DATA_CHARS = 64 * 1024;

const BAD_KINDS: ReadonlySet<string> = new Set(['retry', 'fallback', 'dropped', 'bounced']);
const GOOD_KINDS: ReadonlySet<string> = new Set(['delivered', 'sent', 'done']);

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
  return html`<li class="${tone}"><span class="quiet">${entry.time.slice(11, 23)}</span> ${entry.text}${decisionList(entry)}${data}</li>`;
}

/** Lines are compared as octets; they are shown as UTF-8 where they are that. */
function readable(octets: string): string {
  const line = octets.replace(/\r$/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(line, 'latin1'));
  } catch {
    return line;
  }
}

function diffView(diff: Diff): Markup {
  if (diff.kind === 'equal') return html`<p>Nothing: it went as it came, byte for byte.</p>`;
  if (diff.kind === 'too-different')
    return html`<p>Too much to show line by line; compare the two files below.</p>`;
  const hunks = diff.hunks.map(
    (lines) =>
      html`<pre>${lines.map((line) => html`<span class="${line.kind}">${{ same: ' ', added: '+', removed: '-' }[line.kind]} ${readable(line.text)}</span>`)}</pre>`,
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
      html`<tr><th scope="row">${recipient}</th><td>${outcomeTag(outcome)}${outcome === 'held' ? ' in quarantine (see below), so WorkMail was told to drop it' : undefined}</td></tr>`,
  );
  return html`<h1>${summary.subject === '' ? '(no subject)' : summary.subject}</h1>
<p class="quiet">${summary.from === undefined ? 'Envelope sender' : 'From'} ${senderText(summary)} · ${originText(summary)} · ${summary.bytes} bytes · ${summary.time}</p>
<h2>Where it went</h2>
<div id="outcomes"><table><tbody>${rows.length === 0 ? html`<tr><td>In transit.</td></tr>` : rows}</tbody></table>
${highlights(trace)}</div>
<h2>Its way</h2>
<ol class="way" id="way">${trace.map(wayEntry)}</ol>
<h2>What changed</h2>
${changes(content.original, content.final)}
<div class="copies">${copy(summary, 'original', 'As it came in')}${copy(summary, 'final', 'As it went')}</div>`;
}
