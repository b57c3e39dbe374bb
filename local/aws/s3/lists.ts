/** ListObjectsV2 (and its first version), ListObjectVersions, ListMultipartUploads and ListParts. */
import type { Answer, Exchange } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { s3Error } from './errors.ts';
import type { Bucket, Ground } from './ground.ts';
import { type Listing, type ListOptions, listPage, MAX_KEYS, type Row } from './listing.ts';
import { findUpload } from './multipart.ts';
import type { Target } from './read-failure.ts';
import type { Upload } from './uploads.ts';
import type { ObjectVersion } from './version.ts';
import { element, type XmlChild } from './xml.ts';

interface Page extends ListOptions {
  /** With `encoding-type=url` keys are percent-encoded, so that XML can carry any of them. */
  readonly encode: (text: string) => string;
}

/** As S3 does it: slashes stay, so that the keys stay readable. */
function encodeKey(text: string): string {
  const encode = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, encode)
    .replaceAll('%2F', '/');
}

function readCount(query: URLSearchParams, name: string): number | Answer {
  const text = query.get(name) ?? String(MAX_KEYS);
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_KEYS);
  return s3Error('InvalidArgument', { message: `Provided ${name} not an integer or within integer range` });
}

interface Markers {
  readonly count: string;
  readonly after: string;
  readonly afterId?: string;
}

function readPage(query: URLSearchParams, markers: Markers): Page | Answer {
  const maxKeys = readCount(query, markers.count);
  if (typeof maxKeys !== 'number') return maxKeys;
  const encoding = query.get('encoding-type');
  if (encoding !== null && encoding !== 'url')
    return s3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request' });
  const token = query.get('continuation-token');
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: token === null ? (query.get(markers.after) ?? '') : Buffer.from(token, 'base64url').toString(),
    afterId: markers.afterId === undefined ? undefined : (query.get(markers.afterId) ?? undefined),
    maxKeys,
    encode: encoding === 'url' ? encodeKey : (text) => text,
  };
}

function versionElements(version: ObjectVersion): readonly XmlChild[] {
  const { checksum } = version;
  return [
    element('ETag', `"${version.etag}"`),
    ...(checksum === undefined
      ? []
      : [
          element('ChecksumAlgorithm', checksum.algorithm.toUpperCase()),
          element('ChecksumType', checksum.composite === true ? 'COMPOSITE' : 'FULL_OBJECT'),
        ]),
    element('Size', version.bytes),
    element('StorageClass', version.headers['x-amz-storage-class'] ?? 'STANDARD'),
  ];
}

function modified(atMs: number): XmlChild {
  return element('LastModified', new Date(atMs).toISOString());
}

function commonElements(page: Page, listing: Listing<Row>, count: string): XmlChild[] {
  return [
    element('Prefix', page.encode(page.prefix)),
    ...(page.delimiter === '' ? [] : [element('Delimiter', page.encode(page.delimiter))]),
    element(count, page.maxKeys),
    ...(page.encode === encodeKey ? [element('EncodingType', 'url')] : []),
    element('IsTruncated', listing.next !== undefined),
    ...listing.commonPrefixes.map((prefix) =>
      element('CommonPrefixes', [element('Prefix', page.encode(prefix))]),
    ),
  ];
}

