/** What a person would see of an element, measured in the page. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

export interface Look {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** The rightmost edge of its words. */
  readonly textRight: number;
  /** Of its words and what is behind them (WCAG 2 §1.4.3), as far as styles tell. */
  readonly contrast: number;
  readonly fontPixels: number;
  /** Points inside it at which something else is on top. */
  readonly covered: number;
  /** Words outside of it that are drawn above it, and below it. */
  readonly wordsAbove: string;
  readonly wordsBelow: string;
  readonly direction: string;
  readonly viewport: number;
}

/** Runs in the page; a script of its own, since what a browser knows is not known here. */
const MEASURE = readFileSync(new URL('measure.js', import.meta.url), 'utf8');

/** Undefined where there is no such element, or it takes no room. */
export async function lookAt(page: Page, selector: string): Promise<Look | undefined> {
  return page.evaluate<Look | undefined>(`${MEASURE}measure(${JSON.stringify(selector)})`);
}
