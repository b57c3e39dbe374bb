/** A stand-in for one test file: its own folder, its own port, the real SDK clients. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { type AwsOptions, type AwsServer, startAws } from '../../../local/aws/server.ts';
import type { InTransit } from '../../../local/types.ts';

export const CLIENT = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

export const NOTHING_IN_TRANSIT: InTransit = {
  get: async () => undefined,
  put: async () => 'not-found',
};

export interface Stand {
  readonly server: AwsServer;
  readonly dataDir: string;
  readonly s3: S3Client;
  close(): Promise<void>;
}

export async function stand(options: Partial<AwsOptions> = {}): Promise<Stand> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'mailroom-aws-')));
  const server = await startAws({
    inTransit: NOTHING_IN_TRANSIT,
    region: 'us-east-1',
    account: '123456789012',
    port: 0,
    ...options,
    dataDir,
  });
  const s3 = new S3Client({ ...CLIENT, endpoint: server.url, forcePathStyle: true });
  return {
    server,
    dataDir,
    s3,
    close: async () => {
      s3.destroy();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The name and HTTP status of an SDK error; fails the test when nothing was thrown. */
export async function failure(
  sent: Promise<unknown>,
): Promise<{ name: string; status: number | undefined; message: string }> {
  try {
    await sent;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = '$metadata' in error ? error.$metadata : undefined;
    const status =
      typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
        ? Number(metadata.httpStatusCode)
        : undefined;
    return { name: error.name, status, message: error.message };
  }
  throw new Error('expected the service to refuse');
}
