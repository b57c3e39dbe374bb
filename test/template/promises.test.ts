/** What docs/install.md and the comments of template.yaml promise of each resource, with everything switched on. */
import { describe, expect, test } from 'vitest';
import { measured } from '../../handlers/edge/metrics.ts';
import { isList, isMap, type TemplateValue } from '../../local/template/types.ts';
import { ACCOUNT, EVERYTHING, ORGANIZATION, READ, REGION, resolved } from './given.ts';

const { resources } = resolved(EVERYTHING);
const properties = (id: string) => resources.get(id)?.properties ?? {};
const ofType = (type: string) => [...resources.values()].filter((resource) => resource.type === type);

const REWRITE = 'mailroom-rewritebucket-111122223333';
const JOURNAL = 'mailroom-journalbucket-111122223333';
const KEPT = 'mailroom-keepbucket-111122223333';
const COMMON = {
  POLICY_URI: EVERYTHING.PolicyUri,
  MAILROOM_MODE: 'monitor',
  MAILROOM_ORGANIZATION_ID: ORGANIZATION,
  MAILROOM_REWRITE_BUCKET: REWRITE,
  AWS_ENDPOINT_URL: '',
};
const REWRITES = {
  MAILROOM_MARK_KEY_URI: 'ssm:///mailroom/mark-key',
  MAILROOM_KEEP_BUCKET: KEPT,
  MAILROOM_DELETE_AFTER_PUT: 'true',
};

describe.each<[string, number, string, Record<string, string>]>([
  ['Mailflow', 15, 'workmail', { ...COMMON, ...REWRITES, MAILROOM_JOURNAL_BUCKET: JOURNAL }],
  ['Rewrite', 15, 'workmail', { ...COMMON, ...REWRITES }],
  ['Dmarc', 15, 'workmail', COMMON],
  ['Journal', 60, 'workmail', { ...COMMON, MAILROOM_JOURNAL_BUCKET: JOURNAL }],
  ['Availability', 25, 'availability.workmail', COMMON],
])('%s', (id, seconds, service, variables) => {
  test('has its time, its memory, its door and its variables', () => {
    expect(properties(id)).toMatchObject({ Timeout: seconds, MemorySize: 512, Handler: 'index.handler' });
    expect(properties(id)['Environment']).toEqual({ Variables: variables });
  });

  test('is called by the service that has its events, for one organization', () => {
    expect(properties(`${id}InvokeRight`)).toEqual({
      FunctionName: `mailroom-${id}`,
      Action: 'lambda:InvokeFunction',
      Principal: `${service}.${REGION}.amazonaws.com`,
      SourceAccount: ACCOUNT,
      SourceArn: `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/${ORGANIZATION}`,
    });
  });

  test('rings before its time is over', () => {
    const threshold = Number(properties(`${id}Slow`)['Threshold']);
    expect(threshold).toBeLessThan(seconds * 1000);
    expect(threshold).toBeGreaterThanOrEqual(seconds * 850);
  });
});

