/** As many messages for one day as the policy allows, counted by what the bucket says was sent, over all runs. */
import { sentFolder } from '../edge/report-keys.ts';
import type { Run } from './domain.ts';
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
  let taken = 0;
  const question = { bucket, prefix: sentFolder(day), folders: false };
  for await (const { keys } of ports.listObjects(question, signal)) taken += keys.length;
  return {
    async send(run, forDay, mail) {
      if (!run.sends) return 'not-sent';
      if (taken >= perDay) {
        ports.log({ level: 'warn', event: 'report', outcome: 'capped', reason: 'per-day', report: mail.id });
        return 'no-turn';
      }
      const outcome = await sendOnce(ports, { bucket, day: forDay }, mail, signal);
      if (outcome === 'sent' || outcome === 'failed') taken += 1;
      ports.log({ level: 'info', event: 'report', outcome, reason: 'report', report: mail.id });
      return outcome;
    },
  };
}
