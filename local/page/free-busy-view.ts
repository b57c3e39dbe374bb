/** The page that asks for free/busy times: a form, and under it what was answered. */

import { freeBusyText } from '../availability/report.ts';
import type { FreeBusyAnswer, FreeBusyService } from '../availability/service.ts';
import { html, type Markup } from './html.ts';

/** The form is one field: addresses with blanks or commas between them. Scripts repeat the name instead. */
function spread(query: URLSearchParams): URLSearchParams {
  const given = query.getAll('mailbox').flatMap((text) => text.split(/[\s,;]+/).filter((one) => one !== ''));
  // An empty field of the form is one that was left out.
  const spreadOut = new URLSearchParams(
    [...query].filter(([name, value]) => name !== 'mailbox' && value !== ''),
  );
  for (const mailbox of given) spreadOut.append('mailbox', mailbox);
  return spreadOut;
}

function answerView(answer: FreeBusyAnswer): Markup {
  return answer.ok
    ? html`<pre>${freeBusyText(answer.report)}</pre>`
    : html`<p class="quiet">This cannot be asked: ${answer.problem}.</p>`;
}

/** The form as it was sent, and the answer when something was asked. */
export async function freeBusyView(
  ask: FreeBusyService,
  query: URLSearchParams,
  origin: string,
): Promise<Markup> {
  const asked = query.getAll('mailbox').join(' ');
  const answer = asked === '' ? undefined : answerView(await ask(spread(query), origin));
  return html`<h1>Free/busy</h1>
<form action="/freebusy"><p><label>Mailboxes <input name="mailbox" size="40" value="${asked}" required></label></p>
<p><label>From <input name="from" size="22" value="${query.get('from') ?? ''}" placeholder="2026-03-16T00:00:00Z"></label>
<label>to <input name="to" size="22" value="${query.get('to') ?? ''}" placeholder="2026-03-20T00:00:00Z"></label>
<button>Ask</button></p></form>${answer ?? ''}`;
}