interface VersionRow extends Row {
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

function* versionRows(bucket: Bucket): Iterable<VersionRow> {
  for (const { key, versions } of bucket.index.entries())
    for (const [index, version] of versions.entries())
      yield { key, id: version.versionId, version, isLatest: index === 0 };
}

/** The newest version of every key, unless that is a delete marker. */
function* objectRows(bucket: Bucket): Iterable<VersionRow> {
  for (const { key, versions } of bucket.index.entries()) {
    const version = versions[0];
    if (version?.file !== undefined) yield { key, id: version.versionId, version, isLatest: true };
  }
}

/** ListObjectsV2; also answers to the first version of the call, whose result has the same items. */
export function handleList(exchange: Exchange, bucket: Bucket): Answer {
  const { query } = exchange;
  const isSecond = query.get('list-type') === '2';
  const page = readPage(query, { count: 'max-keys', after: isSecond ? 'start-after' : 'marker' });
  if ('status' in page) return page;
  const listing = listPage(objectRows(bucket), page);
  const owner = isSecond && query.get('fetch-owner') !== 'true' ? [] : [ownerOf(bucket)];
  const items = listing.rows.map(({ key, version }) =>
    element('Contents', [
      element('Key', page.encode(key)),
      modified(version.modifiedMs),
      ...versionElements(version),
      ...owner,
    ]),
  );
  const content = [element('Name', bucket.name), ...commonElements(page, listing, 'MaxKeys')];
  const { next } = listing;
  if (!isSecond) {
    content.push(element('Marker', page.encode(query.get('marker') ?? '')));
    if (next !== undefined) content.push(element('NextMarker', page.encode(next.key)));
    return xmlAnswer('ListBucketResult', [...content, ...items]);
  }
  content.push(element('KeyCount', listing.rows.length + listing.commonPrefixes.length));
  const startAfter = query.get('start-after');
  if (startAfter !== null) content.push(element('StartAfter', page.encode(startAfter)));
  const token = query.get('continuation-token');
  if (token !== null) content.push(element('ContinuationToken', token));
  if (next !== undefined)
    content.push(element('NextContinuationToken', Buffer.from(next.key).toString('base64url')));
  return xmlAnswer('ListBucketResult', [...content, ...items]);
}

/** S3 names an owner by a number of its own; the account stands in for it. */
export function ownerOf(bucket: Pick<Bucket, 'account'>, name = 'Owner'): XmlChild {
  return element(name, [element('ID', bucket.account)]);
}

/** ListObjectVersions. */
export function handleListVersions(exchange: Exchange, bucket: Bucket): Answer {
  const page = readPage(exchange.query, {
    count: 'max-keys',
    after: 'key-marker',
    afterId: 'version-id-marker',
  });
  if ('status' in page) return page;
  const listing = listPage(versionRows(bucket), page);
  const items = listing.rows.map(({ key, version, isLatest }) =>
    element(version.file === undefined ? 'DeleteMarker' : 'Version', [
      element('Key', page.encode(key)),
      element('VersionId', version.versionId),
      element('IsLatest', isLatest),
      modified(version.modifiedMs),
      ...(version.file === undefined ? [] : versionElements(version)),
      ownerOf(bucket),
    ]),
  );
  const content = [
    element('Name', bucket.name),
    element('KeyMarker', page.encode(page.after)),
    element('VersionIdMarker', page.afterId ?? ''),
    ...commonElements(page, listing, 'MaxKeys'),
  ];
  if (listing.next !== undefined) {
    content.push(element('NextKeyMarker', page.encode(listing.next.key)));
    if (listing.next.id !== undefined) content.push(element('NextVersionIdMarker', listing.next.id));
  }
  return xmlAnswer('ListVersionsResult', [...content, ...items]);
}

/** ListMultipartUploads. */
export function handleListUploads(ground: Ground, exchange: Exchange, bucket: Bucket): Answer {
  const page = readPage(exchange.query, {
    count: 'max-uploads',
    after: 'key-marker',
    afterId: 'upload-id-marker',
  });
  if ('status' in page) return page;
  const mine = [...ground.uploads.values()].filter((upload) => upload.bucket === bucket.name);
  const listing = listPage<Upload>(mine, page);
  const items = listing.rows.map((upload) =>
    element('Upload', [
      element('Key', page.encode(upload.key)),
      element('UploadId', upload.id),
      ownerOf(bucket),
      element('StorageClass', upload.headers['x-amz-storage-class'] ?? 'STANDARD'),
      element('Initiated', new Date(upload.startedMs).toISOString()),
    ]),
  );
  const content = [
    element('Bucket', bucket.name),
    element('KeyMarker', page.encode(page.after)),
    element('UploadIdMarker', page.afterId ?? ''),
    ...commonElements(page, listing, 'MaxUploads'),
  ];
  if (listing.next !== undefined) {
    content.push(element('NextKeyMarker', page.encode(listing.next.key)));
    if (listing.next.id !== undefined) content.push(element('NextUploadIdMarker', listing.next.id));
  }
  return xmlAnswer('ListMultipartUploadsResult', [...content, ...items]);
}

/** ListParts. */
export function handleListParts(ground: Ground, exchange: Exchange, target: Target): Answer {
  const upload = findUpload(ground, exchange, target);
  if (upload === undefined) return s3Error('NoSuchUpload');
  const count = readCount(exchange.query, 'max-parts');
  if (typeof count !== 'number') return count;
  const marker = Number(exchange.query.get('part-number-marker') ?? 0);
  const rest = [...upload.parts.values()]
    .filter((part) => part.number > marker)
    .sort((a, b) => a.number - b.number);
  const parts = rest.slice(0, count);
  const items = parts.map((part) =>
    element('Part', [
      element('PartNumber', part.number),
      modified(part.modifiedMs),
      element('ETag', `"${part.etag}"`),
      element('Size', part.bytes),
      ...(part.checksum === undefined
        ? []
        : [element(`Checksum${part.checksum.algorithm.toUpperCase()}`, part.checksum.value)]),
    ]),
  );
  return xmlAnswer('ListPartsResult', [
    element('Bucket', target.bucket),
    element('Key', target.key),
    element('UploadId', upload.id),
    element('PartNumberMarker', Number.isNaN(marker) ? 0 : marker),
    ...(parts.length < rest.length ? [element('NextPartNumberMarker', parts.at(-1)?.number ?? 0)] : []),
    element('MaxParts', count),
    element('IsTruncated', parts.length < rest.length),
    ...items,
  ]);
}
