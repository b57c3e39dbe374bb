/**
 * The last good policy, as one object beside the rewritten messages: what a function falls back on that starts while
 * the policy cannot be read. It is worth no more than the right to write it, so the template gives that to the functions'
 * roles alone, and lets the policy's own place stay the only one that a person changes. What is read is held against its
 * fingerprint and validated again; keeping it never fails the mail.
 *
 * A bucket holds one copy. Functions with different policies need buckets of their own.
 */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { LastGoodCopy } from '../../shared/policy/index.ts';
import { isRecord } from '../../shared/workmail/json.ts';
import { whyOf } from './log.ts';
import type { ObjectStore } from './object-store.ts';

/** Rewritten messages are under another prefix: these expire after a day, the copy must not. */
export const POLICY_COPY_KEY = 'policy/last-good';
/** A policy has 256 K characters at most; in JSON each needs at most four bytes. More was not written by us. */
const MAX_COPY_BYTES = 1024 * 1024 + 1_024;

export interface PolicyCopy {
  /** Undefined when there is none, or none that can be used; the log says why. Never throws. */
  read(signal: AbortSignal): Promise<LastGoodCopy | undefined>;
  /** Writes it, unless it is there already. False when it could not; the log says why. Never throws. */
  save(text: string, signal: AbortSignal): Promise<boolean>;
}

export interface PolicyCopyOptions {
  readonly objectStore: ObjectStore;
  readonly bucket: string;
  /** Where the policy itself is. */
  readonly uri: string;
  readonly log: Log;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** What a policy text is called in logs, and by what a change of it is known. */
export function policyVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export function createPolicyCopy(options: PolicyCopyOptions): PolicyCopy {
  const { objectStore, bucket, log, now } = options;
  const place = policyVersion(options.uri);
  return {
    async read(signal) {
      try {
        const copy = await readCopy(objectStore, bucket, signal);
        // Better than no policy: most who point POLICY_URI at what cannot be read only forgot the right to read it.
        if (copy !== undefined && copy.place !== place)
          log({ level: 'warn', event: 'policy', outcome: 'copy-of-another-place', version: copy.version });
        return copy;
      } catch (error) {
        // Who may not list the bucket gets 403 for an object that is not there.
        log({ level: 'warn', event: 'policy', outcome: 'no-copy', reason: whyOf(error) });
        return undefined;
      }
    },
    async save(text, signal) {
      const version = policyVersion(text);
      try {
        // What cannot be read, or is damaged, is written anew.
        const there = await readCopy(objectStore, bucket, signal).catch(() => undefined);
        if (there?.text === text && there.place === place) return true;
        const body = Buffer.from(JSON.stringify({ format: 1, version, place, savedAtMs: now(), text }));
        const object = { bucket, key: POLICY_COPY_KEY, body, contentType: 'application/json' };
        await objectStore.put(object, signal);
        log({ level: 'info', event: 'policy', outcome: 'copy-saved', version });
        return true;
      } catch (error) {
        log({ level: 'warn', event: 'policy', outcome: 'copy-not-saved', reason: whyOf(error), version });
        return false;
      }
    },
  };
}

interface StoredCopy extends LastGoodCopy {
  /** Fingerprint of the place that it was read from. */
  readonly place: unknown;
}

async function readCopy(
  store: ObjectStore,
  bucket: string,
  signal: AbortSignal,
): Promise<StoredCopy | undefined> {
  const bytes = await store.get(bucket, POLICY_COPY_KEY, MAX_COPY_BYTES, signal);
  return bytes === undefined ? undefined : decodeCopy(bytes);
}

function decodeCopy(bytes: Uint8Array): StoredCopy {
  const value = parseJson(bytes);
  if (!isRecord(value) || value['format'] !== 1) throw new PermanentError('the copy is damaged');
  const { text, version, place, savedAtMs } = value;
  if (typeof text !== 'string' || typeof savedAtMs !== 'number' || version !== policyVersion(text)) {
    throw new PermanentError('the copy is damaged');
  }
  return { text, version: policyVersion(text), place, savedAtMs };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new PermanentError('the copy is damaged');
  }
}
