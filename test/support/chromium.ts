/** Debian's Chromium, quiet: without these arguments it looks up its maker's hosts at every start. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Whether there is one; where there is none, `file` says so once and is skipped. */
export function hasChromium(file: string): boolean {
  if (existsSync(CHROMIUM)) return true;
  process.stdout.write(`${file} is skipped: install the Debian package "chromium"\n`);
  return false;
}

/** Starts it. */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: [...QUIET, ...more] });
}
