/** What a browser makes of a body before and after a change: the judge of what is text, what runs and what is fetched. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BodyChange } from '../../../../shared/mime/change-types.ts';
import { htmlToText } from '../../../../shared/mime/html-text.ts';
import { decodeText, parseMessage } from '../../../../shared/mime/index.ts';
import { hasChromium, launchChromium } from '../../../support/chromium.ts';
import { changeOctets } from './support.ts';
import { ACTIVE_VECTORS, HTML_WORDS, REMOTE_VECTORS } from './vectors.ts';

const PAGE = 'http://mail.example/';
/** Each is read by the browser twice: with scripts and without. */
const RANDOM_BODIES = Number(process.env['MAILROOM_RANDOM_BODIES'] ?? 800);

const ACTIVE: BodyChange = { kind: 'removeActiveContent' };
const REMOTE: BodyChange = { kind: 'removeTracking', images: 'remote' };
const PREFIX: BodyChange = { kind: 'prefixLinks', prefix: 'https://safe.example/?u=', exempt: [] };
const DEFANG: BodyChange = { kind: 'defangLinks', exempt: [] };
const BANNER: BodyChange = { kind: 'prependDisclaimer', text: 'EXTERNAL-BANNER' };

const changed = (body: Buffer, ...changes: readonly BodyChange[]): Buffer =>
  changeOctets(body, changes, { html: true });

