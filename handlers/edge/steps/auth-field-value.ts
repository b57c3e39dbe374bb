/** The value of `X-Mailroom-Auth`: what was decided, then what that rests on, as an Authentication-Results field says it. */
import { writeAuthenticationResults } from '../../../shared/auth/authentication-results/write.ts';
import type { DmarcDecision } from '../../../shared/auth/dmarc/decision-types.ts';
import type { Evidence, MethodResult } from '../../../shared/auth/evidence-types.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';

/** More signatures than these tell a reader nothing, and a sender can add them without end. */
const MAX_SIGNATURES_TOLD = 8;
/** RFC 8601 §2.7.7: a method of one's own begins so. */
const OWN_METHOD = 'x-mailroom';

type Property = MethodResult['properties'][number];

export function authFieldValue(
  organization: OrganizationPolicy,
  evidence: Evidence,
  decision: DmarcDecision,
): string {
  const { action, wouldBe, reason } = decision;
  const watched = wouldBe === action ? [] : [property('policy', 'would-be', wouldBe)];
  const own = { method: OWN_METHOD, result: action, reason, properties: watched };
  return written(organization, [own, ...resultsOf(evidence, decision)]);
}

/** Where nothing could be decided. `reason` is a fixed word. */
export function undecidedFieldValue(
  organization: OrganizationPolicy,
  action: string,
  reason: string,
): string {
  return written(organization, [{ method: OWN_METHOD, result: action, reason, properties: [] }]);
}

function resultsOf(evidence: Evidence, { published }: DmarcDecision): readonly MethodResult[] {
  const { author, dmarc, dkim, spf, arc } = evidence;
  const results: MethodResult[] = [];
  // RFC 8601 has no word for what is not known.
  if (dmarc.result !== 'unknown')
    results.push(
      result('dmarc', dmarc.result, [
        ...(published === undefined ? [] : [property('policy', 'dmarc', published)]),
        ...(author.kind === 'one' ? [property('header', 'from', author.domain)] : []),
      ]),
    );
  for (const { result: word, domain, selector } of dkim.slice(0, MAX_SIGNATURES_TOLD))
    results.push(
      result('dkim', word, [
        ...(domain === undefined ? [] : [property('header', 'd', domain)]),
        ...(selector === undefined ? [] : [property('header', 's', selector)]),
      ]),
    );
  if (spf !== undefined)
    results.push(
      result('spf', spf.result, spf.domain === undefined ? [] : [property('smtp', 'mailfrom', spf.domain)]),
    );
  if (arc !== undefined) results.push(result('arc', arc.result, []));
  return results;
}

function result(method: string, word: string, properties: readonly Property[]): MethodResult {
  return { method, result: word, reason: undefined, properties };
}

function property(type: string, name: string, value: string): Property {
  return { type, name, value };
}

/** On one line: it is folded where it is put, and a field of ours holds no octet that a reader could take for something else. */
function written({ domains }: OrganizationPolicy, results: readonly MethodResult[]): string {
  const value = writeAuthenticationResults({ authservId: domains[0] ?? 'mailroom', version: 1, results });
  return value.replace(/\r\n /g, ' ').replace(/[^ -~]/g, '?');
}
