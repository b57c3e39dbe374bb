/**
 * Banner and footer in Chromium, in HTML of many makers: there, first or last, readable, wide enough for a phone, nothing
 * on top of it, in light and in dark. Needs Debian's chromium; `.ci/run` installs it.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusMessages } from '../shared/mime/support.ts';
import { hasChromium } from '../support/chromium.ts';
import { launch, mailContext } from './browser.ts';
import { ABOVE_REPLY, CHANGES, editedHtml, messageOf } from './edited.ts';
import { type Look, lookAt } from './look.ts';
import { ANSWER, BODIES, type Body, COLOURFUL, EARLIER } from './makers.ts';
import { drawnContrasts } from './pixels.ts';

const HAS_CHROMIUM = hasChromium('render.test.ts');

/** On a busy machine a browser takes its time. */
const SLOW_MS = 90_000;
const [DESKTOP, PHONE] = [1000, 360];
/** WCAG 2 §1.4.3: words of this size must stand out at least so much. */
const READABLE = 4.5;

/** What is wrong with how it looks. */
function faultsOf(look: Look | undefined): readonly string[] {
  if (look === undefined) return ['is not to be seen'];
  const faults: string[] = [];
  if (look.contrast < READABLE) faults.push(`has a contrast of ${look.contrast.toFixed(1)}`);
  if (look.fontPixels < 12) faults.push(`is in letters of ${look.fontPixels} px`);
  if (look.direction !== 'ltr') faults.push('runs from right to left');
  if (look.covered > 0) faults.push(`is covered at ${look.covered} points`);
  if (look.left < -1 || look.textRight > look.viewport) faults.push('has words outside of the window');
  if (look.bottom - look.top < 20) faults.push(`is ${look.bottom - look.top} px high`);
  return faults;
}

async function faultsIn(page: Page, html: string): Promise<readonly string[]> {
  await page.setContent(html, { waitUntil: 'commit' });
  const banner = await lookAt(page, '.shown-banner');
  const footer = await lookAt(page, '.shown-footer');
  const faults = [
    ...faultsOf(banner).map((fault) => `the banner ${fault}`),
    ...faultsOf(footer).map((fault) => `the footer ${fault}`),
  ];
  if (banner !== undefined && (banner.top > 40 || banner.wordsAbove.trim() !== ''))
    faults.push('the banner is not what is seen first');
  // Words after the end of the HTML stay there: readers differ on where they belong.
  if (footer?.wordsBelow.trim() !== '' && !/<\/html>\s*[^\s<]/i.test(html))
    faults.push('the footer is not what is seen last');
  return faults;
}

interface Shown {
  readonly name: string;
  readonly html: string;
}

function made(bodies: readonly Body[] = BODIES): readonly Shown[] {
  return bodies.flatMap(({ maker, html }) => {
    const edited = editedHtml(messageOf(html), CHANGES);
    return edited === undefined ? [] : [{ name: maker, html: edited }];
  });
}

/** Of other projects: real bodies, one of those that are the same. */
function real(): readonly Shown[] {
  const byHtml = new Map<string, Shown>();
  for (const { name, bytes } of corpusMessages()) {
    if (bytes.length > MAX_SHOWN_BYTES) continue;
    const html = editedHtml(bytes, CHANGES);
    if (html !== undefined) byHtml.set(html, { name, html });
  }
  return [...byHtml.values()];
}
/** Drawing more takes longer than it tells. */
const MAX_SHOWN_BYTES = 200_000;

