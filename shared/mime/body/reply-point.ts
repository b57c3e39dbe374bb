/**
 * Where the quoted message begins in a reply: the place of a text that is to stand under the answer and above the quote.
 * There is no standard for it; these are the marks that mail programs leave. -1 where none is found.
 */
import { MAX_HTML_TOKENS } from '../limits.ts';
import { decodedText } from './entities.ts';
import { attributesOf, type HtmlToken, htmlTokens, type KnownTokens } from './html-tokens.ts';

/** `id` of what Outlook (app, web, mobile), Roundcube and Zimbra put before the quote. */
const IDS: ReadonlySet<string> = new Set([
  'appendonsend',
  'divrplyfwdmsg',
  'mail-editor-reference-message-container',
  'ms-outlook-mobile-body-separator-line',
  'reply-intro',
  'zwchr',
  'oldcontent',
]);
/** `class` of Gmail, Yahoo, Thunderbird, Proton, Tuta, Zoho, Outlook mobile, Fastmail. Gmail puts letters before those that it did not make. */
const CLASSES =
  /(?:^|[\s_])(?:gmail_quote|gmail_quote_container|gmail_extra|yahoo_quoted|moz-cite-prefix|protonmail_quote|tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|qt|replyforwardmessage)(?:$|\s)/i;
/** The line above "From:" of Outlook for Windows. */
const OUTLOOK_BORDER = /border-top\s{0,9}:\s{0,9}solid\s{1,9}#(?:e1e1e1|b5c4df)/i;

