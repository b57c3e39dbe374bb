/** DeleteObject and DeleteObjects. */
import { type Answer, type Exchange, header } from '../exchange.ts';
import { announcedChecksum } from './announcement.ts';
import { xmlAnswer } from './answers.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import { versionHeaders } from './headers.ts';
import { isLocked, wantsBypass } from './lock.ts';
import { isKey } from './names.ts';
import { deletePrecondition } from './preconditions.ts';
import { preconditionFailed, type Target } from './read-failure.ts';
import { readVerifiedBody } from './staging.ts';
import { type DeleteOutcome, removeObject } from './store.ts';
import { element, type XmlChild } from './xml.ts';
import { childrenOf, parseXml, textAt, type XmlNode } from './xml-reader.ts';

/** S3: "The request can contain a list of up to 1,000 keys". */
const MAX_DELETES = 1000;
/** 1,000 keys of 1,024 bytes, some of them as references. Against: a body that fills the memory. */
const MAX_DELETE_BYTES = 4 * 1024 * 1024;

interface Deletion {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly ifMatch: string | undefined;
}

function remove(ground: Ground, exchange: Exchange, bucket: string, deletion: Deletion): DeleteOutcome {
  const bypass = wantsBypass(exchange);
  return removeObject(
    ground,
    { bucket, ...deletion },
    {
      mayRemove: (version) => !isLocked(version, bypass, ground.now()),
      isExpected: deletePrecondition(deletion.ifMatch),
    },
  );
}

/** DeleteObject. */
export function handleDelete(ground: Ground, exchange: Exchange, target: Target): Answer {
  const versionId = exchange.query.get('versionId') ?? undefined;
  const ifMatch = header(exchange, 'if-match');
  const outcome = remove(ground, exchange, target.bucket, { key: target.key, versionId, ifMatch });
  switch (outcome.kind) {
    case 'no-bucket':
      return s3Error('NoSuchBucket');
    case 'locked':
      return s3Error('AccessDenied');
    case 'failed':
      return preconditionFailed('If-Match');
    case 'deleted': {
      const { version } = outcome;
      const headers: Record<string, string> =
        version === undefined ? {} : versionHeaders(version, outcome.versioned);
      if (version !== undefined && version.file === undefined) headers['x-amz-delete-marker'] = 'true';
      return { status: 204, headers };
    }
  }
}

function readDeletion(node: XmlNode): Deletion | undefined {
  const key = textAt(node, 'Key') ?? '';
  const versionId = textAt(node, 'VersionId');
  const ifMatch = textAt(node, 'ETag');
  return isKey(key) ? { key, versionId, ifMatch } : undefined;
}

const REFUSALS = {
  locked: ['AccessDenied', 'Access Denied because object protected by object lock.'],
  failed: ['PreconditionFailed', 'At least one of the pre-conditions you specified did not hold'],
  'no-bucket': ['NoSuchBucket', 'The specified bucket does not exist'],
} as const;

function describeOutcome({ key, versionId }: Deletion, outcome: DeleteOutcome): XmlChild {
  const named = versionId === undefined ? [] : [element('VersionId', versionId)];
  if (outcome.kind !== 'deleted') {
    const [code, message] = REFUSALS[outcome.kind];
    return element('Error', [
      element('Key', key),
      ...named,
      element('Code', code),
      element('Message', message),
    ]);
  }
  const { version, versioned } = outcome;
  const isMarker = versioned && version !== undefined && version.file === undefined;
  const marker = isMarker
    ? [element('DeleteMarker', true), element('DeleteMarkerVersionId', version.versionId)]
    : [];
  return element('Deleted', [element('Key', key), ...named, ...marker]);
}

/** DeleteObjects: each key on its own, one refusal does not stop the others. */
export async function handleDeleteObjects(
  ground: Ground,
  exchange: Exchange,
  bucket: string,
): Promise<Answer> {
  const checksum = announcedChecksum(exchange);
  if (
    header(exchange, 'content-md5') === undefined &&
    checksum !== 'invalid' &&
    checksum.algorithm === undefined
  )
    return s3Error('InvalidRequest', { message: 'Missing required header for this request: Content-MD5' });
  const body = await readVerifiedBody(exchange, MAX_DELETE_BYTES);
  if ('kind' in body) return s3Error(body.code, { message: body.message });
  if (!ground.buckets.has(bucket)) return s3Error('NoSuchBucket');
  const root = parseXml(body.bytes.toString());
  const deletions = (root?.name === 'Delete' ? childrenOf(root, 'Object') : []).map(readDeletion);
  if (deletions.length === 0 || deletions.length > MAX_DELETES) return s3Error('MalformedXML');
  const isQuiet = textAt(root, 'Quiet') === 'true';
  const results: XmlChild[] = [];
  for (const deletion of deletions) {
    if (deletion === undefined) return s3Error('MalformedXML');
    const outcome = remove(ground, exchange, bucket, deletion);
    if (!isQuiet || outcome.kind !== 'deleted') results.push(describeOutcome(deletion, outcome));
  }
  return xmlAnswer('DeleteResult', results);
}
