/** Chromium without a net: what a message refers to is never fetched. */
import type { Browser, BrowserContext } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';

/** Chromium's own dark mode: it works out dark colours for pages that have none, as mail readers do. */
const FORCED_DARK = ['--force-dark-mode', '--enable-features=WebContentsForceDark'];

export function launch(forcedDark = false): Promise<Browser> {
  return launchChromium(forcedDark ? FORCED_DARK : []);
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
