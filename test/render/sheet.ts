/** Writes pictures of the bodies of all makers, many on one sheet: `node test/render/sheet.ts FOLDER`, or every maker's and every
 * pixel with `png` behind it. To be looked at. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { launch, mailContext } from './browser.ts';
import { CHANGES, editedHtml, messageOf } from './edited.ts';
import { BODIES, COLOURFUL } from './makers.ts';

const SHEETS = [
  { name: 'light', width: 640, height: 300, columns: 4, scale: 0.5, scheme: 'light', forced: false },
  { name: 'dark', width: 640, height: 300, columns: 4, scale: 0.5, scheme: 'dark', forced: true },
  { name: 'phone', width: 360, height: 300, columns: 6, scale: 0.55, scheme: 'light', forced: false },
] as const;

const [folder = '.', wanted] = process.argv.slice(2);
/** Small for the docs, or every pixel. */
const FORMATS = { jpg: { type: 'jpeg', quality: 30 }, png: { type: 'png' } } as const;
const format = wanted === 'png' ? 'png' : 'jpg';

type Sheet = (typeof SHEETS)[number];

async function picture(context: BrowserContext, html: string, { width, height }: Sheet): Promise<string> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  await page.setContent(html, { waitUntil: 'commit' });
  const png = await page.screenshot();
  await page.close();
  return `data:image/png;base64,${png.toString('base64')}`;
}

async function sheetOf(browser: Browser, sheet: Sheet): Promise<Buffer> {
  const { width, height, columns, scale, scheme } = sheet;
  const context = await mailContext(browser, width, scheme);
  const cells: string[] = [];
  for (const { maker, html } of format === 'png' ? BODIES : COLOURFUL) {
    const edited = editedHtml(messageOf(html), CHANGES);
    if (edited === undefined) throw new Error(`no banner for ${maker}`);
    const source = await picture(context, edited, sheet);
    cells.push(`<figure><figcaption>${maker}</figcaption><img src="${source}"></figure>`);
  }
  await context.close();
  const cell = Math.round(width * scale);
  const style = `body{margin:8px;background:#888;display:grid;grid-template-columns:repeat(${columns},${cell}px);gap:8px;font:11px sans-serif}figure{margin:0;background:#fff}figcaption{padding:2px 4px}img{display:block;width:${cell}px;height:${Math.round(height * scale)}px;object-fit:cover;object-position:top}`;
  const page = await browser.newPage({ viewport: { width: columns * (cell + 8) + 8, height: 600 } });
  await page.setContent(`<!doctype html><style>${style}</style>${cells.join('')}`);
  return page.screenshot({ fullPage: true, ...FORMATS[format] });
}

mkdirSync(folder, { recursive: true });
for (const sheet of SHEETS) {
  const browser = await launch(sheet.forced);
  writeFileSync(join(folder, `banner-${sheet.name}.${format}`), await sheetOf(browser, sheet));
  await browser.close();
}
