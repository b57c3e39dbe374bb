/** What a resource is called, and what `Ref` and `GetAtt` give for it, by its type. */
import type { TemplateMap } from './types.ts';

export interface Stack {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
}

interface Kind {
  /** The property that names it; where it is unset, the name follows from the stack's. */
  readonly nameProperty?: string;
  readonly arn?: (name: string, stack: Stack) => string;
  /** What `Ref` gives where that is not the name. */
  readonly ref?: 'arn' | 'url';
  /** Attributes of `GetAtt` beside `Arn`. */
  readonly attributes?: Readonly<Record<string, (name: string, stack: Stack) => string>>;
}

const inRegion =
  (service: string, prefix: string) =>
  (name: string, { partition, region, account }: Stack): string =>
    `arn:${partition}:${service}:${region}:${account}:${prefix}${name}`;

const queueUrl = (name: string, { region, account }: Stack): string =>
  `https://sqs.${region}.amazonaws.com/${account}/${name}`;

const lambda: Kind = { nameProperty: 'FunctionName', arn: inRegion('lambda', 'function:') };

const KINDS: Readonly<Record<string, Kind>> = {
  'AWS::Serverless::Function': lambda,
  'AWS::Lambda::Function': lambda,
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    arn: (name, { partition }) => `arn:${partition}:s3:::${name}`,
    attributes: {
      DomainName: (name) => `${name}.s3.amazonaws.com`,
      RegionalDomainName: (name, { region }) => `${name}.s3.${region}.amazonaws.com`,
    },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    arn: inRegion('sqs', ''),
    ref: 'url',
    attributes: { QueueName: (name) => name, QueueUrl: queueUrl },
  },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    arn: inRegion('sns', ''),
    ref: 'arn',
    attributes: { TopicName: (name) => name },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    arn: (name, { partition, account }) => `arn:${partition}:iam::${account}:role/${name}`,
  },
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    arn: (name, { partition, account }) => `arn:${partition}:iam::${account}:policy/${name}`,
    ref: 'arn',
  },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    // CloudFormation's Arn of a log group ends in ":*".
    arn: (name, stack) => `${inRegion('logs', 'log-group:')(name, stack)}:*`,
  },
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', arn: inRegion('cloudwatch', 'alarm:') },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName' },
  'AWS::Events::Rule': { nameProperty: 'Name', arn: inRegion('events', 'rule/') },
  'AWS::KMS::Key': { arn: inRegion('kms', 'key/') },
};

/** Which property names resources of this type. */
export function namingProperty(type: string): string | undefined {
  return KINDS[type]?.nameProperty;
}

/** The name that a resource has when nobody gives it one; on AWS random characters would follow. */
export function generatedName(type: string, logicalId: string, { stackName, account }: Stack): string {
  if (type === 'AWS::S3::Bucket') return `${stackName}-${logicalId}-${account}`.toLowerCase();
  return `${stackName}-${logicalId}`;
}

export function arnOf(type: string, name: string, stack: Stack): string | undefined {
  return KINDS[type]?.arn?.(name, stack);
}

/** What `Ref` gives for a resource. */
export function refOf(type: string, name: string, stack: Stack): string {
  const kind = KINDS[type]?.ref;
  if (kind === 'url') return queueUrl(name, stack);
  return kind === 'arn' ? (arnOf(type, name, stack) ?? name) : name;
}

/** What `GetAtt` gives; undefined for an attribute that is not known here. */
export function attributeOf(type: string, name: string, attribute: string, stack: Stack): string | undefined {
  if (attribute === 'Arn') return arnOf(type, name, stack);
  return KINDS[type]?.attributes?.[attribute]?.(name, stack);
}

/** AWS's pseudo parameters, but for `AWS::NoValue`. */
export function pseudoParameters(stack: Stack): TemplateMap {
  const { partition, region, account, stackName } = stack;
  return {
    'AWS::AccountId': account,
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/${stackName}`,
    'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
  };
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
