/** Chromium without a net: what a message refers to is never fetched. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
export const HAS_CHROMIUM = existsSync(CHROMIUM);

/** Without these the browser looks up its maker's hosts at every start. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Chromium's own dark mode: it works out dark colours for pages that have none, as mail readers do. */
const FORCED_DARK = ['--force-dark-mode', '--enable-features=WebContentsForceDark'];

export function launch(forcedDark = false): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: forcedDark ? [...QUIET, ...FORCED_DARK] : QUIET,
  });
}

/** Mail readers run no scripts and, until asked, fetch nothing. */
export async function mailContext(
  browser: Browser,
  width: number,
  colorScheme: 'light' | 'dark',
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme,
    javaScriptEnabled: false,
    deviceScaleFactor: 1,
  });
  await context.route('**/*', (route) =>
    route.request().isNavigationRequest() ? route.continue() : route.abort(),
  );
  return context;
}
