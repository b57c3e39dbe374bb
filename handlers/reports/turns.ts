/** As many messages for one day as the policy allows, counted by what the bucket says was sent, over all runs. */
import { sentFolder, sentKey } from '../edge/report-keys.ts';
import type { Run } from './domain.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import type { ReportPorts } from './ports.ts';
import { type Mail, type Sent, sendOnce } from './sending.ts';

export interface Turns {
  /** `not-sent`: only kept, because nothing is sent. `no-turn`: as many as allowed went out. */
  send(run: Run, day: string, mail: Mail): Promise<Sent | 'not-sent' | 'no-turn'>;
}

/** Throws TemporaryError or PermanentError. */
export async function openTurns(
  ports: ReportPorts,
  { bucket, day, perDay }: { readonly bucket: string; readonly day: string; readonly perDay: number },
  signal: AbortSignal,
): Promise<Turns> {
  /** What was begun has its turn, and keeps it when it is tried again. */
  const begun = new Set<string>();
  const question = { bucket, prefix: sentFolder(day), folders: false };
  for await (const { keys } of ports.listObjects(question, signal)) for (const key of keys) begun.add(key);
  // SES takes only so many a second, and says no to the rest; a process that is ended leaves one mail of which nobody knows.
  const inTurn = createOneAtATime();
  return {
    async send(run, forDay, mail) {
      if (!run.sends) return 'not-sent';
      return inTurn(async () => {
        const key = sentKey(forDay, mail.id, mail.to);
        if (begun.size >= perDay && !begun.has(key)) {
          ports.log({
            level: 'warn',
            event: 'report',
            outcome: 'capped',
            reason: 'per-day',
            report: mail.id,
          });
          return 'no-turn';
        }
        const outcome = await sendOnce(ports, { bucket, day: forDay }, mail, signal);
        begun.add(key);
        ports.log({ level: 'info', event: 'report', outcome, reason: 'report', report: mail.id });
        return outcome;
      });
    },
  };
}
