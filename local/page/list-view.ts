/** The list of messages, newest first. */
import type { MessageSummary } from '../types.ts';
import { html, type Markup } from './html.ts';

const TONE: Readonly<Record<string, string>> = {
  Inbox: 'good',
  sent: 'good',
  redirected: 'good',
  Junk: 'warn',
  held: 'warn',
  dropped: 'bad',
  bounced: 'bad',
};

export function outcomeTag(outcome: string): Markup {
  return html`<span class="tag ${TONE[outcome] ?? ''}">${outcome}</span>`;
}

/** One word for each place that the message went to, with how many recipients when more than one. */
function outcomeTags(summary: MessageSummary): Markup[] {
  if (summary.outcomes.length === 0) return [html`<span class="tag">in transit</span>`];
  const counts = new Map<string, number>();
  for (const { outcome } of summary.outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) =>
    count === 1
      ? outcomeTag(outcome)
      : html`<span class="tag ${TONE[outcome] ?? ''}">${outcome} ×${count}</span>`,
  );
}

export function originText(summary: MessageSummary): string {
  if (summary.origin === 'world') return 'from outside';
  if (summary.origin === 'submission') return 'submitted by a user';
  return summary.direction === 'inbound' ? 'internal, coming in' : 'internal, going out';
}

/** The address in From, and the envelope sender where it is another. */
export function senderText({ from, mailFrom }: MessageSummary): string {
  const sender = mailFrom === '' ? '<> (null sender)' : mailFrom;
  if (from === undefined) return sender;
  return from.toLowerCase() === mailFrom.toLowerCase() ? from : `${from} (envelope: ${sender})`;
}

function peopleText(summary: MessageSummary): string {
  const [first = '(nobody)', ...others] = summary.recipients;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${senderText(summary)} → ${first}${more}`;
}

export function messageRow(summary: MessageSummary): Markup {
  return html`<li id="message-${summary.id}"><a href="/messages/${summary.id}">
<span class="subject">${summary.subject === '' ? '(no subject)' : summary.subject}</span>
<span class="outcomes">${outcomeTags(summary)}</span>
<span class="people quiet">${peopleText(summary)} · ${originText(summary)} · <time datetime="${summary.time}">${summary.time.slice(0, 19).replace('T', ' ')} UTC</time></span>
</a></li>`;
}

export function listView(
  messages: readonly MessageSummary[],
  { smtpPort, notices }: { readonly smtpPort: number; readonly notices: () => readonly string[] },
): Markup {
  const empty =
    messages.length > 0
      ? undefined
      : html`<p id="empty">Nothing has come in yet. Send a message to <code>alice@example.com</code> at 127.0.0.1, port ${smtpPort}, with any mail program.</p>`;
  const warnings = notices().map((notice) => html`<p class="notice" role="status">${notice}</p>`);
  return html`<h1>Messages</h1>${warnings}${empty}<ul class="messages">${messages.map(messageRow)}</ul>`;
}