/** In English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish, Norwegian, Finnish, Polish. Dots are for letters outside ASCII. */
const SEPARATOR =
  /^[\s>]{0,20}-{2,40}\s{0,3}(?:Original Message|Forwarded message|Begin forwarded message|Urspr.{1,6}ngliche Nachricht|Weitergeleitete Nachricht|Message d'origine|Message original|Message transf.{1,6}r.{1,6}|Mensaje original|Mensaje reenviado|Mensagem original|Mensagem encaminhada|Messaggio originale|Messaggio inoltrato|Oorspronkelijk bericht|Doorgestuurd bericht|Ursprungligt meddelande|Originalmeddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuper.{1,6}inen viesti|Oryginalna wiadomo.{1,12}|Wiadomo.{1,12} oryginalna)\s{0,3}-{2,40}$/i;
/** "On ... wrote:", in the same languages, and Czech, Russian and Chinese by the octets of their UTF-8. */
const ATTRIBUTION =
  /^(?:On .{4,300} wrote|Am .{4,300} schrieb.{0,200}|.{4,200} schrieb am .{4,100}|Le .{4,300} a .{1,6}crit|El .{4,300} escribi.{1,6}|Em .{4,300} escreveu|Il .{4,300} ha scritto|Op .{4,300} (?:schreef.{0,200}|het volgende geschreven)|Den .{4,300} skrev.{0,200}|.{4,200} kirjoitti.{0,100}|W dniu .{4,300} (?:pisze|napisa.{1,12})|.{4,300} (?:napsal.{0,12})|.{4,300}\xd0\xbf\xd0\xb8\xd1\x81\xd0\xb0\xd0\xbb.{0,20}|.{4,300}\xe5\x86\x99\xe9\x81\x93)\s?(?::|\xef\xbc\x9a)\s*$/i;
const FROM_LINE = /^\s{0,9}\*?(?:From|Von|De|Da|Van|Fr.{1,6}n|Fra|Od|L.{1,6}hett.{1,6}j.{1,6})\*?\s?:\*?\s/i;
const SENT_LINE =
  /^\s{0,9}\*?(?:Sent|Date|Gesendet|Datum|Envoy.{1,6}|Enviado.{0,4}|Inviato|Data|Verzonden|Skickat|Sendt|L.{1,6}hetetty|Wys.{1,6}ano)\*?\s?:\*?\s/i;
const RULE = /^_{20,}\s*$/;

/** The offset of the mark's tag in an HTML body. Linear. */
export function htmlReplyPoint(html: string, start: number, known?: KnownTokens): number {
  // Behind so much markup nobody looks for the end of an answer.
  const budget = { left: MAX_HTML_TOKENS, ...(known === undefined ? {} : { known }) };
  let block = -1;
  for (const token of htmlTokens(html, start, budget)) {
    if (token.kind === 'startTag' && token.complete) {
      if (MARKED.has(token.name) && isMark(html, token)) return token.start;
      if (BLOCKS.has(token.name)) block = token.start;
    } else if (token.kind === 'text') {
      if (token.end - token.start < 400 && isSeparatorText(html, token))
        return block === -1 ? token.start : block;
      if (/\S/.test(html.slice(token.start, Math.min(token.end, token.start + 400)))) block = -1;
    }
  }
  return -1;
}

/** Elements that bear the marks. */
const MARKED: ReadonlySet<string> = new Set(['div', 'blockquote', 'hr', 'span', 'p', 'table', 'section']);
/** Elements with which the line of a mark may begin. */
const BLOCKS: ReadonlySet<string> = new Set(['p', 'div', 'hr']);

function isMark(html: string, token: HtmlToken): boolean {
  if (token.end - token.start <= token.name.length + 2) return false;
  const attributes = attributesOf(html, token, { left: 50 });
  const value = (wanted: string): string => {
    const found = attributes.find(({ name }) => name === wanted);
    return found === undefined
      ? ''
      : html.slice(found.valueStart, Math.min(found.valueEnd, found.valueStart + 2000));
  };
  if (token.name === 'blockquote' && /^\s*cite\s*$/i.test(value('type'))) return true;
  if (token.name === 'hr' && value('tabindex') === '-1') return true;
  // GMX and Web.de.
  if (token.name === 'div' && /^\s*quote\s*$/i.test(value('name'))) return true;
  const id = value('id')
    .toLowerCase()
    .replace(/^(?:x_|m_-?\d+_?)+/, '');
  if (IDS.has(id) || CLASSES.test(value('class'))) return true;
  return token.name === 'div' && OUTLOOK_BORDER.test(value('style'));
}

function isSeparatorText(html: string, { start, end }: HtmlToken): boolean {
  const text = html.slice(start, end);
  return text.includes('--') && isSeparator(decodedText(text, 'text').trim());
}

/** The longest of them with the longest dashes. Stops lines of dashes alone from being tried at each. */
const MAX_SEPARATOR = 160;
/** Stops a line of megabytes from being held against every pattern. */
const MAX_LINE_LOOKED_AT = 1000;

/** The offset of the line in a text body, which is one character per octet. Linear. */
export function textReplyPoint(text: string, start: number): number {
  // A line that ends with a colon, right above the quote, in whatever language.
  let introduction = -1;
  for (let at = start, end = 0; at < text.length; at = end + 1) {
    end = endOfLine(text, at);
    const line = text.slice(at, Math.min(end, at + MAX_LINE_LOOKED_AT)).trimEnd();
    if (line.startsWith('>')) return introduction === -1 ? at : introduction;
    if (isSeparator(line) || isAttribution(text, at, line) || isHeaderBlock(text, at, line)) return at;
    if (line !== '') introduction = line.endsWith(':') ? at : -1;
  }
  return -1;
}

function isSeparator(line: string): boolean {
  return line.length < MAX_SEPARATOR && line.includes('--') && SEPARATOR.test(line);
}

function endOfLine(text: string, at: number): number {
  const lf = text.indexOf('\n', at);
  return lf === -1 ? text.length : lf;
}

function lineAt(text: string, at: number): string {
  return text.slice(at, Math.min(endOfLine(text, at), at + MAX_LINE_LOOKED_AT)).trimEnd();
}

/** On one line, or broken into two; with a date in it, so that it is not a sentence of somebody's. */
function isAttribution(text: string, at: number, line: string): boolean {
  if (line.length < 8 || !/\d/.test(line)) return false;
  if (isColonAtEnd(line)) return ATTRIBUTION.test(line);
  const next = lineAt(text, endOfLine(text, at) + 1);
  return isColonAtEnd(next) && next.length < 200 && ATTRIBUTION.test(`${line} ${next}`);
}

function isColonAtEnd(line: string): boolean {
  return line.endsWith(':') || line.endsWith('\xef\xbc\x9a');
}

/** Outlook's block: "From:", and "Sent:" or "Date:" within the next lines; a rule of underscores may stand above it. */
function isHeaderBlock(text: string, at: number, line: string): boolean {
  let from = at;
  let first = line;
  if (line.startsWith('_') && RULE.test(line)) {
    from = endOfLine(text, at) + 1;
    first = lineAt(text, from);
    if (first === '') {
      from = endOfLine(text, from) + 1;
      first = lineAt(text, from);
    }
  }
  if (!first.includes(':') || !FROM_LINE.test(first)) return false;
  for (
    let count = 0, next = endOfLine(text, from) + 1;
    count < 3;
    count++, next = endOfLine(text, next) + 1
  ) {
    if (SENT_LINE.test(lineAt(text, next))) return true;
  }
  return false;
}
