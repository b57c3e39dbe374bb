/**
 * A report on its way to one receiver. Before it is handed to SES an object says so, and after that how it ended:
 *
 *   sending   it may have gone out: the process ended in between. It is not sent again.
 *   failed    SES did not take it, or did not answer. A later run tries again, a few times; should it go out twice, both have the
 *             same Report-ID and file name, by which a reader knows it (aggregate-reporting-32 §3.5.4).
 *   sent      SES took it.
 */
import { DeadlineError } from '../../shared/errors.ts';
import { whyOf } from '../edge/log.ts';
import type { StoredObject } from '../edge/object-store.ts';
import { sentKey } from '../edge/report-keys.ts';
import type { ReportPorts } from './ports.ts';

export type Sent =
  | 'sent'
  | 'sent-before'
  /** It was on its way when a process ended: nobody knows. */
  | 'unknown'
  /** SES did not take it; later it may. */
  | 'failed'
  /** It was tried often enough. */
  | 'given-up';

export interface Mail {
  /** The same for the same report. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Made when it is really sent. */
  readonly raw: () => Uint8Array;
}

interface State {
  readonly state: 'sending' | 'failed' | 'sent';
  readonly tries: number;
}

const MAX_TRIES = 3;
const MAX_STATE_BYTES = 1_000;

interface Place {
  readonly bucket: string;
  readonly day: string;
}

/** Throws TemporaryError or PermanentError when S3 fails, and DeadlineError; what SES says is a value. */
export async function sendOnce(
  ports: ReportPorts,
  { bucket, day }: Place,
  mail: Mail,
  signal: AbortSignal,
): Promise<Sent> {
  const key = sentKey(day, mail.id, mail.to);
  const claim = await claimTry(ports, bucket, key, signal);
  if (typeof claim === 'string') return claim;
  const { tries } = claim;
  try {
    await ports.sendMail({ raw: mail.raw(), from: mail.from, to: mail.to }, signal);
  } catch (error) {
    // Cut off: SES may have it. The object says so already.
    if (error instanceof DeadlineError || signal.aborted) throw error;
    ports.log({ level: 'error', event: 'report', outcome: 'failed', reason: whyOf(error), report: mail.id });
    await ports.objectStore.put(objectOf(bucket, key, { state: 'failed', tries }), signal);
    return 'failed';
  }
  await ports.objectStore.put(objectOf(bucket, key, { state: 'sent', tries }), signal);
  return 'sent';
}

/** Writes that it is being sent, for the first time or again; or says why it is not to be sent. */
async function claimTry(
  { objectStore }: ReportPorts,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<{ readonly tries: number } | Sent> {
  const first = objectOf(bucket, key, { state: 'sending', tries: 1 });
  if ((await objectStore.putIfAbsent(first, signal)) === 'stored') return { tries: 1 };
  const before = readState(await objectStore.get(bucket, key, MAX_STATE_BYTES, signal));
  if (before?.state === 'sent') return 'sent-before';
  if (before?.state !== 'failed') return 'unknown';
  if (before.tries >= MAX_TRIES) return 'given-up';
  const tries = before.tries + 1;
  await objectStore.put(objectOf(bucket, key, { state: 'sending', tries }), signal);
  return { tries };
}

function objectOf(bucket: string, key: string, state: State): StoredObject {
  const body = Buffer.from(`${JSON.stringify(state)}\n`);
  return { bucket, key, body, contentType: 'application/json' };
}

function readState(bytes: Uint8Array | undefined): State | undefined {
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes).toString();
  const match = /^\{"state":"(sending|failed|sent)","tries":(\d{1,3})\}\s*$/.exec(text);
  const state = match?.[1];
  if (state !== 'sending' && state !== 'failed' && state !== 'sent') return undefined;
  return { state, tries: Number(match?.[2]) };
}
