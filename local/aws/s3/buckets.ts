/** The operations on buckets: create, head, delete, list, location, versioning. */
import { type Answer, type Exchange, header } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { handleConfiguration } from './configuration.ts';
import { CONFIGURATION_KINDS } from './configuration-kinds.ts';
import { handleDeleteObjects } from './delete.ts';
import { s3Error } from './errors.ts';
import { type Bucket, createBucket, deleteBucket, type Ground, setVersioning } from './ground.ts';
import { handleList, handleListUploads, handleListVersions, ownerOf } from './lists.ts';
import { readVerifiedBody } from './staging.ts';
import { element } from './xml.ts';
import { parseXml, textAt } from './xml-reader.ts';

/** The bodies of these requests are a few lines of XML. */
const MAX_BODY_BYTES = 16 * 1024;
/** S3 leaves the location of its first region empty. */
const FIRST_REGION = 'us-east-1';
const REGION = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;

export function handleListBuckets(ground: Ground, exchange: Exchange): Answer {
  const prefix = exchange.query.get('prefix') ?? '';
  const buckets = [...ground.buckets.values()]
    .filter((bucket) => bucket.name.startsWith(prefix))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const items = buckets.map((bucket) =>
    element('Bucket', [
      element('Name', bucket.name),
      element('CreationDate', new Date(bucket.createdMs).toISOString()),
      element('BucketRegion', bucket.region),
    ]),
  );
  return xmlAnswer('ListAllMyBucketsResult', [ownerOf(ground), element('Buckets', items)]);
}

/**
 * Whose the new bucket is. Credentials are not checked, so an access key that is an account number speaks for that
 * account: that is how a test gets a bucket of somebody else.
 */
function callerAccount(exchange: Exchange): string | undefined {
  return /Credential=(\d{12})\//.exec(exchange.headers.authorization ?? '')?.[1];
}

async function handleCreate(ground: Ground, exchange: Exchange, name: string): Promise<Answer> {
  const objectLock = header(exchange, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  const body = await readVerifiedBody(exchange, MAX_BODY_BYTES);
  if ('kind' in body) return s3Error(body.code, { message: body.message });
  const root = body.bytes.length === 0 ? undefined : parseXml(body.bytes.toString());
  const region = textAt(root, 'LocationConstraint');
  if ((body.bytes.length > 0 && root === undefined) || (region !== undefined && !REGION.test(region)))
    return s3Error('MalformedXML');
  const account = callerAccount(exchange);
  const place = {
    ...(region === undefined ? {} : { region }),
    ...(account === undefined ? {} : { account }),
  };
  switch (createBucket(ground, name, { objectLock, ...place })) {
    case 'bad-name':
      return s3Error('InvalidBucketName');
    case 'exists':
      return s3Error('BucketAlreadyOwnedByYou');
    case 'created':
      return { status: 200, headers: { location: `/${name}` } };
  }
}

async function handlePutVersioning(ground: Ground, exchange: Exchange, name: string): Promise<Answer> {
  const body = await readVerifiedBody(exchange, MAX_BODY_BYTES);
  if ('kind' in body) return s3Error(body.code, { message: body.message });
  const root = parseXml(body.bytes.toString());
  const status = root?.name === 'VersioningConfiguration' ? textAt(root, 'Status') : undefined;
  if (status !== 'Enabled' && status !== 'Suspended') return s3Error('MalformedXML');
  const outcome = setVersioning(ground, name, status);
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

function handleGetBucket(ground: Ground, exchange: Exchange, bucket: Bucket): Answer {
  const { query } = exchange;
  if (query.has('location'))
    return xmlAnswer('LocationConstraint', bucket.region === FIRST_REGION ? '' : bucket.region);
  if (query.has('versioning')) {
    const status = bucket.versioning === undefined ? [] : [element('Status', bucket.versioning)];
    return xmlAnswer('VersioningConfiguration', status);
  }
  if (query.has('uploads')) return handleListUploads(ground, exchange, bucket);
  return query.has('versions') ? handleListVersions(exchange, bucket) : handleList(exchange, bucket);
}

export async function handleBucket(ground: Ground, exchange: Exchange, name: string): Promise<Answer> {
  const bucket = ground.buckets.get(name);
  const kind = CONFIGURATION_KINDS.find((each) => exchange.query.has(each));
  const isVersioning = exchange.query.has('versioning');
  if (exchange.method === 'PUT' && kind === undefined && !isVersioning)
    return handleCreate(ground, exchange, name);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  if (kind !== undefined) return handleConfiguration(ground, exchange, name, kind);
  switch (exchange.method) {
    case 'PUT':
      return handlePutVersioning(ground, exchange, name);
    case 'HEAD':
      return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } };
    case 'GET':
      return handleGetBucket(ground, exchange, bucket);
    case 'POST':
      return exchange.query.has('delete')
        ? handleDeleteObjects(ground, exchange, name)
        : s3Error('MethodNotAllowed');
    case 'DELETE':
      return handleDeleteBucket(ground, name);
    default:
      return s3Error('MethodNotAllowed');
  }
}
