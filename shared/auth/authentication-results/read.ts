/**
 * Authentication-Results (RFC 8601): how the system that took a message in from outside tells those behind it what it
 * found when it checked SPF, DKIM and DMARC. Everyone can write such a field, so only one's own system's counts, and
 * only from the place where that system writes (RFC 8601 §5, §7.1). Here that system is Amazon SES: `ses-block.ts` finds
 * the place, `ses-results.ts` reads the field, and this file holds both against what the message says of itself.
 */

import { isAutomatic } from '../../mime/message-kinds.ts';
import type { Message } from '../../mime/types.ts';
import { authorDomain } from '../author.ts';
import type { AuthorDomain, SesEvidence } from '../types.ts';
import { findSesBlock } from './ses-block.ts';
import { type DmarcResult, lastDmarcResult, readSesResults } from './ses-results.ts';

/**
 * What SES found, or why nothing can be believed. Never throws; `why` is one of a few fixed sentences.
 * That a block stands at the top does not prove that SES wrote it: see `OrganizationPolicy.trustSesHeaders`.
 */
export function readSesEvidence(message: Message, knownAuthor?: AuthorDomain): SesEvidence {
  const block = findSesBlock(message);
  if (block.state === 'absent') return block;
  const author = knownAuthor ?? authorDomain(message);
  const results = readSesResults(block.authenticationResults, block.receivedSpf);
  const unclear = block.odd ?? (results.state === 'ambiguous' ? results.why : undefined);
  if (unclear !== undefined) {
    const against = speaksAgainst(lastDmarcResult(block.authenticationResults), author);
    return { state: 'ambiguous', why: unclear, ...(against === undefined ? {} : { against }) };
  }
  if (results.state !== 'read') return results;
  const contradiction = contradicts(results.dmarc, author);
  if (contradiction !== undefined) return contradiction;
  const { spf, dkim, dmarc } = results;
  const automatic = block.nullSender || spf.envelopeFromDomain === undefined || isAutomatic(message);
  return {
    state: 'present',
    spf: { result: spf.result, envelopeFromDomain: spf.envelopeFromDomain },
    dkim,
    dmarc,
    automatic,
  };
}

/** SES must have judged the author whom From shows here, or the result is about somebody else. */
function contradicts(dmarc: DmarcResult, author: AuthorDomain): SesEvidence | undefined {
  if (speaksAgainst(dmarc, author) === 'another-author')
    return { state: 'ambiguous', why: 'the dmarc result is for another domain', against: 'another-author' };
  if (author.kind === 'one' || dmarc.result !== 'pass') return undefined;
  return { state: 'ambiguous', why: 'a dmarc pass where From has not one author' };
}

function speaksAgainst(
  dmarc: DmarcResult | undefined,
  author: AuthorDomain,
): 'fails' | 'another-author' | undefined {
  if (author.kind !== 'one' || dmarc === undefined) return undefined;
  const { headerFromDomain } = dmarc;
  if (headerFromDomain !== undefined && headerFromDomain !== author.domain) return 'another-author';
  return dmarc.result === 'fail' ? 'fails' : undefined;
}
