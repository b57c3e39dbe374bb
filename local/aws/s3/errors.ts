/** S3's error codes, their HTTP status, and the XML that carries them (Amazon S3 API Reference, "Error responses"). */
import type { Answer } from '../exchange.ts';
import { element, XML_DECLARATION, type XmlChild } from './xml.ts';

const STATUS = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidChunkSizeError: 403,
  InvalidDigest: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof STATUS;

const TEXT: Partial<Record<S3ErrorCode, string>> = {
  AccessDenied: 'Access Denied because object protected by object lock.',
  BucketAlreadyOwnedByYou:
    'Your previous request to create the named bucket succeeded and you already own it.',
  BucketNotEmpty: 'The bucket you tried to delete is not empty',
  InvalidBucketName: 'The specified bucket is not valid.',
  InvalidRange: 'The requested range is not satisfiable',
  InvalidURI: "Couldn't parse the specified URI.",
  KeyTooLongError: 'Your key is too long',
  MalformedXML: 'The XML you provided was not well-formed or did not validate against our published schema',
  MetadataTooLarge: 'Your metadata headers exceed the maximum allowed metadata size',
  MethodNotAllowed: 'The specified method is not allowed against this resource.',
  NoSuchBucket: 'The specified bucket does not exist',
  NoSuchKey: 'The specified key does not exist.',
  NoSuchVersion: 'The specified version does not exist.',
  PreconditionFailed: 'At least one of the pre-conditions you specified did not hold',
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
