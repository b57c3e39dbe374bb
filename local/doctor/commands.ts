/**
 * The AWS CLI's commands that put back what somebody changed by hand. An update of the stack does not: CloudFormation
 * leaves alone what has not changed in the template.
 */

/** For a shell: JSON has no single quote of its own here. */
function quoted(value: object): string {
  return `'${JSON.stringify(value)}'`;
}

export interface BucketReader {
  readonly bucket: string;
  readonly region: string;
  readonly account: string;
  readonly organizationId: string;
}

/** The policy that template.yaml gives to the bucket of rewritten messages. */
export function rewriteBucketPolicy({ bucket, region, account, organizationId }: BucketReader): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'WorkMailReads',
        Effect: 'Allow',
        Principal: { Service: `workmail.${region}.amazonaws.com` },
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: `arn:aws:s3:::${bucket}/rewritten/*`,
        Condition: {
          Bool: { 'aws:SecureTransport': 'true' },
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: {
            'aws:SourceArn': `arn:aws:workmailmessageflow:${region}:${account}:message/${organizationId}/*`,
          },
        },
      },
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}

export function putBucketPolicy(reader: BucketReader): string {
  return `aws s3api put-bucket-policy --bucket ${reader.bucket} --policy ${quoted(rewriteBucketPolicy(reader))}`;
}

export function blockPublicAccess(bucket: string): string {
  return `aws s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`;
}

/** The rules of template.yaml: messages go after a day, old versions of them a day later. */
export function putLifecycle(bucket: string): string {
  const Status = 'Enabled';
  const rules = [
    {
      ID: 'rewritten-messages',
      Status,
      Filter: { Prefix: 'rewritten/' },
      Expiration: { Days: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
    {
      ID: 'earlier-policies',
      Status,
      Filter: { Prefix: 'policy/' },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    },
    { ID: 'delete-markers', Status, Filter: { Prefix: '' }, Expiration: { ExpiredObjectDeleteMarker: true } },
  ];
  return `aws s3api put-bucket-lifecycle-configuration --bucket ${bucket} --lifecycle-configuration ${quoted({ Rules: rules })}`;
}

export function enableVersioning(bucket: string): string {
  return `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`;
}

/** With what the template locks records for unless it is told otherwise. */
export function lockRecords(bucket: string): string {
  const lock = {
    ObjectLockEnabled: 'Enabled',
    Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } },
  };
  return `aws s3api put-object-lock-configuration --bucket ${bucket} --object-lock-configuration ${quoted(lock)}`;
}
