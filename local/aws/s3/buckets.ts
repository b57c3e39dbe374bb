/** The operations on buckets: create, head, delete, list, versioning, and the two listings of what is inside. */
import { type Answer, type Exchange, header, readBody } from '../exchange.ts';
import { s3Error } from './errors.ts';
import { type Bucket, createBucket, deleteBucket, type Ground, setVersioning } from './ground.ts';
import type { Entry } from './index-file.ts';
import { type ListOptions, listObjects, MAX_KEYS } from './listing.ts';
import type { ObjectVersion } from './version.ts';
import { document, element, type XmlChild } from './xml.ts';

/** The bodies of these requests are a few lines of XML. */
const MAX_CONFIGURATION_BYTES = 16 * 1024;

function xmlAnswer(name: string, content: readonly XmlChild[]): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: document(name, content) };
}

export function handleListBuckets(ground: Ground): Answer {
  const buckets = [...ground.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const items = buckets.map((bucket) =>
    element('Bucket', [
      element('Name', bucket.name),
      element('CreationDate', new Date(bucket.createdMs).toISOString()),
    ]),
  );
  return xmlAnswer('ListAllMyBucketsResult', [element('Buckets', items)]);
}

function handleCreate(ground: Ground, exchange: Exchange, name: string): Answer {
  const objectLock = header(exchange, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  switch (createBucket(ground, name, { objectLock })) {
    case 'bad-name':
      return s3Error('InvalidBucketName');
    case 'exists':
      return s3Error('BucketAlreadyOwnedByYou');
    case 'created':
      return { status: 200, headers: { location: `/${name}` } };
  }
}

async function handlePutVersioning(ground: Ground, exchange: Exchange, name: string): Promise<Answer> {
  const body = await readBody(exchange.body, MAX_CONFIGURATION_BYTES);
  const status = body === 'too-large' ? null : /<Status>(Enabled|Suspended)<\/Status>/.exec(body.toString());
  if (status === null) return s3Error('MalformedXML');
  const outcome = setVersioning(ground, name, status[1] === 'Enabled' ? 'Enabled' : 'Suspended');
  if (outcome === 'locked')
    return s3Error('InvalidBucketState', {
      message:
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    });
  return outcome === 'set' ? { status: 200, headers: {} } : s3Error('NoSuchBucket');
}

function handleDeleteBucket(ground: Ground, name: string): Answer {
  const outcome = deleteBucket(ground, name);
  if (outcome === 'not-empty') return s3Error('BucketNotEmpty');
  return outcome === 'deleted' ? { status: 204, headers: {} } : s3Error('NoSuchBucket');
}

interface Page extends ListOptions {
  /** With `encoding-type=url` keys are percent-encoded, so that XML can carry any of them. */
  readonly encode: (text: string) => string;
}

function readPage(query: URLSearchParams, afterName: string): Page | Answer {
  const maxKeys = query.get('max-keys') ?? String(MAX_KEYS);
  if (!/^\d{1,9}$/.test(maxKeys))
    return s3Error('InvalidArgument', {
      message: 'Provided max-keys not an integer or within integer range',
    });
  const token = query.get('continuation-token');
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: token === null ? (query.get(afterName) ?? '') : Buffer.from(token, 'base64url').toString(),
    maxKeys: Math.min(Number(maxKeys), MAX_KEYS),
    encode,
  };
}

function versionElements(version: ObjectVersion): readonly XmlChild[] {
  return [
    element('LastModified', new Date(version.modifiedMs).toISOString()),
    element('ETag', `"${version.etag}"`),
    element('Size', version.bytes),
    element('StorageClass', version.headers['x-amz-storage-class'] ?? 'STANDARD'),
  ];
}

function commonElements(
  bucket: Bucket,
  page: Page,
  prefixes: readonly string[],
  truncated: boolean,
): XmlChild[] {
  return [
    element('Name', bucket.name),
    element('Prefix', page.encode(page.prefix)),
    ...(page.delimiter === '' ? [] : [element('Delimiter', page.encode(page.delimiter))]),
    element('MaxKeys', page.maxKeys),
    ...(page.encode === encodeURIComponent ? [element('EncodingType', 'url')] : []),
    element('IsTruncated', truncated),
    ...prefixes.map((prefix) => element('CommonPrefixes', [element('Prefix', page.encode(prefix))])),
  ];
}

/** ListObjectsV2; also answers to the first version of the call, whose result has the same items. */
function handleList(exchange: Exchange, bucket: Bucket): Answer {
  const { query } = exchange;
  const second = query.get('list-type') === '2';
  const page = readPage(query, second ? 'start-after' : 'marker');
  if ('status' in page) return page;
  const hasObject = (entry: Entry): boolean => entry.versions[0]?.file !== undefined;
  const listing = listObjects(bucket.index, page, hasObject);
  const items = listing.objects.flatMap((entry) => {
    const version = entry.versions[0];
    if (version === undefined) return [];
    return [element('Contents', [element('Key', page.encode(entry.key)), ...versionElements(version)])];
  });
  const content = commonElements(bucket, page, listing.commonPrefixes, listing.next !== undefined);
  if (second) content.push(element('KeyCount', listing.objects.length + listing.commonPrefixes.length));
  if (listing.next !== undefined)
    content.push(
      second
        ? element('NextContinuationToken', Buffer.from(listing.next).toString('base64url'))
        : element('NextMarker', page.encode(listing.next)),
    );
  return xmlAnswer('ListBucketResult', [...content, ...items]);
}

/** ListObjectVersions; the versions of one key are never split over two pages. */
function handleListVersions(exchange: Exchange, bucket: Bucket): Answer {
  const page = readPage(exchange.query, 'key-marker');
  if ('status' in page) return page;
  const listing = listObjects(bucket.index, page, () => true);
  const items = listing.objects.flatMap((entry) =>
    entry.versions.map((version, index) => {
      const name = version.file === undefined ? 'DeleteMarker' : 'Version';
      const [modified, ...rest] = versionElements(version);
      return element(name, [
        element('Key', page.encode(entry.key)),
        element('VersionId', version.versionId),
        element('IsLatest', index === 0),
        ...(modified === undefined ? [] : [modified]),
        ...(version.file === undefined ? [] : rest),
      ]);
    }),
  );
  const content = commonElements(bucket, page, listing.commonPrefixes, listing.next !== undefined);
  if (listing.next !== undefined) content.push(element('NextKeyMarker', page.encode(listing.next)));
  return xmlAnswer('ListVersionsResult', [...content, ...items]);
}

function handleGetBucket(exchange: Exchange, bucket: Bucket): Answer {
  const { query } = exchange;
  if (query.has('location')) return xmlAnswer('LocationConstraint', []);
  if (query.has('versioning')) {
    const status = bucket.versioning === undefined ? [] : [element('Status', bucket.versioning)];
    return xmlAnswer('VersioningConfiguration', status);
  }
  return query.has('versions') ? handleListVersions(exchange, bucket) : handleList(exchange, bucket);
}

export async function handleBucket(ground: Ground, exchange: Exchange, name: string): Promise<Answer> {
  const bucket = ground.buckets.get(name);
  if (exchange.method === 'PUT' && !exchange.query.has('versioning'))
    return handleCreate(ground, exchange, name);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  switch (exchange.method) {
    case 'PUT':
      return handlePutVersioning(ground, exchange, name);
    case 'HEAD':
      return { status: 200, headers: {} };
    case 'GET':
      return handleGetBucket(exchange, bucket);
    case 'DELETE':
      return handleDeleteBucket(ground, name);
    default:
      return s3Error('MethodNotAllowed');
  }
}
