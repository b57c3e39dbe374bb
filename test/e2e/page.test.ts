/** The page in a real browser, against the real stand-in. Needs Debian's chromium; `.ci/run` installs it. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { sendMail } from '../support/smtp-client.ts';
import {
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  settled,
  startStandIn,
} from '../support/stand-in.ts';

const HOSTILE_SUBJECT = 'look <img src=x onerror=document.title=1>';
const hostileBody = (tracker: string) =>
  `<p>Dear Alice</p><script>parent.document.title="owned";fetch("${tracker}")</script><img src="${tracker}"><link rel=stylesheet href="${tracker}"><link rel=preconnect href="${tracker}"><iframe src="${tracker}"></iframe><meta http-equiv=refresh content="0;url=${tracker}">`;

describe.skipIf(!hasChromium('page.test.ts'))('the page in Chromium', () => {
  let standIn: RunningStandIn;
  let browser: Browser;
  beforeAll(async () => {
    [standIn, browser] = await Promise.all([startStandIn(newDataFolder()), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await standIn?.stop();
    removeFolder(standIn.data);
  });

  async function open(
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; failures: string[] }> {
    const page = await browser.newPage(options);
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(`http://127.0.0.1:${standIn.ports.http}/`);
    return { page, failures };
  }

  function send(subject: string, body: string, type = 'text/html') {
    const data = `From: ann@good.example\r\nTo: alice@example.com\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
    return sendMail({
      port: standIn.ports.smtp,
      mailFrom: 'ann@good.example',
      recipients: ['alice@example.com'],
      data,
    });
  }

  test('a message appears while the list is open, and its way is one click away', async () => {
    const { page, failures } = await open();
    expect(await page.textContent('#empty')).toContain('Nothing has come in yet');
    await send('first one', 'Hello', 'text/plain');
    const row = page.locator('.messages li', { hasText: 'first one' });
    await row.locator('.tag', { hasText: 'Inbox' }).waitFor();
    expect(await page.locator('#empty').count()).toBe(0);
    await row.locator('a').click();
    await page.locator('#way').waitFor();
    const way = (await page.textContent('#way')) ?? '';
    expect(way).toContain('rule “external banner” matches');
    expect(way).toContain('rule “company footer” does not match');
    expect(way).toMatch(/dmarc: let through/);
    expect(await page.locator('#outcomes').textContent()).toContain('alice@example.com');
    expect(await page.locator('pre .added').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('CAUTION')]),
    );
    expect(failures).toEqual([]);
  });

  test('a hostile message runs nothing and loads nothing', async () => {
    let hits = 0;
    const tracker = createServer((_request, response) => {
      hits++;
      response.end();
    }).listen(0, '127.0.0.1');
    // A connection alone tells the sender that the message was read.
    tracker.on('connection', () => hits++);
    await once(tracker, 'listening');
    const address = tracker.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await send(HOSTILE_SUBJECT, hostileBody(`http://127.0.0.1:${port}/track`));
    const [report] = await settled(standIn, 'look');
    const { page } = await open();
    await page.goto(`http://127.0.0.1:${standIn.ports.http}/messages/${report?.summary.id}`);
    const frame = page.frameLocator('iframe').last();
    await frame.locator('p', { hasText: 'Dear Alice' }).waitFor();
    await page.waitForTimeout(300);
    expect(await page.title()).toBe(HOSTILE_SUBJECT);
    expect(hits).toBe(0);
    tracker.close();
    expect(await page.locator('h1 img').count()).toBe(0);
  });

  test.each([
    ['a phone', { viewport: { width: 360, height: 740 } }],
    ['a dark desk', { viewport: { width: 1200, height: 800 }, colorScheme: 'dark' as const }],
  ])('fits %s: nothing is wider than the screen, and text stands out', async (_where, options) => {
    const [report] = await settled(standIn, 'look');
    const { page } = await open(options);
    for (const path of ['/', `/messages/${report?.summary.id}`]) {
      await page.goto(`http://127.0.0.1:${standIn.ports.http}${path}`);
      const [content, screen] = (await page.evaluate(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      )) as [number, number];
      expect(content).toBeLessThanOrEqual(screen);
    }
    const [ink, ground] = (await page.evaluate(
      '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
    )) as [string, string];
    expect(contrast(ink, ground)).toBeGreaterThan(7);
  });
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(first: string, second: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [bright, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}
