/** The documents that describe a bucket, and what each has to hold to be taken (Amazon S3 API Reference, the Put operations). */
import type { S3ErrorCode } from './errors.ts';
import { element, type XmlChild } from './xml.ts';
import { childrenOf, nodeAt, textAt, type XmlNode } from './xml-reader.ts';

/** The names are those of the query: `PUT /BUCKET?lifecycle`. */
export const CONFIGURATION_KINDS = [
  'policy',
  'publicAccessBlock',
  'encryption',
  'lifecycle',
  'ownershipControls',
  'tagging',
  'object-lock',
] as const;

export type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number];
/** JSON for the policy, the inside of the root element for the others. */
export type Configuration = Readonly<Partial<Record<ConfigurationKind, string>>>;

/** S3: "Lifecycle configuration: up to 1,000 rules". */
const MAX_LIFECYCLE_RULES = 1000;
/** S3: tags of a bucket. */
const MAX_BUCKET_TAGS = 50;
/** S3 User Guide, "Object Lock": a retention of at most 100 years. */
const MAX_RETENTION_DAYS = 36_500;

const FLAGS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
const ALGORITHMS = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);
const OWNERSHIPS = new Set(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']);

interface XmlKind {
  readonly root: string;
  /** What a read answers when there is none. */
  readonly missing: S3ErrorCode;
  readonly isValid: (root: XmlNode) => boolean;
}

function isPublicAccessBlock(root: XmlNode): boolean {
  return root.children.every(
    ({ name, text }) => FLAGS.some((flag) => flag === name) && (text === 'true' || text === 'false'),
  );
}

function isEncryption(root: XmlNode): boolean {
  const rules = childrenOf(root, 'Rule');
  return (
    rules.length === 1 &&
    ALGORITHMS.has(textAt(rules[0], 'ApplyServerSideEncryptionByDefault', 'SSEAlgorithm') ?? '')
  );
}

const LIFECYCLE_ACTIONS = [
  'Expiration',
  'NoncurrentVersionExpiration',
  'AbortIncompleteMultipartUpload',
  'Transition',
  'NoncurrentVersionTransition',
];

function isLifecycle(root: XmlNode): boolean {
  const rules = childrenOf(root, 'Rule');
  const isRule = (rule: XmlNode): boolean =>
    ['Enabled', 'Disabled'].includes(textAt(rule, 'Status') ?? '') &&
    rule.children.some(({ name }) => LIFECYCLE_ACTIONS.includes(name)) &&
    rule.children.some(({ name }) => name === 'Filter' || name === 'Prefix');
  return rules.length > 0 && rules.length <= MAX_LIFECYCLE_RULES && rules.every(isRule);
}

function isOwnershipControls(root: XmlNode): boolean {
  return OWNERSHIPS.has(textAt(root, 'Rule', 'ObjectOwnership') ?? '');
}

function isBucketTagging(root: XmlNode): boolean {
  const tags = childrenOf(nodeAt(root, 'TagSet') ?? root, 'Tag');
  return tags.length <= MAX_BUCKET_TAGS && tags.every((tag) => (textAt(tag, 'Key') ?? '') !== '');
}

/** Either days or years, in one of the two modes. */
function isObjectLock(root: XmlNode): boolean {
  if (textAt(root, 'ObjectLockEnabled') !== 'Enabled') return false;
  if (nodeAt(root, 'Rule') === undefined) return true;
  return readDefaultRetention(root) !== undefined;
}

/** What new objects of a bucket are kept under when their writer says nothing. */
export interface DefaultRetention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly unit: 'Days' | 'Years';
  readonly count: number;
}

export function readDefaultRetention(root: XmlNode | undefined): DefaultRetention | undefined {
  const retention = nodeAt(root, 'Rule', 'DefaultRetention');
  const mode = textAt(retention, 'Mode');
  const days = textAt(retention, 'Days');
  const years = textAt(retention, 'Years');
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') return undefined;
  if ((days === undefined) === (years === undefined)) return undefined;
  const text = days ?? years ?? '';
  const unit = days === undefined ? ('Years' as const) : ('Days' as const);
  const count = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (count === 0 || count * (unit === 'Years' ? 365 : 1) > MAX_RETENTION_DAYS) return undefined;
  return { mode, unit, count };
}

export const XML_KINDS: Readonly<Record<Exclude<ConfigurationKind, 'policy'>, XmlKind>> = {
  publicAccessBlock: {
    root: 'PublicAccessBlockConfiguration',
    missing: 'NoSuchPublicAccessBlockConfiguration',
    isValid: isPublicAccessBlock,
  },
  encryption: {
    root: 'ServerSideEncryptionConfiguration',
    missing: 'ServerSideEncryptionConfigurationNotFoundError',
    isValid: isEncryption,
  },
  lifecycle: {
    root: 'LifecycleConfiguration',
    missing: 'NoSuchLifecycleConfiguration',
    isValid: isLifecycle,
  },
  ownershipControls: {
    root: 'OwnershipControls',
    missing: 'OwnershipControlsNotFoundError',
    isValid: isOwnershipControls,
  },
  tagging: { root: 'Tagging', missing: 'NoSuchTagSet', isValid: isBucketTagging },
  'object-lock': {
    root: 'ObjectLockConfiguration',
    missing: 'ObjectLockConfigurationNotFoundError',
    isValid: isObjectLock,
  },
};

function inside(...content: readonly XmlChild[]): string {
  return content.map(({ xml }) => xml).join('');
}

export const DEFAULT_ENCRYPTION = inside(
  element('Rule', [
    element('ApplyServerSideEncryptionByDefault', [element('SSEAlgorithm', 'AES256')]),
    element('BucketKeyEnabled', false),
  ]),
);

/** Amazon S3 User Guide: since 2023 every new bucket encrypts, is closed to the public, and knows no access lists. */
export const DEFAULT_CONFIGURATION: Configuration = {
  encryption: DEFAULT_ENCRYPTION,
  publicAccessBlock: inside(...FLAGS.map((flag) => element(flag, true))),
  ownershipControls: inside(element('Rule', [element('ObjectOwnership', 'BucketOwnerEnforced')])),
};
