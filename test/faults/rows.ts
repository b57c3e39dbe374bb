/** The table of docs/failures.md: each row is run against the stand-in, and the page shows it in these words. */
import type { FaultRow } from './row.ts';
import { cuts, outbound } from './rows-connections.ts';
import { lambda, single } from './rows-functions.ts';
import { keeping } from './rows-keep.ts';
import { policy, rights } from './rows-rights.ts';
import { aws, hangs } from './rows-services.ts';

export const ROWS: readonly FaultRow[] = [
  ...rights,
  ...policy,
  ...aws,
  ...hangs,
  ...cuts,
  ...keeping,
  ...lambda,
  ...single,
  ...outbound,
];
