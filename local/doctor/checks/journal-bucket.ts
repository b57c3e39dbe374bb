/** The bucket that the journal is kept in: it is there when the policy wants it, and nothing in it goes before its time. */
import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import type { Policy } from '../../../shared/policy/index.ts';
import { answerOf, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import { enableVersioning, lockRecords } from '../commands.ts';
import { type Deployed, settingsOf, settingsUnknown } from '../deployed.ts';
import { type Finding, fail, ok, unasked } from '../finding.ts';
import { checkPublicAccess } from './public-access.ts';

async function checkVersions(clients: Clients, bucket: string): Promise<Finding> {
  const asked = await ask('s3:GetBucketVersioning', async (abortSignal) => {
    const command = new GetBucketVersioningCommand({ Bucket: bucket });
    return (await clients.s3.send(command, { abortSignal })).Status;
  });
  if (asked.kind !== 'answer') return unasked('journal-versions', bucket, asked);
  if (asked.value === 'Enabled') return ok('journal-versions', bucket, 'It keeps every version.');
  return fail(
    'journal-versions',
    bucket,
    'It keeps no versions: a record can be written over.',
    enableVersioning(bucket),
  );
}

async function checkLock(clients: Clients, bucket: string): Promise<Finding> {
  const asked = await ask('s3:GetBucketObjectLockConfiguration', async (abortSignal) => {
    const command = new GetObjectLockConfigurationCommand({ Bucket: bucket });
    return (await clients.s3.send(command, { abortSignal })).ObjectLockConfiguration;
  });
  if (asked.kind !== 'answer' && asked.kind !== 'absent') return unasked('journal-lock', bucket, asked);
  const lock = asked.kind === 'answer' ? asked.value : undefined;
  const retention = lock?.Rule?.DefaultRetention;
  if (lock?.ObjectLockEnabled === 'Enabled' && retention?.Mode !== undefined) {
    const time = retention.Years === undefined ? `${retention.Days ?? 0} days` : `${retention.Years} years`;
    return ok('journal-lock', bucket, `Records are locked for ${time} (${retention.Mode}).`);
  }
  const meaning =
    lock?.ObjectLockEnabled === 'Enabled'
      ? 'Object Lock is on without a default retention: new records are not locked.'
      : 'Object Lock is off: records can be deleted.';
  return fail('journal-lock', bucket, meaning, lockRecords(bucket));
}

/** The step that keeps mail is in mailflow alone. */
export function checkKept(
  { functions }: Pick<Deployed, 'functions'>,
  policies: readonly Policy[],
): readonly Finding[] {
  if (!policies.some(({ journal }) => journal?.capture === true)) return [];
  return functions.flatMap(({ logicalId, name, configuration }) => {
    const known = answerOf(configuration);
    if (logicalId !== 'Mailflow' || known === undefined) return [];
    const bucket = known.Environment?.Variables?.['MAILROOM_JOURNAL_BUCKET'] ?? '';
    if (bucket !== '') return [ok('journal-bucket', name, `It keeps mail in ${bucket}, as the policy says.`)];
    return [
      fail(
        'journal-bucket',
        name,
        'The policy keeps every message ("journal: capture: true"), and the function has no bucket for it: nothing is kept.',
        'Update the stack with KeepMail set to "yes", or take "capture" out of the policy.',
      ),
    ];
  });
}

export async function checkJournalBucket(clients: Clients, deployed: Deployed): Promise<readonly Finding[]> {
  const buckets = settingsOf(deployed.functions, 'MAILROOM_JOURNAL_BUCKET');
  const denied = settingsUnknown(deployed.functions);
  if (buckets.length === 0 && denied !== undefined)
    return [unasked('journal-lock', 'MAILROOM_JOURNAL_BUCKET', denied)];
  const all = buckets.map((bucket) =>
    Promise.all([
      checkVersions(clients, bucket),
      checkLock(clients, bucket),
      checkPublicAccess(clients, 'journal-public', bucket),
    ]),
  );
  return (await Promise.all(all)).flat();
}
