/** The answers for an object that is not there, or not as a condition wants it. */
import type { Answer } from '../exchange.ts';
import { s3Error } from './errors.ts';
import type { FindOutcome } from './store.ts';
import { element } from './xml.ts';

export interface Target {
  readonly bucket: string;
  readonly key: string;
}

export function preconditionFailed(condition: string): Answer {
  return s3Error('PreconditionFailed', { elements: [element('Condition', condition)] });
}

export function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return s3Error('NoSuchKey', { headers, elements: [element('Key', key)] });
}

/** `named`: the request named a version. */
export function readFailure(
  outcome: Exclude<FindOutcome, { kind: 'found' }>,
  target: Target,
  named: boolean,
): Answer {
  switch (outcome.kind) {
    case 'no-bucket':
      return s3Error('NoSuchBucket');
    case 'no-key':
      return noSuchKey(target.key);
    case 'no-version':
      return s3Error('NoSuchVersion', { elements: [element('Key', target.key)] });
    case 'marker': {
      const headers = {
        'x-amz-delete-marker': 'true',
        'x-amz-version-id': outcome.version.versionId,
      };
      // Amazon S3 User Guide, "Working with delete markers": 404 for the key, 405 for the marker's own version.
      return named
        ? s3Error('MethodNotAllowed', { headers: { ...headers, allow: 'DELETE' } })
        : noSuchKey(target.key, headers);
    }
  }
}
