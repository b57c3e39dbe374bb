/** The value of `X-Mailroom-Auth`: what was decided, then what that rests on, as an Authentication-Results field says it. */
import { writeAuthenticationResults } from '../../../shared/auth/authentication-results/write.ts';
import type { DmarcDecision } from '../../../shared/auth/dmarc/decision-types.ts';
import type { Evidence, MethodResult } from '../../../shared/auth/evidence-types.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { authResults, property } from './auth-results.ts';

/** RFC 8601 §2.7.7: a method of one's own begins so. */
const OWN_METHOD = 'x-mailroom';

export function authFieldValue(
  organization: OrganizationPolicy,
  evidence: Evidence,
  decision: DmarcDecision,
): string {
  const { action, wouldBe, reason, published } = decision;
  const watched = wouldBe === action ? [] : [property('policy', 'would-be', wouldBe)];
  const own = { method: OWN_METHOD, result: action, reason, properties: watched };
  return written(organization, [own, ...authResults(evidence, published)]);
}

/** Where nothing could be decided. `reason` is a fixed word. */
export function undecidedFieldValue(
  organization: OrganizationPolicy,
  action: string,
  reason: string,
): string {
  return written(organization, [{ method: OWN_METHOD, result: action, reason, properties: [] }]);
}

/** On one line: it is folded where it is put, and a field of ours holds no octet that a reader could take for something else. */
function written({ domains }: OrganizationPolicy, results: readonly MethodResult[]): string {
  const value = writeAuthenticationResults({ authservId: domains[0] ?? 'mailroom', version: 1, results });
  return value.replace(/\r\n /g, ' ').replace(/[^ -~]/g, '?');
}
