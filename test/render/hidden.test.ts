/** A sender who does not want the banner to be seen: what he may write, and what Chromium still shows. Not beaten: `body` itself moved. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContentChange } from '../../shared/mime/index.ts';
import { hasChromium } from '../support/chromium.ts';
import { launch, mailContext } from './browser.ts';
import { BANNER, editedHtml, messageOf } from './edited.ts';
import { lookAt } from './look.ts';
import { drawnContrasts } from './pixels.ts';

const HAS_CHROMIUM = hasChromium('hidden.test.ts');

const TEXT = '<p>Please pay the invoice.</p>';
const withStyle = (css: string): string =>
  `<html><head><style>${css}</style></head><body>${TEXT}</body></html>`;

/** Each with `!important`: without, what stands in the element wins anyway. */
const STYLES: readonly string[] = [
  'table{display:none!important}',
  'table,tbody,tr,td{visibility:collapse!important;opacity:0!important;height:0!important;width:0!important}',
  'body>*:not(p){display:none!important}body>*:not(p) *{display:none!important;font-size:0!important}',
  '[class^=mailroom]{all:unset!important;position:absolute!important;left:-9999px!important}',
  '[class^=mailroom] *{position:absolute!important;clip-path:inset(100%)!important;color:transparent!important}',
  'td{padding:0!important;font:0/0 x!important;letter-spacing:-1em!important;color:#fff4ce!important}',
  'td *{display:none!important}td b,td span{font-size:0!important;text-indent:-9999px!important}',
  'b,span{position:absolute!important;left:-9999px!important;color:#fff4ce!important}',
  'body *{-webkit-text-fill-color:transparent!important;-webkit-text-security:disc!important}',
  'table{zoom:0.01!important}',
  'table{scale:0!important;rotate:x 90deg!important;translate:-9999px!important}',
  'table{offset-path:path("M-9999 0")!important}',
  'table{mask:linear-gradient(transparent,transparent)!important;clip:rect(0 0 0 0)!important}',
  'table,td{content-visibility:hidden!important;contain:strict!important}',
  'table{content:url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)!important}',
  'table{margin:-999px 0 0 -9999px!important}',
  'table{table-layout:fixed!important;width:0!important;min-width:0!important;overflow:hidden!important}',
  'table{min-width:99999px!important;margin-left:-50000px!important}',
  'body{display:flex!important;flex-direction:column}table{order:99!important;margin-top:3000px!important}',
  'p{position:relative;margin-top:-200px!important;padding:100px;background:#fff}',
  'body::before{content:" ";position:absolute;inset:0 0 auto 0;height:200px;background:#fff}',
  'td{direction:rtl!important;unicode-bidi:bidi-override!important}',
  'td{background-image:linear-gradient(#1f1f1f,#1f1f1f)!important}',
  '@keyframes k{to{opacity:0;visibility:hidden}}table{animation:k 1ms forwards!important}',
];

const BODIES: readonly string[] = [
  `<div style="position:fixed;inset:0;background:#fff">${TEXT}</div>`,
  `<div style="position:absolute;z-index:99999;top:0;left:0;right:0;height:500px;background:#fff">${TEXT}</div>`,
  `<dialog open style="position:fixed;inset:0;width:100%;height:100%;background:#fff">${TEXT}</dialog>`,
  `<html><body style="visibility:hidden;font-size:0;color:#fff"><div style="visibility:visible;font-size:16px">${TEXT}</div>`,
  `<html><body><plaintext>${TEXT}`,
  `<html><head><plaintext>${TEXT}`,
  `<html><head><!-- <body>${TEXT}`,
  `<html><head><meta content="<body>${TEXT}`,
  `<html><head><title><body>${TEXT}`,
  `<html><head><template></head><body>${TEXT}`,
  `<html><head><noscript></head><body>${TEXT}</noscript>`,
  `<!--[if mso]><html><head><style>table{display:none}</style></head><body><![endif]-->${TEXT}`,
  `<html><head><!--[if gte mso 9]><xml><body>${TEXT}`,
  `<html><head><base href="http://evil.example/" target=_top></head><body>${TEXT}`,
  `<html><body><div style="display:none;max-height:0">${'&nbsp;&zwnj;'.repeat(500)}</div>${TEXT}`,
  `<html><body>${'<br>'.repeat(300)}${TEXT}`,
  `<html><body><p>${TEXT}<html style="visibility:hidden"><body style="color:#fff4ce;font-size:0">`,
  `<html><head></head><frameset><frame src="data:text/html,x"></frameset>`,
  `<select><option>${TEXT}`,
  `<svg><body>${TEXT}`,
  `<math><body>${TEXT}`,
  `<table><body>${TEXT}`,
  `<html><head><meta http-equiv=content-type content="text/html; charset=utf-7"><title>+ADw-/title+AD4-+ADw-div hidden+AD4-</title><body>${TEXT}`,
];

/** Elements one in the other: whichever a style sheet hides, nothing is left to be seen. */
const HTML = `<p style="margin:0"><b><span>${BANNER}</span></b></p>`;
const CASES: readonly {
  readonly name: string;
  readonly change: ContentChange;
  readonly bodies: readonly string[];
}[] = [
  {
    name: 'style sheets',
    change: { kind: 'prependDisclaimer', text: BANNER, html: HTML },
    bodies: STYLES.map(withStyle),
  },
  { name: 'markup', change: { kind: 'prependDisclaimer', text: BANNER }, bodies: BODIES },
];

describe.skipIf(!HAS_CHROMIUM)('whatever the sender writes, the banner is seen first', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  it.each(CASES)('$name', { timeout: 90_000 }, async ({ change, bodies }) => {
    const page = await (await mailContext(browser, 1000, 'light')).newPage();
    const reader = await browser.newPage();
    const faults: string[] = [];
    for (const body of bodies) {
      await page.setContent(editedHtml(messageOf(body), [change]) ?? '', { waitUntil: 'commit' });
      const look = await lookAt(page, '[class^=mailroom-top] td');
      const [drawn = 0] = look === undefined ? [] : await drawnContrasts(page, [look], reader);
      const isSeen =
        look !== undefined && look.covered === 0 && look.top >= 0 && look.top < 40 && look.left >= 0;
      const isRead = drawn > 4.5 && look?.direction === 'ltr' && look.bottom - look.top > 20;
      if (!isSeen || !isRead) faults.push(`${body.slice(0, 150)}: ${drawn} ${JSON.stringify(look)}`);
    }
    await page.context().close();
    await reader.close();
    expect(faults).toEqual([]);
  });
});