describe.skipIf(!HAS_CHROMIUM)('banner and footer in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  it('has bodies of more than twenty makers', () => {
    expect(made().length).toBe(BODIES.length);
    expect(BODIES.length).toBeGreaterThan(20);
  });

  it.each([
    { width: DESKTOP, scheme: 'light' },
    { width: DESKTOP, scheme: 'dark' },
    { width: PHONE, scheme: 'light' },
    { width: PHONE, scheme: 'dark' },
  ] as const)('$width px wide, $scheme', { timeout: SLOW_MS }, async ({ width, scheme }) => {
    const context = await mailContext(browser, width, scheme);
    const page = await context.newPage();
    const found: Record<string, readonly string[]> = {};
    // Bodies of others in two of the four: each width and each scheme once.
    const others = (width === PHONE) === (scheme === 'dark') ? real() : [];
    for (const { name, html } of [...made(), ...others]) {
      const faults = await faultsIn(page, html);
      if (faults.length > 0) found[name] = faults;
    }
    await context.close();
    expect(found).toEqual({});
  });

  it('tells what is hidden, unreadable, covered or too late', { timeout: SLOW_MS }, async () => {
    const context = await mailContext(browser, PHONE, 'light');
    const page = await context.newPage();
    const good = editedHtml(messageOf('<body><p>Hello.</p></body>'), CHANGES) ?? '';
    const told = async (from: string | RegExp, to: string): Promise<string> =>
      (await faultsIn(page, good.replace(from, to))).join('; ');
    const banner = /<b [^>]*shown-banner[^>]*>/;
    expect(await told(/^/, '')).toBe('');
    expect(await told('<body>', '<body><p>First.</p>')).toContain('not what is seen first');
    expect(await told('</body>', '<p>Last.</p></body>')).toContain('not what is seen last');
    expect(await told(/display:table!important/, 'display:none!important')).toContain(
      'banner is not to be seen',
    );
    expect(await told(banner, '<b class="shown-banner" style="color:#eee">')).toContain('contrast');
    expect(await told(banner, '<b class="shown-banner" style="font-size:3px">')).toContain('letters of 3 px');
    expect(await told(banner, '<b class="shown-banner" style="white-space:nowrap">')).toContain('outside');
    const cover =
      '<div style="position:fixed;z-index:2147483647;left:0;top:0;right:0;height:90px;background:#fff"></div></body>';
    expect(await told('</body>', cover)).toContain('banner is covered');
    await context.close();
  });

  it('a footer above the reply stands between the answer and what it answers', {
    timeout: SLOW_MS,
  }, async () => {
    const context = await mailContext(browser, DESKTOP, 'light');
    const page = await context.newPage();
    // HCL Notes leaves no mark between the two: there the footer goes to the end.
    const replies = BODIES.filter(({ maker, html }) => html.includes(EARLIER) && maker !== 'HCL Notes');
    const wrong: Record<string, unknown> = {};
    for (const { maker, html } of replies) {
      await page.setContent(editedHtml(messageOf(html), ABOVE_REPLY) ?? '', { waitUntil: 'commit' });
      const footer = await lookAt(page, '.shown-footer');
      const faults = faultsOf(footer);
      const between = footer?.wordsAbove.includes(ANSWER) && footer.wordsBelow.includes(EARLIER);
      if (faults.length > 0 || between !== true) wrong[maker] = faults;
    }
    await context.close();
    expect(replies.length).toBeGreaterThan(15);
    expect(wrong).toEqual({});
  });

  it('pictures inverted, as some readers make dark of light', { timeout: SLOW_MS }, async () => {
    const context = await mailContext(browser, PHONE, 'light');
    const page = await context.newPage();
    const reader = await browser.newPage();
    const inverted = `<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}</style>`;
    const found = await drawnFaults(page, reader, (html) => `${html}${inverted}`);
    await context.close();
    await reader.close();
    expect(found).toEqual({});
  });
});

/** The makers whose banner or footer cannot be read as it is drawn. */
async function drawnFaults(
  page: Page,
  reader: Page,
  change: (html: string) => string,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const found: Record<string, readonly number[]> = {};
  for (const { name, html } of made(COLOURFUL)) {
    await page.setContent(change(html), { waitUntil: 'commit' });
    const looks = [await lookAt(page, '.shown-banner'), await lookAt(page, '.shown-footer')];
    const contrasts = await drawnContrasts(
      page,
      looks.filter((look) => look !== undefined),
      reader,
    );
    if (contrasts.length !== looks.length || Math.min(...contrasts) < READABLE) found[name] = contrasts;
  }
  return found;
}

describe.skipIf(!HAS_CHROMIUM)('where the reader works out dark colours by itself', () => {
  it('banner and footer can be read', { timeout: SLOW_MS }, async () => {
    const browser = await launch(true);
    const page = await (await mailContext(browser, PHONE, 'light')).newPage();
    const found = await drawnFaults(page, await browser.newPage(), (html) => html);
    await browser.close();
    expect(found).toEqual({});
  });
});
