/** What a function finds around it for the length of one `mailroom invoke`: a message in transit, S3, DNS. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAws } from '../aws/server.ts';
import { startDns } from '../dns/server.ts';
import { loadZone } from '../dns/zone.ts';
import type { InTransit } from '../types.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '123456789012';
const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
const REWRITE_BUCKET = 'mailroom-rewrite';
const JOURNAL_BUCKET = 'mailroom-journal';
/** Bytes of the key that the mark on a rewritten message is made with; the stand-in makes a new one for each run. */
const MARK_KEY_BYTES = 32;

export interface Message {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface ServicesOptions {
  readonly policy: string;
  /** Served over DNS; absent with an endpoint of the caller's own, unless it was named. */
  readonly zone: string | undefined;
  readonly message: Message | undefined;
  /** Used instead of services of our own. */
  readonly awsEndpoint: string | undefined;
}

export interface Services {
  /** For the function. */
  readonly environment: Readonly<Record<string, string>>;
  /** The message as the function left it; undefined when it did not replace it. */
  replaced(): Uint8Array | undefined;
  close(): Promise<void>;
}

interface Transit extends InTransit {
  replaced(): Uint8Array | undefined;
}

function oneMessage(message: Message | undefined): Transit {
  let replaced: Uint8Array | undefined;
  return {
    get: async (id) => (id === message?.id ? (replaced ?? message.bytes) : undefined),
    put: async (id, bytes) => {
      if (id !== message?.id) return 'not-found';
      replaced = bytes;
      return 'stored';
    },
    replaced: () => replaced,
  };
}

async function startOwnAws(folder: string, inTransit: InTransit) {
  const buckets = [REWRITE_BUCKET, JOURNAL_BUCKET];
  return startAws({ dataDir: folder, inTransit, region: REGION, account: ACCOUNT, port: 0, buckets });
}

function environmentOf(options: ServicesOptions, endpoint: string): Record<string, string> {
  return {
    POLICY_URI: options.policy,
    MAILROOM_ORGANIZATION_ID: ORGANIZATION,
    MAILROOM_REWRITE_BUCKET: REWRITE_BUCKET,
    MAILROOM_JOURNAL_BUCKET: JOURNAL_BUCKET,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
  };
}

/** Starts what the options ask for, on free ports of loopback. Throws PermanentError for a zone that is wrong. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-invoke-'));
  const open: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of open.splice(0).reverse()) await end();
  };
  try {
    const transit = oneMessage(options.message);
    let endpoint = options.awsEndpoint;
    if (endpoint === undefined) {
      const aws = await startOwnAws(folder, transit);
      open.push(() => aws.close());
      endpoint = aws.url;
    }
    const environment = environmentOf(options, endpoint);
    environment['MAILROOM_MARK_KEY_URI'] = join(folder, 'mark.key');
    await writeFile(join(folder, 'mark.key'), randomBytes(MARK_KEY_BYTES).toString('hex'), { mode: 0o600 });
    if (options.zone !== undefined) {
      const dns = await startDns({ zone: await loadZone(options.zone), port: 0 });
      open.push(() => dns.close());
      environment['MAILROOM_DNS'] = `127.0.0.1:${dns.port}`;
    }
    return { environment, replaced: transit.replaced, close };
  } catch (error) {
    await close();
    throw error;
  }
}
