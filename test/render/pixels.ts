/** Contrast as it is drawn, where styles do not tell: dark modes change colours behind the page's back. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Look } from './look.ts';

const CONTRAST = readFileSync(new URL('pixels.js', import.meta.url), 'utf8');

/** Of each of those cells, as the page shows them now; `reader` is a page with scripts that reads the picture. */
export async function drawnContrasts(page: Page, cells: readonly Look[], reader: Page): Promise<number[]> {
  const picture = await page.screenshot();
  const url = `data:image/png;base64,${picture.toString('base64')}`;
  return reader.evaluate<number[]>(
    `${CONTRAST}contrastsOf(${JSON.stringify(url)}, ${JSON.stringify(cells)})`,
  );
}
