/**
 * Amazon S3 on one machine, as far as Mailroom uses it: path-style addresses; objects, versions, tags; conditional
 * writes; checksums; multipart uploads; copies; Object Lock; presigned requests; the configuration of buckets.
 * Credentials are not checked. What is not implemented says so (501) instead of doing something else.
 */
import { type Answer, decodePathPiece, type Exchange, header } from '../exchange.ts';
import { handleBucket, handleListBuckets } from './buckets.ts';
import { handleComplete } from './complete.ts';
import { CONFIGURATION_KINDS } from './configuration-kinds.ts';
import { handleCopy } from './copy.ts';
import { handleDelete } from './delete.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import { handleListParts } from './lists.ts';
import { handleAbort, handleCreateUpload, handlePart } from './multipart.ts';
import { isKey, MAX_KEY_BYTES } from './names.ts';
import { handlePut, handleRead } from './objects.ts';
import { presignedProblem } from './presigned.ts';
import { handleLock } from './retention.ts';
import { handleTagging } from './tags.ts';
import { element } from './xml.ts';

/** Query names that turn a request into another operation (Amazon S3 API Reference). */
const OPERATIONS = [
  'accelerate',
  'acl',
  'analytics',
  'append',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
];

const OF_BUCKETS = new Set<string>([
  ...CONFIGURATION_KINDS,
  'delete',
  'location',
  'uploads',
  'versioning',
  'versions',
]);
const OF_OBJECTS = new Set(['legal-hold', 'retention', 'tagging', 'uploadId', 'uploads']);

interface Address {
  readonly bucket: string;
  readonly key: string;
}

/** `/bucket/key`; both may be empty. The key is whatever follows the bucket's slash, decoded once. */
function readAddress(rawPath: string): Address | 'malformed' {
  const slash = rawPath.indexOf('/', 1);
  const bucket = decodePathPiece(slash === -1 ? rawPath.slice(1) : rawPath.slice(1, slash));
  const key = decodePathPiece(slash === -1 ? '' : rawPath.slice(slash + 1));
  return bucket === undefined || key === undefined ? 'malformed' : { bucket, key };
}

function handleUpload(ground: Ground, exchange: Exchange, address: Address): Promise<Answer> | Answer {
  switch (exchange.method) {
    case 'PUT':
      return handlePart(ground, exchange, address);
    case 'GET':
      return handleListParts(ground, exchange, address);
    case 'POST':
      return handleComplete(ground, exchange, address);
    case 'DELETE':
      return handleAbort(ground, exchange, address);
    default:
      return s3Error('MethodNotAllowed');
  }
}

function handleObject(ground: Ground, exchange: Exchange, address: Address): Promise<Answer> | Answer {
  const { method, query } = exchange;
  if (query.has('uploadId')) return handleUpload(ground, exchange, address);
  if (query.has('tagging')) return handleTagging(ground, exchange, address);
  if (query.has('retention')) return handleLock(ground, exchange, address, 'retention');
  if (query.has('legal-hold')) return handleLock(ground, exchange, address, 'legal-hold');
  if (query.has('uploads'))
    return method === 'POST' ? handleCreateUpload(ground, exchange, address) : s3Error('MethodNotAllowed');
  switch (method) {
    case 'PUT':
      return exchange.headers['x-amz-copy-source'] === undefined
        ? handlePut(ground, exchange, address)
        : handleCopy(ground, exchange, address);
    case 'GET':
    case 'HEAD':
      return handleRead(ground, exchange, address);
    case 'DELETE':
      return handleDelete(ground, exchange, address);
    default:
      return s3Error('MethodNotAllowed');
  }
}

/** Who says whose the buckets are has to be right (Amazon S3 User Guide, "Verifying bucket ownership"). */
function isUnexpectedOwner(ground: Ground, exchange: Exchange, address: Address): boolean {
  const isOther = (name: string | undefined, expected: string | undefined): boolean => {
    const bucket = name === undefined ? undefined : ground.buckets.get(name);
    return expected !== undefined && bucket !== undefined && bucket.account !== expected;
  };
  const source = decodePathPiece(header(exchange, 'x-amz-copy-source') ?? '')
    ?.replace(/^\//, '')
    .split('/')[0];
  return (
    isOther(address.bucket, header(exchange, 'x-amz-expected-bucket-owner')) ||
    isOther(source, header(exchange, 'x-amz-source-expected-bucket-owner'))
  );
}

/** Answers one S3 request. Rejects only when the disk fails or the client goes away. */
export async function handleS3(ground: Ground, exchange: Exchange): Promise<Answer> {
  const problem = presignedProblem(exchange, ground.now());
  if (problem !== undefined) return problem;
  const address = readAddress(exchange.rawPath);
  if (address === 'malformed') return s3Error('InvalidURI');
  const known = address.key === '' ? OF_BUCKETS : OF_OBJECTS;
  const other = OPERATIONS.find((name) => exchange.query.has(name) && !known.has(name));
  if (other !== undefined)
    return s3Error('NotImplemented', {
      message: 'The stand-in does not implement this operation.',
      elements: [element('Header', other)],
    });
  if (isUnexpectedOwner(ground, exchange, address))
    return s3Error('AccessDenied', { message: 'Access Denied' });
  if (address.bucket === '')
    return exchange.method === 'GET' ? handleListBuckets(ground, exchange) : s3Error('MethodNotAllowed');
  if (address.key === '') return handleBucket(ground, exchange, address.bucket);
  if (!isKey(address.key))
    return s3Error('KeyTooLongError', { elements: [element('MaxSizeAllowed', MAX_KEY_BYTES)] });
  return handleObject(ground, exchange, address);
}
