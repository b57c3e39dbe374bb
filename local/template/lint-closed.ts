/** Buckets and queues: closed, encrypted, reached by TLS alone. */
import { PermanentError } from '../../shared/errors.ts';
import { evaluate, readPolicyDocument } from '../iam/evaluate.ts';
import { isMap, type ResolvedResource, type ResolvedTemplate, type TemplateMap } from './types.ts';

const CLOSED = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'] as const;

/** The most that SQS keeps, in seconds. */
const QUEUE_SECONDS = 1_209_600;

function ofType({ resources }: ResolvedTemplate, type: string): readonly ResolvedResource[] {
  return [...resources.values()].filter((resource) => resource.type === type);
}

/** The policy that is put on a bucket or queue. */
function policyOf(template: ResolvedTemplate, type: string, names: readonly string[]) {
  return ofType(template, type).find(({ properties }) =>
    [properties['Bucket'], properties['Queues']]
      .flat()
      .some((name) => typeof name === 'string' && names.includes(name)),
  );
}

/** Asks the policy itself: whoever comes without TLS is sent away, whatever else allows it. */
function deniesPlainText(policy: TemplateMap | undefined, action: string, arn: string): boolean {
  if (policy === undefined) return false;
  try {
    const verdict = evaluate([readPolicyDocument(policy['PolicyDocument'])], {
      principal: { kind: 'anonymous' },
      action,
      resource: arn,
      context: { 'aws:SecureTransport': 'false' },
    });
    return verdict.effect === 'deny';
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    // What cannot be read is reported where the policies are looked at.
    return false;
  }
}

function tlsFindings(
  template: ResolvedTemplate,
  { logicalId, arn = '', physicalName }: ResolvedResource,
): readonly string[] {
  const policy = policyOf(template, 'AWS::S3::BucketPolicy', [physicalName]);
  if (policy === undefined) return [`Resources.${logicalId}: has no bucket policy`];
  const place = `Resources.${policy.logicalId}.Properties.PolicyDocument`;
  const open = [
    ['s3:GetObject', `${arn}/a/b`],
    ['s3:PutObject', `${arn}/a/b`],
    ['s3:ListBucket', arn],
  ].filter(([action = '', resource = '']) => !deniesPlainText(policy.properties, action, resource));
  return open.map(([action]) => `${place}: allows ${action} without TLS`);
}

/** Findings about every bucket. */
export function bucketFindings(template: ResolvedTemplate): readonly string[] {
  return ofType(template, 'AWS::S3::Bucket').flatMap((bucket) => {
    const { logicalId, properties, physicalName } = bucket;
    const place = `Resources.${logicalId}.Properties`;
    const block = properties['PublicAccessBlockConfiguration'];
    const versioning = properties['VersioningConfiguration'];
    const open = CLOSED.filter((key) => !isMap(block) || String(block[key]) !== 'true');
    return [
      ...open.map((key) => `${place}.PublicAccessBlockConfiguration.${key}: is not true`),
      ...(properties['BucketEncryption'] === undefined ? [`${place}.BucketEncryption: is not stated`] : []),
      ...(isMap(versioning) && versioning['Status'] === 'Enabled'
        ? []
        : [`${place}.VersioningConfiguration: is not on`]),
      // PutRawMessageContent takes no dot, and with one TLS does not fit the bucket's host name.
      ...(physicalName.includes('.') ? [`${place}.BucketName: has a dot in it`] : []),
      ...tlsFindings(template, bucket),
    ];
  });
}

/** Findings about every queue. */
export function queueFindings(template: ResolvedTemplate): readonly string[] {
  return ofType(template, 'AWS::SQS::Queue').flatMap((queue) => {
    const { logicalId, properties, physicalName, arn = '' } = queue;
    const place = `Resources.${logicalId}.Properties`;
    const policy = ofType(template, 'AWS::SQS::QueuePolicy').find(({ properties: { Queues } }) =>
      [Queues].flat().some((url) => typeof url === 'string' && url.endsWith(`/${physicalName}`)),
    );
    const keeps = Number(properties['MessageRetentionPeriod'] ?? 0) === QUEUE_SECONDS;
    return [
      ...(keeps ? [] : [`${place}.MessageRetentionPeriod: is less than the 14 days that SQS can keep`]),
      ...(String(properties['SqsManagedSseEnabled']) === 'true' || properties['KmsMasterKeyId'] !== undefined
        ? []
        : [`${place}.SqsManagedSseEnabled: the queue is not encrypted`]),
      ...(deniesPlainText(policy?.properties, 'sqs:SendMessage', arn)
        ? []
        : [`Resources.${logicalId}: no policy denies what comes without TLS`]),
    ];
  });
}
