/** The mark that a held message was released: to whom, and when last. It lies beside the message, and ends with it. */
import { isRecord } from '../../shared/workmail/json.ts';

export interface Released {
  /** Lower case. */
  readonly to: readonly string[];
  /** RFC 3339, UTC; of the last one. */
  readonly at: string;
}

/** Of the message `id`. */
export function releasedKey(id: string): string {
  return `quarantine/${id}/released.json`;
}

/** Undefined when it is none. */
export function readReleased(text: string): Released | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isRecord(value)) return undefined;
  const { to, at } = value;
  if (typeof at !== 'string' || !Array.isArray(to)) return undefined;
  return { to: to.filter((each) => typeof each === 'string'), at };
}

/** With one more recipient. */
export function alsoReleased(before: Released | undefined, to: string, nowMs: number): Released {
  return { to: [...new Set([...(before?.to ?? []), to])], at: new Date(nowMs).toISOString() };
}

/** `2026-11-21T09:30 to alice@example.com`. */
export function releasedText({ to, at }: Released): string {
  return `${at.slice(0, 16)} to ${to.join(', ')}`;
}
