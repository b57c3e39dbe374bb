/** The evidence in the words of Authentication-Results (RFC 8601 §2.7). */
import type { Evidence, MethodResult } from '../../../shared/auth/evidence-types.ts';

/** More signatures than these tell a reader nothing, and a sender can add them without end. */
const MAX_SIGNATURES_TOLD = 8;

type Property = MethodResult['properties'][number];

/** One result for each method. `published`: what the domain asks for, where it is told. */
export function authResults(evidence: Evidence, published: string | undefined): readonly MethodResult[] {
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

export function property(type: string, name: string, value: string): Property {
  return { type, name, value };
}