describe('Reports', () => {
  test('runs daily, for as long as Lambda lets it, called by its own schedule alone', () => {
    expect(properties('Reports')).toMatchObject({ Timeout: 900, MemorySize: 1024, Handler: 'index.handler' });
    expect(properties('Reports')['Environment']).toEqual({ Variables: COMMON });
    expect(properties('ReportsDaily')).toMatchObject({ ScheduleExpression: 'cron(0 3 * * ? *)' });
    expect(properties('ReportsInvokeRight')).toEqual({
      FunctionName: 'mailroom-Reports',
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceAccount: ACCOUNT,
      SourceArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/mailroom-ReportsDaily`,
    });
  });

  test('is not there where no address is named, nor where no function judges mail', () => {
    const ids = (change: object) => [...resolved({ ...EVERYTHING, ...change }).resources.keys()];
    expect(ids({ ReportsFrom: '' }).filter((id) => /Reports|Observe/.test(id))).toEqual([]);
    expect(ids({ UseMailflow: 'no', UseDmarc: 'no' }).filter((id) => /Reports|Observe/.test(id))).toEqual([]);
  });
});

/** The name of the dimension, as the functions write it and as AWS does. */
function dimensionOf(namespace: TemplateValue | undefined): string {
  if (namespace === 'AWS/SQS') return 'QueueName';
  const counted = measured({ level: 'error', event: 'failure' }, 'f', 0);
  const metrics = JSON.parse(JSON.stringify(counted?.['_aws'] ?? {})).CloudWatchMetrics;
  return namespace === 'Mailroom' ? metrics[0].Dimensions[0][0] : 'FunctionName';
}

describe.each(ofType('AWS::CloudWatch::Alarm').map((alarm) => [alarm.logicalId, alarm] as const))(
  'the alarm %s',
  (_id, { properties: alarm }) => {
    test('watches what is counted, rings when there is one too many, and tells the address', () => {
      const most = ['Duration', 'ApproximateAgeOfOldestMessage'].includes(String(alarm['MetricName']));
      expect(alarm).toMatchObject({
        Dimensions: [{ Name: dimensionOf(alarm['Namespace']) }],
        Statistic: most ? 'Maximum' : 'Sum',
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [`arn:aws:sns:${REGION}:${ACCOUNT}:mailroom-AlarmTopic`],
        ...(alarm['MetricName'] === 'Duration' ? {} : { Threshold: 0 }),
      });
    });
  },
);

describe('the rewrite bucket', () => {
  test('forgets messages and decisions after a day, and keeps the last good policy', () => {
    expect(properties('RewriteBucket')['LifecycleConfiguration']).toEqual({
      Rules: [
        {
          Id: 'rewritten-messages',
          Status: 'Enabled',
          Prefix: 'rewritten/',
          ExpirationInDays: 1,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
        {
          Id: 'decisions',
          Status: 'Enabled',
          Prefix: 'decisions/',
          ExpirationInDays: 1,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        },
        {
          Id: 'earlier-policies',
          Status: 'Enabled',
          Prefix: 'policy/',
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        },
        { Id: 'delete-markers', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
        ...[
          ['observed', 7],
          ['reports', 30],
        ].map(([name, days]) => ({
          Id: name,
          Status: 'Enabled',
          Prefix: `${name}/`,
          ExpirationInDays: days,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        })),
      ],
    });
  });

  test("is under S3's own key, to which WorkMail needs no right", () => {
    expect(properties('RewriteBucket')['BucketEncryption']).toEqual({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    });
  });
});

describe('the bucket of what rules keep', () => {
  test('forgets held mail, copies and what it has to know when it was told, and contacts never', () => {
    const lifecycle = properties('KeepBucket')['LifecycleConfiguration'];
    const days = isMap(lifecycle) && isList(lifecycle['Rules']) ? lifecycle['Rules'] : [];
    const ends = days.flatMap((rule) =>
      isMap(rule) && rule['Prefix'] !== undefined ? [[rule['Prefix'], String(rule['ExpirationInDays'])]] : [],
    );
    expect(Object.fromEntries(ends)).toEqual({
      'quarantine/': '30',
      'notices/': '2',
      'released/': '30',
      'copies/': '400',
      'attachments/': '400',
    });
  });

  test('keeps copies for ever where nobody says when they end', () => {
    const { resources: few } = resolved({ ...EVERYTHING, CopyDays: '0' });
    const lifecycle = JSON.stringify(few.get('KeepBucket')?.properties['LifecycleConfiguration']);
    expect(lifecycle).not.toMatch(/copies|attachments/);
  });

  test('outlives the stack, with its policy', () => {
    const { Resources } = READ;
    for (const id of ['KeepBucket', 'KeepBucketPolicy'])
      expect(isMap(Resources) ? Resources[id] : undefined).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
  });
});

describe('the journal', () => {
  test('is under the key that was given, and ends when it was told', () => {
    expect(properties('JournalBucket')).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: EVERYTHING.JournalKeyArn,
            },
          },
        ],
      },
      LifecycleConfiguration: {
        Rules: [{ Id: 'unfinished-uploads' }, { Id: 'end-of-retention', ExpirationInDays: '400' }],
      },
    });
  });

  test('is never ended by itself where nobody says when', () => {
    const { resources: few } = resolved({ ...EVERYTHING, JournalKeepDays: '0' });
    const lifecycle = JSON.stringify(few.get('JournalBucket')?.properties['LifecycleConfiguration']);
    expect(lifecycle).not.toContain('Expiration');
  });

  test('outlives the stack, with its policy', () => {
    const { Resources } = READ;
    for (const id of ['JournalBucket', 'JournalBucketPolicy'])
      expect(isMap(Resources) ? Resources[id] : undefined).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
  });

  test('has two tries more, and then a queue', () => {
    expect(properties('Journal')['EventInvokeConfig']).toEqual({
      MaximumEventAgeInSeconds: 21_600,
      MaximumRetryAttempts: 2,
      DestinationConfig: {
        OnFailure: { Type: 'SQS', Destination: `arn:aws:sqs:${REGION}:${ACCOUNT}:mailroom-JournalFailures` },
      },
    });
  });
});
