/** Where an answer ends and what it answers begins: `mime.md` §5.2 as messages. `⟪` is the place of a text above the quotation. */
import { alternative, html, type Made, made, text } from './spec.ts';

const QUOTED = '> Are the figures right?\n> Bo\n';
const OLD = '<p>Are the figures right?</p>';

const TEXTS: readonly (readonly [string, string])[] = [
  ['an attribution and a quotation', `⟦They are right.\n\n⟪On Mon, 16 Nov 2026, Bo wrote:\n${QUOTED}⟧`],
  [
    'an attribution over two lines',
    `⟦They are right.\n\n⟪On Mon, 16 Nov 2026 at 09:00, Bo Example\n<bo@example.net> wrote:\n${QUOTED}⟧`,
  ],
  ['an attribution in German', `⟦Stimmt.\n\n⟪Am 16.11.2026 um 09:00 schrieb Bo:\n${QUOTED}⟧`],
  ['an attribution in French', `⟦Oui.\n\n⟪Le 16 nov. 2026 à 09:00, Bo a écrit :\n${QUOTED}⟧`],
  ['an attribution in Spanish', `⟦Sí.\n\n⟪El lun, 16 nov 2026 a las 9:00, Bo escribió:\n${QUOTED}⟧`],
  [
    'an attribution in Italian',
    `⟦Sì.\n\n⟪Il giorno lun 16 nov 2026 alle ore 09:00 Bo ha scritto:\n${QUOTED}⟧`,
  ],
  ['an attribution in Dutch', `⟦Ja.\n\n⟪Op ma 16 nov 2026 om 09:00 schreef Bo:\n${QUOTED}⟧`],
  [
    'an attribution in Portuguese',
    `⟦Sim.\n\n⟪Em seg., 16 de nov. de 2026 às 09:00, Bo escreveu:\n${QUOTED}⟧`,
  ],
  ['a quotation without attribution', `⟦They are right.\n\n⟪${QUOTED}⟧`],
  [
    'the original message',
    '⟦They are right.\n\n⟪-----Original Message-----\nFrom: Bo\nSent: Monday\n\nAre they right?\n⟧',
  ],
  [
    'the original message in German',
    '⟦Stimmt.\n\n⟪-----Ursprüngliche Nachricht-----\nVon: Bo\nGesendet: Montag\n\nStimmt es?\n⟧',
  ],
  [
    'a rule of underscores and a header',
    '⟦They are right.\n\n⟪________________________________\nFrom: Bo Example <bo@example.net>\nSent: Monday, November 16, 2026 9:00 AM\nTo: Ada\nSubject: figures\n\nAre they right?\n⟧',
  ],
  [
    'a header alone',
    '⟦They are right.\n\n⟪From: Bo Example <bo@example.net>\nSent: Monday, November 16, 2026 9:00 AM\nTo: Ada\nSubject: figures\n\nAre they right?\n⟧',
  ],
  ['nothing quoted', '⟦They are right.\n⟪⟧'],
  ['words that only look like an attribution', '⟦On Monday I wrote:\nthe figures are right.\n⟪⟧'],
];

const BODIES: readonly (readonly [string, string])[] = [
  [
    'Gmail',
    `⟦<div dir="ltr">Yes.</div><br>⟪<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon Bo wrote:<br></div><blockquote class="gmail_quote">${OLD}</blockquote></div>⟧`,
  ],
  [
    'Apple Mail',
    `<html><body>⟦Yes.<br><div><br>⟪<blockquote type="cite"><div>On 16. Nov, Bo wrote:</div>${OLD}</blockquote></div>⟧</body></html>`,
  ],
  [
    'Thunderbird',
    `<html><body>⟦<p>Yes.</p>⟪<div class="moz-cite-prefix">On 16.11.26, Bo wrote:<br></div><blockquote type="cite">${OLD}</blockquote>⟧</body></html>`,
  ],
  [
    'Outlook on the web',
    `<html><body>⟦<div>Yes.</div>⟪<div id="appendonsend"></div><hr tabindex="-1"><div id="divRplyFwdMsg"><b>From:</b> Bo</div>${OLD}⟧</body></html>`,
  ],
  [
    'Outlook on the web, older',
    `<html><body>⟦<div>Yes.</div>⟪<hr tabindex="-1"><div id="divRplyFwdMsg"><b>From:</b> Bo</div>${OLD}⟧</body></html>`,
  ],
  [
    'Outlook for Windows',
    `<html><body>⟦<div class="WordSection1"><p class="MsoNormal">Yes.</p><div>⟪<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Bo</p></div></div>${OLD}</div>⟧</body></html>`,
  ],
  [
    'Yahoo',
    `<html><body>⟦<div>Yes.</div>⟪<div class="yahoo_quoted"><div>On Monday, Bo wrote:</div>${OLD}</div>⟧</body></html>`,
  ],
  [
    'Roundcube',
    `<html><body>⟦<p>Yes.</p>⟪<p id="reply-intro">On 2026-11-16, Bo wrote:</p><blockquote type="cite">${OLD}</blockquote>⟧</body></html>`,
  ],
  [
    'GMX and Web.de',
    `<html><body>⟦<div><div>Yes.</div><div>⟪<div name="quote" style="margin:10px"><div>Von: Bo</div>${OLD}</div></div></div>⟧</body></html>`,
  ],
  ['nothing quoted', '<html><body>⟦<p>Yes.</p>⟪⟧</body></html>'],
  [
    'a quotation of the writer, which is no answer',
    '<html><body>⟦<p>He said:</p><blockquote>To be.</blockquote><p>Yes.</p>⟪⟧</body></html>',
  ],
  ['a class name in an attribute only', '<html><body>⟦<p title="gmail_quote">Yes.</p>⟪⟧</body></html>'],
  ['a class name in a comment', '<html><body>⟦<!-- <div class="gmail_quote"> --><p>Yes.</p>⟪⟧</body></html>'],
];

export const REPLIES: readonly Made[] = [
  ...TEXTS.map(([name, body]) => made(`reply, text: ${name}`, text(body))),
  ...BODIES.map(([name, body]) => made(`reply, HTML: ${name}`, html(body))),
  made('reply: both alternatives', alternative(text(TEXTS[0]?.[1] ?? ''), html(BODIES[0]?.[1] ?? ''))),
];
