/** What was found, as a value: what it is about, what it means, and how to mend it. */
import type { Asked } from './ask.ts';
import type { FindingId } from './catalogue.ts';

/** `unknown`: it could not be looked at, which is neither good nor bad. */
export type Level = 'ok' | 'warn' | 'fail' | 'unknown';

export interface Finding {
  readonly id: FindingId;
  readonly level: Level;
  /** The function, bucket, domain or rule. */
  readonly subject: string;
  /** One sentence: what is the case, and what follows from it. */
  readonly meaning: string;
  /** What to do; absent when there is nothing to do. */
  readonly mend?: string;
}

export function ok(id: FindingId, subject: string, meaning: string): Finding {
  return { id, level: 'ok', subject, meaning };
}

export function warn(id: FindingId, subject: string, meaning: string, mend: string): Finding {
  return { id, level: 'warn', subject, meaning, mend };
}

export function fail(id: FindingId, subject: string, meaning: string, mend: string): Finding {
  return { id, level: 'fail', subject, meaning, mend };
}

export function unknown(id: FindingId, subject: string, meaning: string, mend: string): Finding {
  return { id, level: 'unknown', subject, meaning, mend };
}

/** For what could not be asked. */
export function unasked(
  id: FindingId,
  subject: string,
  asked: Exclude<Asked<unknown>, { kind: 'answer' }>,
): Finding {
  switch (asked.kind) {
    case 'denied':
      return unknown(
        id,
        subject,
        `You may not look at it: ${asked.action} was denied.`,
        `Run this with credentials that have ${asked.action}, or let somebody who has them run it.`,
      );
    case 'absent':
      return unknown(
        id,
        subject,
        `${asked.action} found nothing: ${asked.why}.`,
        'Mend what is said to be missing first.',
      );
    case 'unanswered':
      return unknown(
        id,
        subject,
        `${asked.action} had no answer: ${asked.why}.`,
        'Run it again; if it stays so, look at the network, the region, the credentials, and --endpoint where you gave it.',
      );
  }
}
