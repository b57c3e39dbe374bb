/** S3's error codes, their HTTP status, and the XML that carries them (Amazon S3 API Reference, "Error responses"). */
import type { Answer } from '../exchange.ts';
import { element, XML_DECLARATION, type XmlChild } from './xml.ts';

const STATUS = {
  AccessControlListNotSupported: 400,
  AccessDenied: 403,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidChunkSizeError: 403,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidTag: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedPolicy: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchPublicAccessBlockConfiguration: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  ObjectLockConfigurationNotFoundError: 404,
  OwnershipControlsNotFoundError: 404,
  PreconditionFailed: 412,
  ServerSideEncryptionConfigurationNotFoundError: 404,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof STATUS;

const TEXT: Partial<Record<S3ErrorCode, string>> = {
  AccessDenied: 'Access Denied because object protected by object lock.',
  BucketAlreadyOwnedByYou:
    'Your previous request to create the named bucket succeeded and you already own it.',
  BucketNotEmpty: 'The bucket you tried to delete is not empty',
  ConditionalRequestConflict:
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  EntityTooSmall: 'Your proposed upload is smaller than the minimum allowed size',
  InvalidBucketName: 'The specified bucket is not valid.',
  InvalidPart:
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  InvalidPartOrder: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
  InvalidRange: 'The requested range is not satisfiable',
  InvalidURI: "Couldn't parse the specified URI.",
  KeyTooLongError: 'Your key is too long',
  MalformedXML: 'The XML you provided was not well-formed or did not validate against our published schema',
  MetadataTooLarge: 'Your metadata headers exceed the maximum allowed metadata size',
  MethodNotAllowed: 'The specified method is not allowed against this resource.',
  NoSuchBucket: 'The specified bucket does not exist',
  NoSuchBucketPolicy: 'The bucket policy does not exist',
  NoSuchKey: 'The specified key does not exist.',
  NoSuchLifecycleConfiguration: 'The lifecycle configuration does not exist',
  NoSuchObjectLockConfiguration: 'The specified object does not have a ObjectLock configuration',
  NoSuchPublicAccessBlockConfiguration: 'The public access block configuration was not found',
  NoSuchTagSet: 'The TagSet does not exist',
  NoSuchUpload:
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  NoSuchVersion: 'The specified version does not exist.',
  ObjectLockConfigurationNotFoundError: 'Object Lock configuration does not exist for this bucket',
  OwnershipControlsNotFoundError: 'The bucket ownership controls were not found',
  PreconditionFailed: 'At least one of the pre-conditions you specified did not hold',
  ServerSideEncryptionConfigurationNotFoundError: 'The server side encryption configuration was not found',
};

export interface ErrorDetails {
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Elements that some codes add, such as `Key` or `Condition`. */
  readonly elements?: readonly XmlChild[];
}

export function s3Error(code: S3ErrorCode, details: ErrorDetails = {}): Answer {
  const message = details.message ?? TEXT[code] ?? code;
  const body = element('Error', [
    element('Code', code),
    element('Message', message),
    ...(details.elements ?? []),
  ]);
  return {
    status: STATUS[code],
    headers: { 'content-type': 'application/xml', ...details.headers },
    body: XML_DECLARATION + body.xml,
  };
}
