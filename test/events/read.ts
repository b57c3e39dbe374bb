/** Reads the folder `events/` for its tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const EVENTS = join(import.meta.dirname, '../../events');

function namesWith(ending: string, folder = EVENTS): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** env.json is no event: it has the functions' variables for `sam local`. */
export const EVENT_NAMES = namesWith('.json').filter((name) => name !== 'env');
export const MESSAGE_NAMES = namesWith('.eml');
export const SENT_NAMES = namesWith('.eml', join(EVENTS, 'sent'));

export function readEvent(name: string): unknown {
  return JSON.parse(readFileSync(join(EVENTS, `${name}.json`), 'utf8'));
}

/** What GetRawMessageContent gives for the event. */
export function readMessage(name: string): Buffer {
  return readFileSync(join(EVENTS, `${name}.eml`));
}

export function readSent(name: string): Buffer {
  return readFileSync(join(EVENTS, 'sent', `${name}.eml`));
}
