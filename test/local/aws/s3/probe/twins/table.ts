/** For every case a server that breaks just that promise; the case has to notice. */
import {
  always,
  believesChecksumOf,
  complete,
  deleteObject,
  errorAnswer,
  getObject,
  ignores,
  ignoresQuery,
  keepsSilent,
  mistakes,
  on,
  pretends,
  putObject,
  rewritesAnswer,
  rewritesBody,
  rewritesUrl,
  says,
  secondTime,
  takes,
} from './breakages.ts';
import type { Breakage } from './proxy.ts';

const OK = { status: 200, headers: {}, body: Buffer.alloc(0) };
const COMPLETED = '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>';
const deleteVersion = on('DELETE', 'versionId=');
const listVersions = on('GET', /[?&]versions/);
const listObjects = on('GET', 'list-type=2');

/** Writes what a checksum speaks against. */
const believesChecksums = ignores(/^x-amz-checksum-/, /^x-amz-trailer$/, /^x-amz-sdk-checksum/);

export const TWINS: Readonly<Record<string, () => Breakage>> = {
  'bytes come back as they were put': rewritesAnswer(getObject, /^./s, '~'),
  'the ETag of a put is the MD5 of the bytes': says(putObject, { etag: '"0"' }),
  'a stream is stored without its aws-chunked framing': ignores(
    /^content-encoding$/,
    /^x-amz-content-sha256$/,
    /^x-amz-decoded-content-length$/,
    /^x-amz-trailer$/,
  ),
  'a stream whose chunks are of less than 8 KB is refused': ignores(
    /^content-encoding$/,
    /^x-amz-content-sha256$/,
    /^x-amz-decoded-content-length$/,
    /^x-amz-trailer$/,
  ),
  'an empty object is an object': says(on('HEAD'), { 'content-length': '1' }),
  'metadata and the description of the content come back, aws-chunked does not': says(on('HEAD'), {
    'content-encoding': 'gzip,aws-chunked',
  }),
  'metadata of more than 2 KB is refused': ignores(/^x-amz-meta-/),
  'a head says size and type': keepsSilent(on('HEAD'), /^content-type$/),
  'a key that is not there is NoSuchKey': mistakes(404, 200, ''),
  'a bucket that is not there is NoSuchBucket': rewritesAnswer(putObject, 'NoSuchBucket', 'NoSuchKey'),
  'keys of any characters are keys of their own': rewritesUrl(always, '%2B', '%20'),
  'a second put replaces the first': secondTime(putObject, OK),
  'a deleted object is gone': pretends(deleteObject, 204),
  'deleting what is not there is no error': pretends(deleteObject, 404),
  'encryption with a KMS key that was asked for is said back': keepsSilent(always, /^x-amz-server-side/),
  'an object of a bucket that says nothing is encrypted with AES256': keepsSilent(
    putObject,
    /^x-amz-server-side/,
  ),

  'ChecksumCRC32 is accepted when right, kept, and refused when wrong': believesChecksumOf('12345678'),
  'ChecksumCRC32C is accepted when right, kept, and refused when wrong': keepsSilent(
    getObject,
    /^x-amz-checksum-/,
  ),
  'ChecksumCRC64NVME is accepted when right, kept, and refused when wrong': believesChecksumOf('12345678'),
  'ChecksumSHA1 is accepted when right, kept, and refused when wrong': believesChecksumOf('12345678'),
  'ChecksumSHA256 is accepted when right, kept, and refused when wrong': believesChecksumOf('12345678'),
  'a wrong checksum in the trailer of a stream is refused': believesChecksums,
  'a stream whose bytes change on their way is refused': believesChecksums,
  'a stream that ends early is refused': mistakes(400, 200, ''),
  'a wrong Content-MD5 is refused': ignores(/^content-md5$/),

  'If-None-Match: * writes once': ignores(/^if-none-match$/),
  'of writers that race with If-None-Match: * one wins, every time': ignores(/^if-none-match$/),
  'If-Match writes over the version that it names only': ignores(/^if-match$/),
  'If-Match without an object is NoSuchKey': ignores(/^if-match$/),
  'of writers that race with If-Match one wins, every time': ignores(/^if-match$/),
  'behind a delete marker If-None-Match: * may write again': secondTime(
    putObject,
    errorAnswer(412, 'PreconditionFailed'),
  ),
  'a conditional write that a delete overtakes is a conflict': mistakes(409, 200, ''),
  'a conditional delete takes only what it names': ignores(/^if-match$/),
  'a read with If-Match of something else is refused': ignores(/^if-match$/),
  'a read with If-None-Match of what is there is not modified': ignores(/^if-none-match$/),
  'a read with If-Modified-Since of later is not modified': ignores(/^if-modified-since$/),
  'a read with If-Unmodified-Since of earlier is refused': ignores(/^if-unmodified-since$/),

  'a range from a byte to a byte': ignores(/^range$/),
  'a range to the end': ignores(/^range$/),
  'a range of the last bytes': ignores(/^range$/),
  'a range that reaches behind the end': says(getObject, { 'content-range': 'bytes 6-900/11' }),
  'a range of more last bytes than there are': mistakes(206, 200),
  'a range behind the end is refused': ignores(/^range$/),
  'several ranges, or none that can be read, give the whole': takes(getObject, { range: 'bytes=0-1' }),
  'a head of a range says the range': ignores(/^range$/),

  'every put has a version id of its own, and stays readable by it': keepsSilent(
    putObject,
    /^x-amz-version-id$/,
  ),
  'a version that is not there is NoSuchVersion': ignoresQuery(getObject, 'versionId'),
  'a delete puts a marker on top and hides the object': keepsSilent(deleteObject, /^x-amz-delete-marker$/),
  'the marker itself cannot be read': mistakes(405, 404),
  'deleting the marker brings the object back': pretends(deleteVersion, 204),
  'deleting a version leaves the others': pretends(deleteVersion, 204),
  'versions are listed newest first, with markers and which is the latest': rewritesAnswer(
    listVersions,
    /<IsLatest>true/g,
    '<IsLatest>false',
  ),
  'pages of versions hold each version once, also in the middle of a key': ignoresQuery(
    listVersions,
    'version-id-marker',
  ),
  'versioning is off, on and suspended as it was put': pretends(on('PUT', /[?&]versioning/)),
  'while suspended a put replaces the null version and no other': rewritesBody(
    on('PUT', /[?&]versioning/),
    'Suspended',
    'Enabled',
  ),

  'a version under COMPLIANCE cannot be deleted, not by bypass either': takes(always, {
    'x-amz-object-lock-mode': 'GOVERNANCE',
  }),
  'a version under GOVERNANCE is deleted by bypass only': takes(deleteObject, {
    'x-amz-bypass-governance-retention': 'true',
  }),
  'a locked object can be hidden by a marker and not be lost': ignores(/^x-amz-object-lock/),
  'a legal hold refuses the delete until it is off': ignores(/^x-amz-object-lock/),
  'a lock is said by head and by GetObjectRetention': keepsSilent(on('HEAD'), /^x-amz-object-lock/),
  'a retention becomes longer, and under COMPLIANCE never shorter': mistakes(403, 200, ''),
  'a retention under GOVERNANCE becomes shorter by bypass only': takes(on('PUT', 'retention'), {
    'x-amz-bypass-governance-retention': 'true',
  }),
  'the retention that a bucket gives by default locks new objects': pretends(on('PUT', 'object-lock')),
  'a lock needs a bucket that was made for it': ignores(/^x-amz-object-lock/),
  'a lock into the past is refused': takes(putObject, {
    'x-amz-object-lock-retain-until-date': '2999-01-01T00:00:00Z',
  }),
  'a bucket with Object Lock keeps versions for good': mistakes(409, 200, ''),
  'an object without a lock has no retention to tell': mistakes(404, 200, '<Retention></Retention>'),

  'parts become one object, with an ETag that counts them': rewritesBody(complete, /<Part>.*?<\/Part>/s, ''),
  'an upload is no object until it is completed': rewritesUrl(
    on('PUT', 'uploadId='),
    /\?.*/g,
    '?x-id=PutObject',
  ),
  'a part that is sent again replaces the one before': secondTime(on('PUT', 'partNumber='), {
    ...OK,
    headers: { etag: '"0"' },
  }),
  'parts out of order are refused': mistakes(400, 200, COMPLETED),
  'a small part that is not the last is refused': mistakes(400, 200, COMPLETED),
  'a part whose ETag is another one is refused': mistakes(400, 200, COMPLETED),
  'parts are listed, in pages': ignoresQuery(on('GET', 'uploadId='), 'part-number-marker'),
  'uploads under way are listed': rewritesAnswer(on('GET', 'uploads'), /<Upload>.*<\/Upload>/s, ''),
  'an aborted upload is gone': pretends(on('DELETE', 'uploadId='), 204),
  'an upload that is completed with If-None-Match: * replaces nothing': ignores(/^if-none-match$/),
  'completing again gives the same answer': secondTime(complete, errorAnswer(404, 'NoSuchUpload')),
  'a part with a wrong checksum is refused': believesChecksums,
  'a composite checksum is made of those of the parts': keepsSilent(getObject, /^x-amz-checksum-/),
  'an upload with composite checksums is not completed without them': mistakes(400, 200, COMPLETED),
  'a checksum of the whole is computed, and compared': believesChecksums,
  'one part of an object can be read': ignoresQuery(getObject, 'partNumber'),
  'a part can be copied from a range of an object': ignores(/^x-amz-copy-source-range$/),

  'a copy has the bytes, the description and the tags': takes(on('PUT', 'x-id=CopyObject'), {
    'x-amz-metadata-directive': 'REPLACE',
  }),
  'a copy with REPLACE has the description of the request': takes(on('PUT', 'x-id=CopyObject'), {
    'x-amz-meta-a': 'b',
  }),
  'a copy onto itself that changes nothing is refused': takes(always, {
    'x-amz-metadata-directive': 'REPLACE',
  }),
  'a copy whose source is not as it is named is refused': ignores(/^x-amz-copy-source-if-match$/),
  'a copy can be of an earlier version': () => ({
    ask: (asked) => {
      const source = asked.headers['x-amz-copy-source']?.split('?')[0];
      return source === undefined
        ? asked
        : { ...asked, headers: { ...asked.headers, 'x-amz-copy-source': source } };
    },
  }),
  'a copy of what is not there is NoSuchKey': mistakes(404, 200, '<CopyObjectResult></CopyObjectResult>'),
  'tags of a put come back, and their number': ignores(/^x-amz-tagging$/),
  'tags can be put later, and taken away': pretends(on('DELETE', 'tagging'), 204),
  'more than ten tags, or two of one name, are refused': ignores(/^x-amz-tagging$/),

  'keys are listed in the order of their bytes': rewritesAnswer(
    listObjects,
    /(<Contents>.*?<\/Contents>)(<Contents>.*?<\/Contents>)/s,
    '$2$1',
  ),
  'prefix and delimiter roll keys up': ignoresQuery(listObjects, 'delimiter'),
  'pages hold every key once': ignoresQuery(listObjects, 'continuation-token'),
  'a full page says that there is more': rewritesAnswer(
    listObjects,
    '<IsTruncated>true',
    '<IsTruncated>false',
  ),
  'a list starts behind a key': ignoresQuery(listObjects, 'start-after'),
  'keys that XML cannot carry are listed percent-encoded': ignoresQuery(listObjects, 'encoding-type'),
  'a batch deletes every key, and says so': rewritesBody(on('POST', 'delete'), /<Object>.*?<\/Object>/s, ''),
  'a quiet batch says nothing of what went well': rewritesBody(
    on('POST', 'delete'),
    '<Quiet>true</Quiet>',
    '',
  ),
  'a batch says which versions are locked, and deletes the others': rewritesAnswer(
    on('POST', 'delete'),
    /<Error>.*<\/Error>/s,
    '',
  ),

  'a presigned link reads without credentials': pretends(on('GET', 'X-Amz-Signature'), 403),
  'a presigned link says how its answer is called': ignoresQuery(getObject, 'response-content-disposition'),
  'a presigned link whose time is over is refused': rewritesUrl(
    always,
    'X-Amz-Expires=60',
    'X-Amz-Expires=600',
  ),
  'a presigned link writes without credentials': pretends(on('PUT', 'X-Amz-Signature')),

  'a bucket policy is kept, given back and taken away': pretends(on('DELETE', 'policy'), 204),
  'a bucket policy that is none, or of another bucket, is refused': mistakes(400, 204),
  'a new bucket blocks public access, and refuses a public policy': mistakes(403, 204),
  'the block of public access is kept as it is put, and can be taken away': pretends(
    on('PUT', 'publicAccessBlock'),
  ),
  'the encryption of a bucket is given to new objects': pretends(on('PUT', 'encryption')),
  'lifecycle rules are kept, and refused when they do nothing': mistakes(400, 200, ''),
  'the Object Lock configuration is kept': pretends(on('PUT', 'object-lock')),
  'Object Lock can be had later, by a bucket that keeps versions': mistakes(409, 200, ''),
  'a bucket says its region': says(on('HEAD'), { 'x-amz-bucket-region': 'eu-west-1' }),
  'a bucket that belongs to somebody else than expected is refused': ignores(/^x-amz-expected-bucket-owner$/),
  'buckets are listed': rewritesAnswer(on('GET', 'x-id=ListBuckets'), /<Bucket>.*<\/Bucket>/s, ''),
  'a bucket goes when it is empty, and not before': mistakes(409, 204),
};
