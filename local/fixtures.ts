/**
 * `--fixtures DIR`: for every event in a folder the message beside it (`NAME.json`, `NAME.eml`) is in transit under the
 * event's messageId, so that a function that is called with the event by hand finds its content.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../shared/errors.ts';
import { decodeRuleEvent } from '../shared/workmail/index.ts';
import type { InTransit } from './types.ts';

async function eventOf(file: string): Promise<string | undefined> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  const decoded = decodeRuleEvent(value);
  return decoded.ok ? decoded.event.messageId : undefined;
}

/**
 * Reads the folder once. What is put replaces the message until the process ends; the files stay.
 * @throws PermanentError when the folder or an event in it cannot be read.
 */
export async function loadFixtures(folder: string): Promise<InTransit> {
  const contents = new Map<string, Uint8Array>();
  try {
    const names = await readdir(folder);
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const message = name.replace(/\.json$/, '.eml');
      const id = names.includes(message) ? await eventOf(join(folder, name)) : undefined;
      if (id !== undefined) contents.set(id, await readFile(join(folder, message)));
    }
  } catch (error) {
    throw new PermanentError(
      `--fixtures ${folder}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return {
    get: (id) => Promise.resolve(contents.get(id)),
    put(id, bytes) {
      if (!contents.has(id)) return Promise.resolve('not-found');
      contents.set(id, bytes);
      return Promise.resolve('stored');
    },
  };
}

/** Asks `first`, and `second` for what it does not know. */
export function eitherInTransit(first: InTransit, second: InTransit): InTransit {
  return {
    async get(id) {
      return (await first.get(id)) ?? second.get(id);
    },
    async put(id, bytes) {
      const answer = await first.put(id, bytes);
      return answer === 'not-found' ? second.put(id, bytes) : answer;
    },
    async putLate(id, read) {
      const answer = (await first.putLate?.(id, read)) ?? 'not-found';
      if (answer !== 'not-found') return answer;
      const bytes = await read();
      return bytes === undefined ? 'not-found' : second.put(id, bytes);
    },
    async describe(id) {
      return (await first.describe?.(id)) ?? second.describe?.(id);
    },
  };
}
