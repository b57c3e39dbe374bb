/** Get and PutObjectRetention, Get and PutObjectLegalHold. */
import type { Answer, Exchange } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import {
  isLockMode,
  LOCK_HOLD,
  LOCK_MODE,
  LOCK_UNTIL,
  mayRetain,
  type Retention,
  wantsBypass,
} from './lock.ts';
import { readFailure, type Target } from './read-failure.ts';
import { readVerifiedBody } from './staging.ts';
import { findObject, updateVersion } from './store.ts';
import type { ObjectVersion } from './version.ts';
import { element } from './xml.ts';
import { parseXml, textAt, type XmlNode } from './xml-reader.ts';

/** A mode and a date. */
const MAX_LOCK_BYTES = 4096;

function invalidBucket(): Answer {
  return s3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}

function getLock(version: ObjectVersion, kind: 'retention' | 'legal-hold'): Answer {
  if (kind === 'legal-hold') {
    const status = version.headers[LOCK_HOLD];
    return status === undefined
      ? s3Error('NoSuchObjectLockConfiguration')
      : xmlAnswer('LegalHold', [element('Status', status)]);
  }
  const mode = version.headers[LOCK_MODE];
  if (mode === undefined) return s3Error('NoSuchObjectLockConfiguration');
  return xmlAnswer('Retention', [
    element('Mode', mode),
    element('RetainUntilDate', version.headers[LOCK_UNTIL] ?? ''),
  ]);
}

/** An empty document takes the retention away. */
function readRetention(root: XmlNode): Retention | undefined | 'malformed' {
  if (root.children.length === 0) return undefined;
  const mode = textAt(root, 'Mode');
  const untilMs = Date.parse(textAt(root, 'RetainUntilDate') ?? '');
  return isLockMode(mode) && !Number.isNaN(untilMs) ? { mode, untilMs } : 'malformed';
}

function withRetention(version: ObjectVersion, next: Retention | undefined): ObjectVersion {
  const { [LOCK_MODE]: _mode, [LOCK_UNTIL]: _until, ...others } = version.headers;
  const lock =
    next === undefined ? {} : { [LOCK_MODE]: next.mode, [LOCK_UNTIL]: new Date(next.untilMs).toISOString() };
  return { ...version, headers: { ...others, ...lock } };
}

function putRetention(
  ground: Ground,
  exchange: Exchange,
  target: Target,
  version: ObjectVersion,
  root: XmlNode,
) {
  const next = readRetention(root);
  if (next === 'malformed') return s3Error('MalformedXML');
  const nowMs = ground.now();
  if (next !== undefined && next.untilMs <= nowMs)
    return s3Error('InvalidArgument', { message: 'The retain until date must be in the future!' });
  if (!mayRetain(version, next, wantsBypass(exchange), nowMs)) return s3Error('AccessDenied');
  updateVersion(ground, target, withRetention(version, next));
  return { status: 200, headers: {} };
}

function putHold(ground: Ground, target: Target, version: ObjectVersion, root: XmlNode): Answer {
  const status = textAt(root, 'Status');
  if (status !== 'ON' && status !== 'OFF') return s3Error('MalformedXML');
  updateVersion(ground, target, { ...version, headers: { ...version.headers, [LOCK_HOLD]: status } });
  return { status: 200, headers: {} };
}

/** One of the four, by method and `kind`. */
export async function handleLock(
  ground: Ground,
  exchange: Exchange,
  target: Target,
  kind: 'retention' | 'legal-hold',
): Promise<Answer> {
  if (exchange.method !== 'GET' && exchange.method !== 'PUT') return s3Error('MethodNotAllowed');
  const body = exchange.method === 'PUT' ? await readVerifiedBody(exchange, MAX_LOCK_BYTES) : undefined;
  if (body !== undefined && 'kind' in body) return s3Error(body.code, { message: body.message });
  if (ground.buckets.get(target.bucket)?.objectLock === false) return invalidBucket();
  const versionId = exchange.query.get('versionId') ?? undefined;
  const found = findObject(ground, target.bucket, target.key, versionId);
  if (found.kind !== 'found') return readFailure(found, target, versionId !== undefined);
  if (body === undefined) return getLock(found.version, kind);
  const root = parseXml(body.bytes.toString());
  if (root?.name !== (kind === 'retention' ? 'Retention' : 'LegalHold')) return s3Error('MalformedXML');
  return kind === 'retention'
    ? putRetention(ground, exchange, target, found.version, root)
    : putHold(ground, target, found.version, root);
}
