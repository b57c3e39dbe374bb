/** Gives the buckets of the stack what the template says of them, as CloudFormation does when it makes them. */
import type { ResolvedTemplate } from '../../template/resolve.ts';
import { isList, isMap, type TemplateMap, type TemplateValue } from '../../template/types.ts';
import type { Configuration } from '../s3/configuration-kinds.ts';
import { createBucket, type Ground, saveBucket } from '../s3/ground.ts';
import { element, type XmlChild } from '../s3/xml.ts';

function inside(children: readonly XmlChild[]): string {
  return children.map(({ xml }) => xml).join('');
}

function scalar(name: string, value: TemplateValue | undefined): readonly XmlChild[] {
  return value === undefined || value === null || typeof value === 'object' ? [] : [element(name, value)];
}

function map(value: TemplateValue | undefined): TemplateMap {
  return isMap(value) ? value : {};
}

/** A child element with one number of days, where the property is set. */
function days(name: string, unit: string, value: TemplateValue | undefined): readonly XmlChild[] {
  return value === undefined ? [] : [element(name, scalar(unit, value))];
}

function lifecycleRule(value: TemplateValue): XmlChild {
  const rule = map(value);
  return element('Rule', [
    ...scalar('ID', rule['Id']),
    element('Filter', scalar('Prefix', rule['Prefix'] ?? '')),
    ...scalar('Status', rule['Status']),
    ...days('Expiration', 'Days', rule['ExpirationInDays']),
    ...(rule['ExpiredObjectDeleteMarker'] === true
      ? [element('Expiration', [element('ExpiredObjectDeleteMarker', true)])]
      : []),
    ...days(
      'NoncurrentVersionExpiration',
      'NoncurrentDays',
      map(rule['NoncurrentVersionExpiration'])['NoncurrentDays'],
    ),
    ...days(
      'AbortIncompleteMultipartUpload',
      'DaysAfterInitiation',
      map(rule['AbortIncompleteMultipartUpload'])['DaysAfterInitiation'],
    ),
  ]);
}

function lifecycle(properties: TemplateMap): string | undefined {
  const rules = map(properties['LifecycleConfiguration'])['Rules'];
  return isList(rules) && rules.length > 0 ? inside(rules.map(lifecycleRule)) : undefined;
}

function objectLock(properties: TemplateMap): string | undefined {
  if (properties['ObjectLockEnabled'] !== true && properties['ObjectLockEnabled'] !== 'true')
    return undefined;
  const retention = map(map(map(properties['ObjectLockConfiguration'])['Rule'])['DefaultRetention']);
  const parts = ['Mode', 'Days', 'Years'].flatMap((name) => scalar(name, retention[name]));
  const rule = parts.length === 0 ? [] : [element('Rule', [element('DefaultRetention', parts)])];
  return inside([element('ObjectLockEnabled', 'Enabled'), ...rule]);
}

function encryption(properties: TemplateMap): string | undefined {
  const rules = map(properties['BucketEncryption'])['ServerSideEncryptionConfiguration'];
  const rule = map(isList(rules) ? rules[0] : undefined);
  const byDefault = map(rule['ServerSideEncryptionByDefault']);
  if (byDefault['SSEAlgorithm'] === undefined) return undefined;
  const parts = ['SSEAlgorithm', 'KMSMasterKeyID'].flatMap((name) => scalar(name, byDefault[name]));
  return inside([
    element('Rule', [
      element('ApplyServerSideEncryptionByDefault', parts),
      ...scalar('BucketKeyEnabled', rule['BucketKeyEnabled']),
    ]),
  ]);
}

function publicAccessBlock(properties: TemplateMap): string | undefined {
  const block = map(properties['PublicAccessBlockConfiguration']);
  const flags = Object.entries(block).flatMap(([name, value]) => scalar(name, value));
  return flags.length === 0 ? undefined : inside(flags);
}

function policyOf(stack: ResolvedTemplate, bucket: string): string | undefined {
  for (const { type, properties } of stack.resources.values())
    if (type === 'AWS::S3::BucketPolicy' && properties['Bucket'] === bucket)
      return JSON.stringify(properties['PolicyDocument']);
  return undefined;
}

function configurationOf(stack: ResolvedTemplate, name: string, properties: TemplateMap): Configuration {
  const parts = {
    policy: policyOf(stack, name),
    lifecycle: lifecycle(properties),
    'object-lock': objectLock(properties),
    encryption: encryption(properties),
    publicAccessBlock: publicAccessBlock(properties),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== undefined));
}

/** Makes the buckets that are not there, and gives every one what the template says. */
export function deployBuckets(ground: Ground, stack: ResolvedTemplate): void {
  for (const { type, physicalName, properties } of stack.resources.values()) {
    if (type !== 'AWS::S3::Bucket') continue;
    const configuration = configurationOf(stack, physicalName, properties);
    const locked = configuration['object-lock'] !== undefined;
    createBucket(ground, physicalName, { versioned: true, objectLock: locked });
    const bucket = ground.buckets.get(physicalName);
    if (bucket === undefined) continue;
    const merged = { ...bucket.configuration, ...configuration };
    saveBucket(ground, { ...bucket, objectLock: bucket.objectLock || locked, configuration: merged });
  }
}
