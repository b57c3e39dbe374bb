import type { ProbeCase } from '../probe.ts';
import { BUCKETS } from './buckets.ts';
import { CHECKSUMS } from './checksums.ts';
import { CONDITIONS } from './conditions.ts';
import { COPIES_AND_TAGS } from './copies-and-tags.ts';
import { LISTS } from './lists.ts';
import { LOCK } from './lock.ts';
import { MULTIPART } from './multipart.ts';
import { OBJECTS } from './objects.ts';
import { PRESIGNED } from './presigned.ts';
import { RANGES } from './ranges.ts';
import { VERSIONS } from './versions.ts';

export const CASES: readonly ProbeCase[] = [
  ...OBJECTS,
  ...CHECKSUMS,
  ...CONDITIONS,
  ...RANGES,
  ...VERSIONS,
  ...LOCK,
  ...MULTIPART,
  ...COPIES_AND_TAGS,
  ...LISTS,
  ...PRESIGNED,
  ...BUCKETS,
];
