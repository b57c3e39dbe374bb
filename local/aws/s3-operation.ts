/** Which operation of S3 a request is, by its method, its address and its query, and the right that it needs. */
import type { Exchange } from './exchange.ts';

export interface S3Operation {
  /** As the API Reference names it; `Other` for what is not in the table. */
  readonly name: string;
  /** Service Authorization Reference, "Actions defined by Amazon S3"; without `s3:`. */
  readonly right: string;
  /** What the right is about: the object, its bucket, or no bucket at all. */
  readonly about: 'object' | 'bucket' | 'service';
}

type Table = Readonly<Record<string, string>>;

/** `METHOD query`; without a query name, the plain operation. */
const ON_OBJECT: Table = {
  'GET ': 'GetObject',
  'GET tagging': 'GetObjectTagging',
  'GET retention': 'GetObjectRetention',
  'GET legal-hold': 'GetObjectLegalHold',
  'GET attributes': 'GetObjectAttributes',
  'GET uploadId': 'ListParts',
  'HEAD ': 'HeadObject',
  'PUT ': 'PutObject',
  'PUT tagging': 'PutObjectTagging',
  'PUT retention': 'PutObjectRetention',
  'PUT legal-hold': 'PutObjectLegalHold',
  'PUT uploadId': 'UploadPart',
  'POST uploads': 'CreateMultipartUpload',
  'POST uploadId': 'CompleteMultipartUpload',
  'DELETE ': 'DeleteObject',
  'DELETE tagging': 'DeleteObjectTagging',
  'DELETE uploadId': 'AbortMultipartUpload',
};

const ON_BUCKET: Table = {
  'GET ': 'ListObjects',
  'GET list-type': 'ListObjectsV2',
  'GET versions': 'ListObjectVersions',
  'GET uploads': 'ListMultipartUploads',
  'GET location': 'GetBucketLocation',
  'GET policy': 'GetBucketPolicy',
  'GET versioning': 'GetBucketVersioning',
  'GET encryption': 'GetBucketEncryption',
  'GET lifecycle': 'GetBucketLifecycleConfiguration',
  'GET publicAccessBlock': 'GetPublicAccessBlock',
  'GET object-lock': 'GetObjectLockConfiguration',
  'HEAD ': 'HeadBucket',
  'PUT ': 'CreateBucket',
  'PUT policy': 'PutBucketPolicy',
  'PUT versioning': 'PutBucketVersioning',
  'PUT encryption': 'PutBucketEncryption',
  'PUT lifecycle': 'PutBucketLifecycleConfiguration',
  'PUT publicAccessBlock': 'PutPublicAccessBlock',
  'PUT object-lock': 'PutObjectLockConfiguration',
  'POST delete': 'DeleteObjects',
  'DELETE ': 'DeleteBucket',
  'DELETE policy': 'DeleteBucketPolicy',
};

/** All that can be told apart. */
export const S3_OPERATIONS: readonly string[] = [
  ...new Set([...Object.values(ON_OBJECT), 'CopyObject', ...Object.values(ON_BUCKET), 'ListBuckets']),
];

/** Where the right has another name than the operation. */
const RIGHTS: Table = {
  HeadObject: 'GetObject',
  CopyObject: 'PutObject',
  UploadPart: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListParts: 'ListMultipartUploadParts',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  HeadBucket: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  DeleteObjects: 'DeleteObject',
  ListBuckets: 'ListAllMyBuckets',
};

/** The service has a right of its own for reading or deleting a version that is named. */
const OF_VERSION = new Set(['GetObject', 'DeleteObject', 'GetObjectTagging', 'GetObjectAttributes']);

function named(table: Table, exchange: Exchange): string | undefined {
  for (const name of exchange.query.keys()) {
    const found = table[`${exchange.method} ${name}`];
    if (found !== undefined) return found;
  }
  return table[`${exchange.method} `];
}

/** @param key empty for the bucket itself, and both for the service. */
export function s3Operation(exchange: Exchange, bucket: string, key: string): S3Operation {
  if (bucket === '') return { name: 'ListBuckets', right: 'ListAllMyBuckets', about: 'service' };
  const about = key === '' ? 'bucket' : 'object';
  const found = named(about === 'bucket' ? ON_BUCKET : ON_OBJECT, exchange) ?? 'Other';
  const copies = found === 'PutObject' && exchange.headers['x-amz-copy-source'] !== undefined;
  const name = copies ? 'CopyObject' : found;
  const right = RIGHTS[name] ?? name;
  const versioned = about === 'object' && exchange.query.has('versionId') && OF_VERSION.has(right);
  // `GetObjectVersion`, but `GetObjectVersionTagging`.
  return { name, right: versioned ? right.replace('Object', 'ObjectVersion') : right, about };
}
