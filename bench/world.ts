/** What a function finds around it: DNS, the Message Flow API and S3 of the stand-in, without its mail flow. */
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startAws } from '../local/aws/server.ts';
import { createResolver } from '../local/dns/resolver.ts';
import { startDns } from '../local/dns/server.ts';
import { loadZone } from '../local/dns/zone.ts';
import { createLambdaHost, type LambdaHost } from '../local/lambda/host.ts';
import { parseStartOptions } from '../local/options.ts';
import { receive } from '../local/ses/receive.ts';
import { RECIPIENT, SENDER, sampleMessage } from './sample.ts';

const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
const BUCKETS = { MAILROOM_REWRITE_BUCKET: 'mailroom-rewrite', MAILROOM_JOURNAL_BUCKET: 'mailroom-journal' };
const MARK_KEY_BYTES = 32;
const MEMORY_MB = 512;
const TIMEOUT_MS = 15_000;

export interface World {
  /** Puts a new message into transit, as SES hands it over; gives its id. */
  arrive(bytes: number): Promise<{ readonly messageId: string; readonly subject: string }>;
  /** How many times a message in transit was replaced. */
  replaced(): number;
  /** The function of a bundle, with no process yet. */
  host(distDir: string, handler: string): LambdaHost;
  close(): Promise<void>;
}

function inTransitOf(messages: ReadonlyMap<string, Uint8Array>) {
  let replaced = 0;
  return {
    replaced: () => replaced,
    get: async (id: string) => messages.get(id),
    put: async (id: string) => {
      if (!messages.has(id)) return 'not-found' as const;
      replaced += 1;
      return 'stored' as const;
    },
  };
}

/** Opens everything on free ports of loopback; `folder` takes what is stored. */
export async function openWorld(folder: string): Promise<World> {
  const options = parseStartOptions([]);
  if (options === 'help') throw new Error('no flags were given');
  const messages = new Map<string, Uint8Array>();
  const inTransit = inTransitOf(messages);
  const dns = await startDns({ zone: await loadZone(options.zone), port: 0 });
  const resolver = createResolver(`127.0.0.1:${dns.port}`);
  const aws = await startAws({
    dataDir: folder,
    inTransit,
    region: REGION,
    account: ACCOUNT,
    port: 0,
    buckets: Object.values(BUCKETS),
  });
  const markKey = join(folder, 'mark.key');
  await writeFile(markKey, randomBytes(MARK_KEY_BYTES).toString('hex'), { mode: 0o600 });
  const environment = {
    ...BUCKETS,
    POLICY_URI: options.policy,
    MAILROOM_MARK_KEY_URI: markKey,
    MAILROOM_DNS: `127.0.0.1:${dns.port}`,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ENDPOINT_URL_S3: aws.url,
  };
  return {
    async arrive(size) {
      const messageId = randomUUID();
      const subject = `bench ${messageId}`;
      const bytes = sampleMessage(subject, size);
      const envelope = { ...SENDER, recipients: [RECIPIENT], resolver, region: REGION };
      const received = await receive({ ...envelope, bytes, now: new Date(), id: messageId });
      messages.set(messageId, received.bytes);
      return { messageId, subject };
    },
    replaced: inTransit.replaced,
    host: (distDir, handler) =>
      createLambdaHost({
        functions: [{ name: handler, handler, timeoutMs: TIMEOUT_MS, memoryMb: MEMORY_MB }],
        distDir,
        environmentOf: () => environment,
        region: REGION,
        account: ACCOUNT,
        concurrency: 1,
      }),
    async close() {
      await aws.close();
      await dns.close();
    },
  };
}
