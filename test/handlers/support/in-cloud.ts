/** What the tests of faults have in common. */
import { expect } from 'vitest';
import { type Cloud, type CloudOptions, type Fault, startCloud } from './cloud.ts';
import { fixture, MESSAGE_ID } from './world.ts';

/** How long a function may take while something hangs; the 15 s of WorkMail in small. */
export const LIMIT_MS = 2_000;
export const TEMPORARY_FAULTS: readonly Fault[] = ['throttled', 'failing', 'cut', 'hang'];
export const ORIGINAL = Buffer.from(fixture('inbound-pass.eml'));
const BANNER = 'This message comes from outside.';

/** A cloud around a message that gets a banner. */
export async function inCloud(options: Partial<CloudOptions>, work: (cloud: Cloud) => Promise<void>) {
  const cloud = await startCloud({ message: ORIGINAL, ...options });
  try {
    await work(cloud);
  } finally {
    await cloud.close();
  }
}

export function banners(cloud: Cloud): number {
  return (cloud.messages.get(MESSAGE_ID)?.toString('latin1') ?? '').split(BANNER).length - 1;
}

export function journal(cloud: Cloud): string[] {
  return [...cloud.objects.keys()].filter((key) => key.startsWith('journal/')).sort();
}

/** One record, and the bytes in it are the sender's. */
export function expectOneRecord(cloud: Cloud): void {
  const [event, raw, ...more] = journal(cloud);
  expect(more).toEqual([]);
  expect(event).toMatch(/^journal\/event\//);
  expect(cloud.objects.get(raw ?? '')?.equals(ORIGINAL)).toBe(true);
}
