/**
 * The configuration of a bucket: its policy, and the documents of `configuration-kinds.ts`. They are kept and given back;
 * encryption and the default retention act on new objects. Lifecycle rules are kept and not carried out.
 */
import type { Answer, Exchange } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import {
  type ConfigurationKind,
  DEFAULT_ENCRYPTION,
  type DefaultRetention,
  readDefaultRetention,
  XML_KINDS,
} from './configuration-kinds.ts';
import { s3Error } from './errors.ts';
import { type Bucket, type Ground, type Owner, saveBucket } from './ground.ts';
import { policyProblem } from './policy-document.ts';
import { readVerifiedBody } from './staging.ts';
import { elementOf } from './xml.ts';
import { parseXml, textAt, type XmlNode } from './xml-reader.ts';

/** 1,000 lifecycle rules with some hundred bytes each. Against: a body that fills the memory. */
const MAX_CONFIGURATION_BYTES = 512 * 1024;

/** The bucket's policy as it was put; undefined without one, or without the bucket. */
export function readBucketPolicy(ground: Ground, bucket: string): string | undefined {
  return ground.buckets.get(bucket)?.configuration.policy;
}

/** Account and region of a bucket; undefined when there is none of that name. */
export function readBucketOwner(ground: Ground, bucket: string): Owner | undefined {
  const found = ground.buckets.get(bucket);
  return found === undefined ? undefined : { account: found.account, region: found.region };
}

function configurationNode(bucket: Bucket, kind: Exclude<ConfigurationKind, 'policy'>): XmlNode | undefined {
  const inside = bucket.configuration[kind];
  return inside === undefined
    ? undefined
    : parseXml(`<${XML_KINDS[kind].root}>${inside}</${XML_KINDS[kind].root}>`);
}

/** The retention that the bucket gives to new objects whose writer asks for none. */
export function defaultRetention(bucket: Bucket): DefaultRetention | undefined {
  return bucket.objectLock ? readDefaultRetention(configurationNode(bucket, 'object-lock')) : undefined;
}

/** The encryption that the bucket gives to new objects whose writer asks for none, as an answer says it. */
export function defaultEncryption(bucket: Bucket): Readonly<Record<string, string>> {
  const rule = bucket.configuration.encryption ?? DEFAULT_ENCRYPTION;
  if (rule === DEFAULT_ENCRYPTION) return { 'x-amz-server-side-encryption': 'AES256' };
  const root = configurationNode(bucket, 'encryption');
  const algorithm = textAt(root, 'Rule', 'ApplyServerSideEncryptionByDefault', 'SSEAlgorithm');
  const key = textAt(root, 'Rule', 'ApplyServerSideEncryptionByDefault', 'KMSMasterKeyID');
  const bucketKey = textAt(root, 'Rule', 'BucketKeyEnabled');
  return {
    'x-amz-server-side-encryption': algorithm ?? 'AES256',
    ...(key === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': key }),
    ...(bucketKey === 'true' ? { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' } : {}),
  };
}

function set(ground: Ground, bucket: Bucket, kind: ConfigurationKind, text: string | undefined): void {
  const { [kind]: _, ...others } = bucket.configuration;
  const configuration = text === undefined ? others : { ...others, [kind]: text };
  saveBucket(ground, { ...bucket, configuration });
}

function putPolicy(ground: Ground, bucket: Bucket, text: string): Answer {
  const problem = policyProblem(bucket, text);
  if (problem !== undefined) return s3Error(problem.code, { message: problem.message });
  set(ground, bucket, 'policy', text);
  return { status: 204, headers: {} };
}

function putDocument(
  ground: Ground,
  bucket: Bucket,
  kind: Exclude<ConfigurationKind, 'policy'>,
  text: string,
): Answer {
  const root = parseXml(text);
  if (root === undefined || root.name !== XML_KINDS[kind].root || !XML_KINDS[kind].isValid(root))
    return s3Error('MalformedXML');
  // Amazon S3 User Guide, "Enable Object Lock on an existing bucket": versions come first, and there is no way back.
  if (kind === 'object-lock' && bucket.versioning !== 'Enabled')
    return s3Error('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    });
  const changed = kind === 'object-lock' ? { ...bucket, objectLock: true } : bucket;
  const inside = root.children.map((child) => elementOf(child).xml).join('');
  set(ground, changed, kind, inside);
  return { status: kind === 'tagging' ? 204 : 200, headers: {} };
}

function getConfiguration(bucket: Bucket, kind: ConfigurationKind): Answer {
  const text = bucket.configuration[kind];
  if (kind === 'policy') {
    if (text === undefined) return s3Error('NoSuchBucketPolicy');
    return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  }
  if (text !== undefined) return xmlAnswer(XML_KINDS[kind].root, [{ xml: text }]);
  if (kind === 'object-lock' && bucket.objectLock)
    return xmlAnswer(XML_KINDS[kind].root, [{ xml: '<ObjectLockEnabled>Enabled</ObjectLockEnabled>' }]);
  return s3Error(XML_KINDS[kind].missing);
}

function deleteConfiguration(ground: Ground, bucket: Bucket, kind: ConfigurationKind): Answer {
  if (kind === 'object-lock') return s3Error('MethodNotAllowed');
  // Amazon S3 API Reference, DeleteBucketEncryption: back to the keys that S3 manages.
  set(ground, bucket, kind, kind === 'encryption' ? DEFAULT_ENCRYPTION : undefined);
  return { status: 204, headers: {} };
}

/** Put, Get and Delete of one kind of configuration. */
export async function handleConfiguration(
  ground: Ground,
  exchange: Exchange,
  name: string,
  kind: ConfigurationKind,
): Promise<Answer> {
  const body =
    exchange.method === 'PUT' ? await readVerifiedBody(exchange, MAX_CONFIGURATION_BYTES) : undefined;
  if (body !== undefined && 'kind' in body) return s3Error(body.code, { message: body.message });
  // Looked up when nothing is waited for any more: what was read before may have been changed by another request.
  const bucket = ground.buckets.get(name);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  if (body !== undefined) {
    const text = body.bytes.toString();
    return kind === 'policy' ? putPolicy(ground, bucket, text) : putDocument(ground, bucket, kind, text);
  }
  if (exchange.method === 'GET') return getConfiguration(bucket, kind);
  return exchange.method === 'DELETE'
    ? deleteConfiguration(ground, bucket, kind)
    : s3Error('MethodNotAllowed');
}
