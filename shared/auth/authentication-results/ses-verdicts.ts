/** The spam and virus verdicts of SES, from the block that it writes at the top and from nowhere else. */
import type { Message } from '../../mime/types.ts';
import { findSesBlock } from './ses-block.ts';

export type Verdict = 'pass' | 'fail' | 'gray' | 'processingFailed' | 'absent';

export interface SesVerdicts {
  readonly spam: Verdict;
  readonly virus: Verdict;
}

/** SES's own words (https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html). */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['PASS', 'pass'],
  ['FAIL', 'fail'],
  ['GRAY', 'gray'],
  ['PROCESSING_FAILED', 'processingFailed'],
]);

/** Absent where SES does not scan, where there is no block of SES, or where a verdict is none of its words. Never throws. */
export function readSesVerdicts(message: Message): SesVerdicts {
  const block = findSesBlock(message);
  if (block.state !== 'found') return { spam: 'absent', virus: 'absent' };
  return { spam: verdictOf(block.spamVerdict), virus: verdictOf(block.virusVerdict) };
}

function verdictOf(text: string): Verdict {
  return VERDICTS.get(text.trim().toUpperCase()) ?? 'absent';
}
