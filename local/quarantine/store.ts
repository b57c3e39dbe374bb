/** Held mail, as it lies in the bucket (`handlers/edge/keep/keys.ts`). */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type AboutHeld, readAbout } from '../../handlers/edge/keep/about.ts';
import { quarantineKeys } from '../../handlers/edge/keep/keys.ts';
import { PermanentError } from '../../shared/errors.ts';
import { decideAwsError } from '../../shared/workmail/aws-errors.ts';
import { type Released, readReleased, releasedKey } from './released.ts';

/** The newest are read and shown. */
const MAX_LISTED = 500;
const READ_AT_ONCE = 8;
const CALL_TIMEOUT_MS = 60_000;
const LISTED_KEY = /^quarantine\/([0-9a-f]{32})\/(about|released)\.json$/;

export interface HeldMail extends AboutHeld {
  /** Absent when it was never released. */
  readonly released?: Released;
}

export interface Listed {
  readonly held: readonly HeldMail[];
  readonly more: boolean;
  readonly unread: number;
}

export interface Quarantine {
  /** The newest first. `unread`: how many descriptions cannot be read, or went meanwhile. */
  list(): Promise<Listed>;
  /** Throws PermanentError when there is none. */
  about(id: string): Promise<AboutHeld>;
  /** The message as it was held, compared with its digest. */
  message(about: AboutHeld): Promise<Uint8Array>;
  /** Undefined when it was never released. */
  released(id: string): Promise<Released | undefined>;
  markReleased(id: string, released: Released): Promise<void>;
  delete(id: string): Promise<void>;
}

export function openQuarantine(s3: S3Client, bucket: string): Quarantine {
  const find = async (id: string) => {
    const bytes = await read(s3, bucket, quarantineKeys(id).about);
    return bytes === undefined ? undefined : readAbout(Buffer.from(bytes).toString());
  };
  const about = async (id: string) => {
    const found = await find(id);
    if (found === undefined) throw new PermanentError(`nothing is held under ${id}`);
    return found;
  };
  const released = async (id: string) => {
    const bytes = await read(s3, bucket, releasedKey(id));
    return bytes === undefined ? undefined : readReleased(Buffer.from(bytes).toString());
  };
  return {
    about,
    released,
    async markReleased(id, mark) {
      const object = { Bucket: bucket, Key: releasedKey(id), ContentType: 'application/json' };
      const Body = `${JSON.stringify(mark)}\n`;
      await call('s3 PutObject', (abortSignal) =>
        s3.send(new PutObjectCommand({ ...object, Body }), { abortSignal }),
      );
    },
    async list() {
      const keys = await newestKeys(s3, bucket);
      const newest = keys.ids.slice(0, MAX_LISTED);
      const withMark = async (id: string): Promise<HeldMail | undefined> => {
        const one = await find(id);
        const mark = one !== undefined && keys.marked.has(id) ? await released(id) : undefined;
        return one === undefined || mark === undefined ? one : { ...one, released: mark };
      };
      const held: HeldMail[] = [];
      for (let at = 0; at < newest.length; at += READ_AT_ONCE) {
        const found = await Promise.all(newest.slice(at, at + READ_AT_ONCE).map(withMark));
        held.push(...found.flatMap((one) => one ?? []));
      }
      held.sort((a, b) => (a.heldAt < b.heldAt ? 1 : -1));
      return { held, more: keys.ids.length > MAX_LISTED, unread: newest.length - held.length };
    },
    async message({ id, sha256 }) {
      const bytes = await read(s3, bucket, quarantineKeys(id).message);
      if (bytes === undefined) throw new PermanentError(`the message of ${id} is gone`);
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        throw new PermanentError(`the message of ${id} is not the one that was held`);
      return bytes;
    },
    async delete(id) {
      const { about: first, message } = quarantineKeys(id);
      // The description first: what is listed is there.
      for (const Key of [first, message, releasedKey(id)])
        await call('s3 DeleteObject', (abortSignal) =>
          s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }), { abortSignal }),
        );
    },
  };
}

async function call<T>(what: string, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
  try {
    return await send(signal);
  } catch (error) {
    throw decideAwsError(error, what, signal);
  }
}

function read(s3: S3Client, bucket: string, key: string): Promise<Uint8Array | undefined> {
  return call('s3 GetObject', async (abortSignal) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  });
}

interface Keys {
  /** The newest first. */
  readonly ids: readonly string[];
  /** Those that were released. */
  readonly marked: ReadonlySet<string>;
}

async function newestKeys(s3: S3Client, bucket: string): Promise<Keys> {
  const marked = new Set<string>();
  const found: { readonly id: string; readonly timeMs: number }[] = [];
  let token: string | undefined;
  do {
    const input = {
      Bucket: bucket,
      Prefix: 'quarantine/',
      ...(token === undefined ? {} : { ContinuationToken: token }),
    };
    const page: ListObjectsV2CommandOutput = await call('s3 ListObjectsV2', (abortSignal) =>
      s3.send(new ListObjectsV2Command(input), { abortSignal }),
    );
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      const [, id, what] = LISTED_KEY.exec(Key) ?? [];
      if (id === undefined) continue;
      if (what === 'released') marked.add(id);
      else found.push({ id, timeMs: LastModified?.getTime() ?? 0 });
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return { ids: found.sort((a, b) => b.timeMs - a.timeMs).map(({ id }) => id), marked };
}
