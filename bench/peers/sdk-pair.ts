/** The floor: what a function pays that does nothing but fetch a message and put it into a bucket. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetRawMessageContentCommand,
  PutRawMessageContentCommand,
  WorkMailMessageFlowClient,
} from '@aws-sdk/client-workmailmessageflow';

interface Clients {
  readonly s3: S3Client;
  readonly flow: WorkMailMessageFlowClient;
}

let clients: Clients | undefined;

const BUCKET = 'mailroom-rewrite';

/** Get, then PutObject: the two calls without which no rewrite is possible. */
export async function handler(event: { readonly messageId: string }): Promise<number> {
  clients ??= { s3: new S3Client({ forcePathStyle: true }), flow: new WorkMailMessageFlowClient({}) };
  const { messageId } = event;
  const { messageContent } = await clients.flow.send(new GetRawMessageContentCommand({ messageId }));
  if (!(messageContent instanceof Readable)) throw new TypeError('the answer carries no stream');
  const bytes = await buffer(messageContent);
  await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `pair/${messageId}`, Body: bytes }));
  return bytes.length;
}

/** Keeps the other two commands in the bundle, as a function that rewrites has them. */
export const others = [GetObjectCommand, PutRawMessageContentCommand];
