/** Tags of an object (Amazon S3 User Guide, "Categorizing your objects using tags"): in a header of a write, or as a document. */
import type { Answer, Exchange } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import { versionHeaders } from './headers.ts';
import { readFailure, type Target } from './read-failure.ts';
import { readVerifiedBody } from './staging.ts';
import { findObject, updateVersion } from './store.ts';
import type { Tags } from './version.ts';
import { element } from './xml.ts';
import { childrenOf, nodeAt, parseXml, textAt } from './xml-reader.ts';

/** S3's limits; in characters. */
const MAX_TAGS = 10;
const MAX_TAG_KEY_CHARS = 128;
const MAX_TAG_VALUE_CHARS = 256;
/** Ten tags of the longest kind, every character as a reference. */
const MAX_TAGGING_BYTES = 64 * 1024;

type Pair = readonly [string, string];

/** Why S3 would not take these tags. */
function tagsProblem(pairs: readonly Pair[]): string | undefined {
  if (pairs.length > MAX_TAGS) return 'Object tags cannot be greater than 10';
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
    return 'Cannot provide multiple Tags with the same key';
  for (const [key, value] of pairs) {
    if (key === '' || key.length > MAX_TAG_KEY_CHARS) return 'The TagKey you have provided is invalid';
    if (value.length > MAX_TAG_VALUE_CHARS) return 'The TagValue you have provided is invalid';
  }
  return undefined;
}

/** The header `x-amz-tagging`: pairs as in a query. A text says why it is refused. */
export function parseTaggingHeader(value: string): Tags | string {
  const pairs = [...new URLSearchParams(value)];
  return tagsProblem(pairs) ?? Object.fromEntries(pairs);
}

/** The document `Tagging`. */
function parseTagging(text: string): { readonly tags: Tags } | Answer {
  const root = parseXml(text);
  const set = root?.name === 'Tagging' ? nodeAt(root, 'TagSet') : undefined;
  if (set === undefined) return s3Error('MalformedXML');
  const pairs = childrenOf(set, 'Tag').map(
    (tag): Pair => [textAt(tag, 'Key') ?? '', textAt(tag, 'Value') ?? ''],
  );
  const problem = tagsProblem(pairs);
  return problem === undefined
    ? { tags: Object.fromEntries(pairs) }
    : s3Error('InvalidTag', { message: problem });
}

/** Get, Put and DeleteObjectTagging. */
export async function handleTagging(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const { method } = exchange;
  if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return s3Error('MethodNotAllowed');
  const body = method === 'PUT' ? await readVerifiedBody(exchange, MAX_TAGGING_BYTES) : undefined;
  if (body !== undefined && 'kind' in body) return s3Error(body.code, { message: body.message });
  const versionId = exchange.query.get('versionId') ?? undefined;
  const found = findObject(ground, target.bucket, target.key, versionId);
  if (found.kind !== 'found') return readFailure(found, target, versionId !== undefined);
  const headers = versionHeaders(found.version, found.versioned);
  if (method === 'GET') {
    const tags = Object.entries(found.version.tags ?? {}).map(([key, value]) =>
      element('Tag', [element('Key', key), element('Value', value)]),
    );
    return xmlAnswer('Tagging', [element('TagSet', tags)], headers);
  }
  const read = body === undefined ? { tags: {} } : parseTagging(body.bytes.toString());
  if ('status' in read) return read;
  updateVersion(ground, target, { ...found.version, tags: read.tags });
  return { status: method === 'PUT' ? 200 : 204, headers };
}
