/** The messages of each day as bars, where they stand in time: a day without a report is a gap. */
import type { Day } from '../../shared/reports/summary-types.ts';
import { counted, number } from '../dmarc/report-text.ts';
import { html, type Markup } from './html.ts';

const CHART_WIDTH = 960;
const CHART_HEIGHT = 200;
const MAX_BAR_WIDTH = 60;
/** Room for the largest number, above the bars, in the larger letters of a narrow page. */
const TOP = 34;
/** Room for the dates, under the bars. */
const UNDER = 36;
const BOTTOM = TOP + CHART_HEIGHT;
/** What a date or a number takes of the width, in the larger letters of a narrow page. */
const LABEL_WIDTH = 180;
/** A year. More days are too narrow to be seen, and one report of long ago would press all others together. */
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;
/** A bar this many times as high as usual is cut, so that the others can be seen. */
const CUT_ABOVE = 5;
/** How high the usual bars are then: half the chart. */
const USUAL_SHARE = 2;

/** From bottom to top of a bar; the class is the colour, the words are the legend. */
const LAYERS: readonly (readonly [css: string, words: string, value: (day: Day) => number])[] = [
  ['both', 'pass by DKIM and SPF', ({ both }) => both],
  ['dkim', 'pass by DKIM alone', ({ dkim, both }) => dkim - both],
  ['spf', 'pass by SPF alone', ({ spf, both }) => spf - both],
  ['failed', 'fail', ({ failed }) => failed],
];

interface Scale {
  readonly largest: number;
  /** Messages at the top of the chart. */
  readonly top: number;
}

/** The newest year of the days, which are in order. */
export function chart(days: readonly Day[]): Markup {
  const last = days.at(-1)?.day ?? '';
  const shown = days.filter(({ day }) => daysBetween(day, last) < MAX_DAYS);
  const first = shown[0]?.day ?? '';
  const span = daysBetween(first, last) + 1;
  const step = Math.min(MAX_BAR_WIDTH, CHART_WIDTH / span);
  const scale = scaleOf(shown);
  const bars = shown.map((day) => bar(day, daysBetween(first, day.day) * step, step, scale));
  const label = `Messages for each day from ${first} to ${last}; ${number(scale.largest)} at most`;
  return html`<figure class="chart"><svg viewBox="0 0 ${CHART_WIDTH} ${BOTTOM + UNDER}" role="img" aria-label="${label}">
<text x="0" y="${TOP - 6}">${number(scale.top)}</text>
${bars}${cutNumbers(shown, first, step, scale)}
<line x1="0" x2="${CHART_WIDTH}" y1="${BOTTOM}" y2="${BOTTOM}"></line>${dates(first, span, step)}</svg>
<figcaption>${first} to ${last}. ${LAYERS.map(([css, words]) => html`<span class="key ${css}">${words}</span> `)}${cutText(shown, scale)}${earlierText(days.slice(0, days.length - shown.length))}</figcaption></figure>`;
}

function daysBetween(first: string, second: string): number {
  return Math.round((Date.parse(second) - Date.parse(first)) / DAY_MS);
}

/** A tenth of the days, and one of a few, may stand out. */
function scaleOf(days: readonly Day[]): Scale {
  const sorted = days.map(({ messages }) => messages).sort((one, other) => one - other);
  const largest = Math.max(1, sorted.at(-1) ?? 1);
  const usual = Math.max(1, sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 1);
  return { largest, top: largest > CUT_ABOVE * usual ? USUAL_SHARE * usual : largest };
}

/** A bar that is cut shows the shares of its layers. */
function bar(day: Day, x: number, step: number, { top: scaleTop }: Scale): Markup {
  const isCut = day.messages > scaleTop;
  const full = isCut ? day.messages : scaleTop;
  const width = (step * 0.9).toFixed(2);
  let top = BOTTOM;
  const layers = LAYERS.map(([css, , value]) => {
    const height = (value(day) * CHART_HEIGHT) / full;
    top -= height;
    return html`<rect class="${css}" x="${x.toFixed(2)}" y="${top.toFixed(2)}" width="${width}" height="${height.toFixed(2)}"></rect>`;
  });
  const gap = isCut
    ? html`<rect class="cut" x="${x.toFixed(2)}" y="${TOP + 12}" width="${width}" height="5"></rect>`
    : undefined;
  const words = LAYERS.map(([, name, value]) => `${number(value(day))} ${name}`).join(', ');
  return html`<g><title>${day.day}: ${words}</title>${layers}${gap}</g>`;
}

/** The numbers of bars that are cut, above them: those that have room, also beside the number of the scale. */
function cutNumbers(days: readonly Day[], first: string, step: number, { top }: Scale): Markup[] {
  let free = LABEL_WIDTH;
  const texts: Markup[] = [];
  for (const { day, messages } of days) {
    const x = daysBetween(first, day) * step;
    if (messages <= top || x < free || x + LABEL_WIDTH > CHART_WIDTH) continue;
    texts.push(html`<text x="${x.toFixed(2)}" y="${TOP - 6}">${number(messages)}</text>`);
    free = x + LABEL_WIDTH;
  }
  return texts;
}

function dates(first: string, span: number, step: number): Markup[] {
  if (first === '') return [];
  const every = Math.ceil(LABEL_WIDTH / step);
  const texts: Markup[] = [];
  for (let index = 0; index < span && index * step + LABEL_WIDTH <= CHART_WIDTH; index += every) {
    const day = new Date(Date.parse(first) + index * DAY_MS).toISOString().slice(0, 10);
    const x = (index * step).toFixed(2);
    texts.push(
      html`<line x1="${x}" x2="${x}" y1="${BOTTOM}" y2="${BOTTOM + 6}"></line><text x="${x}" y="${BOTTOM + UNDER - 4}">${day}</text>`,
    );
  }
  return texts;
}

function cutText(days: readonly Day[], { top }: Scale): Markup | undefined {
  const cut = days.filter(({ messages }) => messages > top);
  if (cut.length === 0) return undefined;
  const most = cut.reduce((one, other) => (other.messages > one.messages ? other : one));
  return html`<br>Cut, so that the others can be seen: ${counted(cut.length, 'day')}; the highest is ${most.day} with ${counted(most.messages, 'message')}.`;
}

function earlierText(days: readonly Day[]): Markup | undefined {
  if (days.length === 0) return undefined;
  const messages = days.reduce((sum, day) => sum + day.messages, 0);
  return html`<br>Not in the chart: ${counted(messages, 'message')} of ${counted(days.length, 'day')} from ${days[0]?.day ?? ''} to ${days.at(-1)?.day ?? ''}.`;
}