/** Every HTML body of the mail that others published, where that is at hand. */
function realBodies(): readonly Buffer[] {
  const corpora = process.env['MAILROOM_CORPORA'];
  if (corpora === undefined) return [];
  const bodies = new Set<string>();
  for (const suite of ['flanker', 'enmime/mail']) {
    for (const entry of readdirSync(`${corpora}/mime/${suite}`, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const message = parseMessage(readFileSync(`${corpora}/mime/${suite}/${entry.name}`));
      for (const part of message.parts) {
        if (part.contentType.mediaType === 'text/html') bodies.add(decodeText(message, part).text);
      }
    }
  }
  return [...bodies].filter((body) => body.trim() !== '').map((body) => Buffer.from(body));
}

describe.skipIf(!hasChromium('browser.test.ts'))('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  interface Shown {
    /** Without white space. */
    readonly text: string;
    /** A script of it ran. */
    readonly ran: boolean;
    /** What in the document could run. */
    readonly active: readonly string[];
  }

  /** Runs in the page; goes into the contents of templates too. */
  const ACTIVE_IN = `function activeIn(root) {
    const found = [];
    const names = ['script', 'iframe', 'object', 'embed', 'applet', 'frame', 'frameset', 'form', 'svg', 'math'];
    for (const element of root.querySelectorAll('*')) {
      const name = element.localName;
      if (names.includes(name)) found.push(name);
      if (name === 'meta' && /refresh/i.test(element.httpEquiv)) found.push('refresh');
      for (const { name: attribute, value } of element.attributes) {
        if (/^on|^srcdoc$|^(form)?action$/i.test(attribute)) found.push(name + ' ' + attribute);
        if (/^javascript:/i.test(value.replace(/[\\0-\\x20]/g, ''))) found.push(name + ' ' + attribute + '=javascript');
      }
      if (name === 'template') found.push(...activeIn(element.content));
    }
    return found;
  }`;
  /** Each body in a frame of its own; all of them at once. */
  const SHOW = `async (bodies, sandbox) => {
    ${ACTIVE_IN}
    const ran = new Set();
    window.ran = (frame) => ran.add(frame.name);
    const frames = bodies.map((body, index) => {
      const frame = document.createElement('iframe');
      frame.sandbox = sandbox;
      frame.name = String(index);
      frame.srcdoc = body;
      frame.width = 900;
      return frame;
    });
    await Promise.all(frames.map((frame) => new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    })));
    await new Promise((resolve) => setTimeout(resolve, 300));
    return frames.map((frame, index) => ({
      text: frame.contentDocument?.body?.innerText?.replaceAll(/\\s+/g, '') ?? '',
      ran: ran.has(String(index)),
      active: frame.contentDocument === null ? [] : activeIn(frame.contentDocument),
    }));
  }`;
  const OFF = 'allow-same-origin';
  const ON = 'allow-same-origin allow-scripts allow-forms';

  /** Shows the bodies, and says what they asked other hosts for. */
  async function show(
    bodies: readonly Buffer[],
    sandbox: string,
  ): Promise<{ shown: readonly Shown[]; asked: readonly string[] }> {
    const page: Page = await browser.newPage();
    const asked: string[] = [];
    await page.route('**', (route) => {
      const url = route.request().url();
      if (url === PAGE)
        return route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' });
      if (/^https?:/.test(url)) asked.push(url);
      return route.abort();
    });
    await page.goto(PAGE);
    const texts = JSON.stringify(bodies.map((body) => body.toString()));
    const shown = (await page.evaluate(`(${SHOW})(${texts}, ${JSON.stringify(sandbox)})`)) as Shown[];
    await page.close();
    return { shown, asked };
  }

  it('what runs as it came does not when active content is removed', async () => {
    const bodies = ACTIVE_VECTORS.map((vector) => Buffer.from(vector));
    const { shown } = await show([...bodies, ...bodies.map((body) => changed(body, ACTIVE))], ON);
    const isActive = ({ ran, active }: Shown): boolean => ran || active.length > 0;
    expect(ACTIVE_VECTORS.filter((_vector, index) => !shown.slice(index, index + 1).some(isActive))).toEqual(
      [],
    );
    expect(shown.slice(bodies.length).filter(isActive)).toEqual([]);
  }, 60_000);

  it('what asks other hosts as it came does not when remote content is removed', async () => {
    const bodies = (when: string): readonly Buffer[] =>
      REMOTE_VECTORS.map((vector, index) =>
        Buffer.from(vector.replaceAll('tracker.example/', `tracker.example/${when}${index}-`)),
      );
    const { asked } = await show(
      [...bodies('before'), ...bodies('after').map((body) => changed(body, REMOTE))],
      OFF,
    );
    const asks = (index: number): boolean =>
      asked.some((url) => url.includes(`tracker.example/before${index}-`));
    expect(REMOTE_VECTORS.filter((_vector, index) => !asks(index))).toEqual([]);
    expect(asked.filter((url) => !url.includes('/before'))).toEqual([]);
  }, 60_000);

  it('real bodies show the same text, and only the edit differs', async () => {
    const bodies = realBodies();
    const variants: readonly (readonly BodyChange[])[] = [[], [PREFIX, BANNER], [DEFANG]];
    const all = await show(
      variants.flatMap((changes) => bodies.map((body) => changed(body, ...changes))),
      OFF,
    );
    const texts = all.shown.map(({ text }) => text);
    const [before = [], prefixed, defanged = []] = variants.map((_changes, index) =>
      texts.slice(index * bodies.length, (index + 1) * bodies.length),
    );
    const clean = await show(
      bodies.map((body) => changed(body, ACTIVE, REMOTE)),
      OFF,
    );
    expect(clean.shown.map(({ text }) => text)).toEqual(before);
    expect(clean.asked).toEqual([]);
    expect(clean.shown.flatMap(({ active }) => active)).toEqual([]);
    expect(prefixed).toEqual(before.map((text) => `EXTERNAL-BANNER${text}`));
    // Where a link led that did not name its host is said behind it.
    const notes = /\[hxxps?:(?:\[\.\]|[^[\]\s])*\]/g;
    expect(
      defanged.map((text) => text.replaceAll(notes, '').replaceAll('[.]', '.').replaceAll('hxxp', 'http')),
    ).toEqual(before);
    expect(bodies.map((body) => htmlToText(body.toString()).replaceAll(/\s+/g, ''))).toEqual(before);
  }, 60_000);

  it('random markup: nothing is left that runs or asks, for readers with scripts and without', async () => {
    const markup = fc
      .array(fc.constantFrom(...HTML_WORDS), { minLength: 3, maxLength: 14 })
      .map((words) => words.join(''));
    const samples = fc.sample(markup, { numRuns: RANDOM_BODIES });
    const cleaned = samples.map((text) => changed(Buffer.from(text), ACTIVE, REMOTE));
    const page = await browser.newPage();
    const asked: string[] = [];
    await page.route('**', (route) => {
      if (route.request().url() === PAGE)
        return route.fulfill({ contentType: 'text/html', body: '<iframe></iframe>' });
      asked.push(route.request().url());
      return route.abort();
    });
    await page.goto(PAGE);
    const judge = `(bodies) => bodies.map((body) => {
      ${ACTIVE_IN}
      let ran = false;
      window.ran = () => { ran = true; };
      const parsed = activeIn(new DOMParser().parseFromString(body, 'text/html'));
      const { contentDocument } = document.querySelector('iframe');
      contentDocument.open();
      contentDocument.write(body);
      contentDocument.close();
      return [...parsed, ...activeIn(contentDocument), ...(ran ? ['ran'] : [])];
    })`;
    const found = (await page.evaluate(`(${judge})(${JSON.stringify(cleaned.map(String))})`)) as string[][];
    await page.waitForTimeout(100);
    await page.close();
    const failures = samples.flatMap((text, index) =>
      (found[index] ?? ['?']).length === 0
        ? []
        : [{ text, cleaned: String(cleaned[index]), found: found[index] }],
    );
    expect(failures.slice(0, 3)).toEqual([]);
    expect(asked).toEqual([]);
  }, 60_000);
});
