/** If-Match, If-None-Match and the two dates (RFC 9110 §13), as S3 reads them. */
import { type Exchange, header } from '../exchange.ts';
import type { Precondition } from './store.ts';
import type { ObjectVersion } from './version.ts';

function namesEtag(list: string, etag: string): boolean {
  return list.split(',').some((one) => {
    const tag = one.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag || tag === `"${etag}"`;
  });
}

/** Amazon S3 User Guide, "How to prevent object overwrites with conditional writes". `unsupported`: S3 answers 501 too. */
export function writePrecondition(exchange: Exchange): Precondition | 'unsupported' {
  const ifNoneMatch = header(exchange, 'if-none-match');
  const ifMatch = header(exchange, 'if-match');
  if (ifNoneMatch !== undefined && (ifNoneMatch.trim() !== '*' || ifMatch !== undefined))
    return 'unsupported';
  if (ifNoneMatch !== undefined) return (current) => (current === undefined ? 'go' : 'failed');
  if (ifMatch === undefined) return () => 'go';
  return (current) => {
    if (current === undefined) return 'missing';
    return namesEtag(ifMatch, current.etag) ? 'go' : 'failed';
  };
}

/** The condition that a write carries, by its name; empty without one. */
export function conditionOf(exchange: Exchange): '' | 'If-Match' | 'If-None-Match' {
  if (exchange.headers['if-match'] !== undefined) return 'If-Match';
  return exchange.headers['if-none-match'] === undefined ? '' : 'If-None-Match';
}

/** Amazon S3 User Guide, "How to perform conditional deletes": the object has to be there, and as it is named. */
export function deletePrecondition(
  ifMatch: string | undefined,
): (version: ObjectVersion | undefined) => boolean {
  if (ifMatch === undefined) return () => true;
  return (version) => version !== undefined && namesEtag(ifMatch, version.etag);
}

function seconds(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

/** RFC 9110 §13.2.2: the entity tags decide before the dates, and a date is not looked at when its tag header is there. */
export function readPrecondition(
  exchange: Exchange,
  version: ObjectVersion,
  /** Of a copy, whose conditions are about its source. */
  prefix: '' | 'x-amz-copy-source-' = '',
): 'go' | 'failed' | 'not-modified' {
  const ifMatch = header(exchange, `${prefix}if-match`);
  const ifNoneMatch = header(exchange, `${prefix}if-none-match`);
  const modified = Math.floor(version.modifiedMs / 1000);
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, version.etag)) return 'failed';
  } else {
    const limit = seconds(header(exchange, `${prefix}if-unmodified-since`));
    if (limit !== undefined && modified > limit) return 'failed';
  }
  if (ifNoneMatch !== undefined) return namesEtag(ifNoneMatch, version.etag) ? 'not-modified' : 'go';
  const since = seconds(header(exchange, `${prefix}if-modified-since`));
  return since !== undefined && modified <= since ? 'not-modified' : 'go';
}
