/** The page that asks for free/busy times: a form, and under it what was answered. */

import { freeBusyText } from '../availability/report.ts';
import type { FreeBusyAnswer, FreeBusyService } from '../availability/service.ts';
import { html, type Markup } from './html.ts';

/** What a date field of the form gives. */
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The form is one field: addresses with blanks or commas between them. Scripts repeat the name instead. */
function spread(query: URLSearchParams): URLSearchParams {
  const given = query.getAll('mailbox').flatMap((text) => text.split(/[\s,;]+/).filter((one) => one !== ''));
  // An empty field of the form is one that was left out.
  const spreadOut = new URLSearchParams();
  for (const [name, value] of query) {
    if (name === 'mailbox' || value === '') continue;
    spreadOut.append(name, DATE.test(value) ? `${value}T00:00:00Z` : value);
  }
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
<p class="quiet">Asks the function as WorkMail does when somebody plans a meeting. Without dates: seven days from today.</p>
<form class="ask" action="/freebusy"><label>Mailboxes, with blanks between them
<input name="mailbox" value="${asked}" placeholder="dave@partner.example" required></label>
<label>From (UTC) <input type="date" name="from" value="${query.get('from') ?? ''}"></label>
<label>until <input type="date" name="to" value="${query.get('to') ?? ''}"></label>
<button>Ask</button></form>${answer ?? ''}`;
}
