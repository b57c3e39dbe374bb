/**
 * Who sent a message, and what follows from it: one folder for each standard.
 *
 *     const evidence = readSesEvidence(message);   // what SES found (RFC 8601, from SES's own block only)
 *     const author = authorDomain(message);        // whom From shows, if every reader agrees
 *     senderScope({ evidence, author, organization }).scope;             // 'inside' | 'outside'
 *     await enforceDmarc({ evidence, author, policy, organization, lookupTxt, signal });
 *
 * Nothing here reads a clock or a network: DNS enters as `lookupTxt`.
 */
export { readSesEvidence } from './authentication-results/read.ts';
export { authorDomain } from './author.ts';
export { createDmarcCache, type DmarcCache, type DmarcCacheOptions } from './dmarc/cache.ts';
export {
  type DiscoverOptions,
  type DmarcDiscovery,
  discoverDmarc,
  effectivePolicy,
} from './dmarc/discover.ts';
export { type DmarcDecision, type DmarcInput, enforceDmarc } from './dmarc/enforce.ts';
export { type DmarcReason, REASONS } from './dmarc/reasons.ts';
export {
  type DmarcRecord,
  type ParsedRecord,
  type PublishedPolicy,
  parseDmarcRecord,
} from './dmarc/record.ts';
export { asciiDomain } from './domain.ts';
export { type SenderScope, type SenderScopeInput, senderScope } from './scope.ts';
export type { AuthorDomain, AuthResult, LookupTxt, SesEvidence, TxtAnswer } from './types.ts';
