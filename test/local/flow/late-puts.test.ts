/** The other reading of a Put: the object is read when the message leaves. */
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutRawMessageContentCommand, WorkMailMessageFlowClient } from '@aws-sdk/client-workmailmessageflow';
import { afterEach, describe, expect, test } from 'vitest';
import { type AwsServer, startAws } from '../../../local/aws/server.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ASK_INBOUND, deliverAll, inbound } from './support.ts';
import { ALICE, worldOf } from './worlds.ts';

const BUCKET = 'mailroom-rewrite';
const CLIENT = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
let server: AwsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A message whose function puts new content and, when asked, deletes the object at once. */
async function deliveredCopy(putReads: 'at-put' | 'late', deleteAfterPut: boolean): Promise<string> {
  const dataDir = temporaryFolder('late-puts');
  const world = await worldOf(ASK_INBOUND, async ({ event }, flowOf) => {
    const { inTransit } = flowOf();
    const place = { region: 'us-east-1', account: '123456789012', port: 0 };
    server ??= await startAws({ ...place, dataDir, inTransit, buckets: [BUCKET], putReads });
    const id = String(event['messageId']);
    const original = Buffer.from((await inTransit.get(id)) ?? []).toString('latin1');
    const s3 = new S3Client({ ...CLIENT, endpoint: server.url, forcePathStyle: true });
    const flow = new WorkMailMessageFlowClient({ ...CLIENT, endpoint: server.url });
    const Body = original.replace(/\r\n\r\n/, '\r\n\r\nBANNER\r\n');
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body }));
    const s3Reference = { bucket: BUCKET, key: 'k', objectVersion: VersionId };
    await flow.send(new PutRawMessageContentCommand({ messageId: id, content: { s3Reference } }));
    const shown = Buffer.from((await inTransit.get(id)) ?? []).toString('latin1');
    if (!shown.includes('BANNER')) throw new Error('Get does not show what was put');
    if (deleteAfterPut) await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k', VersionId }));
    s3.destroy();
    flow.destroy();
    return deliverAll();
  });
  const id = await world.run(inbound([ALICE]));
  const bytes = await world.flow.archive.content(id, 'final');
  return Buffer.from(bytes ?? []).toString('latin1');
}

describe('[C15] an object that is deleted right after the Put', () => {
  test('[C15] changes nothing any more where WorkMail copied it at once', async () => {
    expect(await deliveredCopy('at-put', true)).toContain('BANNER');
  });

  test('[C15] is missing where WorkMail reads late: the change is lost, the message is not', async () => {
    const delivered = await deliveredCopy('late', true);
    expect(delivered).not.toContain('BANNER');
    expect(delivered).toContain('Subject:');
  });

  test('and one that stays is read, early or late', async () => {
    expect(await deliveredCopy('late', false)).toContain('BANNER');
  });
});
