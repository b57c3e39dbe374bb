/**
 * Amazon S3 on one machine, as far as Mailroom uses it: path-style addresses, put, get, head, delete, list; versions;
 * conditional writes; checksums; Object Lock. Credentials are not checked. What is not implemented says so (501)
 * instead of doing something else.
 */
import { type Answer, decodePathPiece, type Exchange } from '../exchange.ts';
import { handleBucket, handleListBuckets } from './buckets.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import { isKey, MAX_KEY_BYTES } from './names.ts';
import { handleDelete, handlePut, handleRead } from './objects.ts';
import { element } from './xml.ts';

/** Query names that turn a request into another operation (Amazon S3 API Reference); those that are not implemented. */
const OTHER_OPERATIONS = new Set([
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
  'logging',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
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
  'website',
]);

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

async function handleObject(ground: Ground, exchange: Exchange, address: Address): Promise<Answer> {
  switch (exchange.method) {
    case 'PUT':
      return handlePut(ground, exchange, address);
    case 'GET':
    case 'HEAD':
      return handleRead(ground, exchange, address);
    case 'DELETE':
      return handleDelete(ground, exchange, address);
    default:
      return s3Error('MethodNotAllowed');
  }
}

/** Answers one S3 request. Rejects only when the disk fails or the client goes away. */
export async function handleS3(ground: Ground, exchange: Exchange): Promise<Answer> {
  const other = [...exchange.query.keys()].find((name) => OTHER_OPERATIONS.has(name));
  if (other !== undefined)
    return s3Error('NotImplemented', {
      message: 'The stand-in does not implement this operation.',
      elements: [element('Header', other)],
    });
  const address = readAddress(exchange.rawPath);
  if (address === 'malformed') return s3Error('InvalidURI');
  if (address.bucket === '')
    return exchange.method === 'GET' ? handleListBuckets(ground) : s3Error('MethodNotAllowed');
  if (address.key === '') return handleBucket(ground, exchange, address.bucket);
  if (!isKey(address.key))
    return s3Error('KeyTooLongError', { elements: [element('MaxSizeAllowed', MAX_KEY_BYTES)] });
  return handleObject(ground, exchange, address);
}
