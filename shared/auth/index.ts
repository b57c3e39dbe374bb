/**
 * Who sent a message, and what follows from it: one folder for each standard.
 *
 *     const evidence = readSesEvidence(message);   // what SES found (RFC 8601, from SES's own block only)
 *     const author = authorDomain(message);        // whom From shows, if every reader agrees
 *     // All that is known, DKIM verified here; in `evidence.ts`, since it needs more code than the rest:
 *     const gathered = await gatherEvidence({ message, organization, lookupDns, signal, nowMs });
 *     senderScope({ evidence, author, organization, gathered }).scope;   // 'inside' | 'outside'
 *     decideDmarc(gathered, policy, { organization, recipients, nowMs });  // what is done, for each recipient
 *
 * Nothing here reads a clock or a network: DNS enters as `lookupTxt`.
 */
export { readSesEvidence } from './authentication-results/read.ts';
export { authorDomain } from './author.ts';
export { decideDmarc } from './dmarc/decide.ts';
export type { DmarcContext, DmarcDecision, RecipientDecision } from './dmarc/decision-types.ts';
export {
  type DiscoverOptions,
  type DmarcDiscovery,
  discoverDmarc,
  effectivePolicy,
} from './dmarc/discover.ts';
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
