/** Whether a bucket is closed to the public, whatever its policy says. */
import { GetPublicAccessBlockCommand } from '@aws-sdk/client-s3';
import { ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import { blockPublicAccess } from '../commands.ts';
import { type Finding, fail, ok, unasked } from '../finding.ts';

export async function checkPublicAccess(
  clients: Clients,
  id: 'bucket-public' | 'journal-public',
  bucket: string,
): Promise<Finding> {
  const asked = await ask('s3:GetBucketPublicAccessBlock', async (abortSignal) => {
    const command = new GetPublicAccessBlockCommand({ Bucket: bucket });
    return (await clients.s3.send(command, { abortSignal })).PublicAccessBlockConfiguration ?? {};
  });
  if (asked.kind !== 'answer' && asked.kind !== 'absent') return unasked(id, bucket, asked);
  const block = asked.kind === 'answer' ? asked.value : {};
  const flags = [
    block.BlockPublicAcls,
    block.IgnorePublicAcls,
    block.BlockPublicPolicy,
    block.RestrictPublicBuckets,
  ];
  if (flags.every((flag) => flag === true)) return ok(id, bucket, 'It is closed to the public.');
  return fail(
    id,
    bucket,
    'Public access to it is not blocked: one wrong policy would show mail to everybody.',
    blockPublicAccess(bucket),
  );
}
