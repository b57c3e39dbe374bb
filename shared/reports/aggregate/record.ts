/** One `record` of a report (aggregate-reporting-32 §3.1.1.7 and below). */
import { MAX_COUNT } from './limits.ts';
import {
  DISPOSITIONS,
  DKIM_RESULTS,
  OLD_OVERRIDE_TYPES,
  OVERRIDE_TYPES,
  type OverrideReason,
  type PolicyEvaluated,
  type ReportedDkim,
  type ReportedSpf,
  type ReportRecord,
  SPF_RESULTS,
} from './model.ts';
import { addressOf, type Deviations, numberOf, wordOf } from './values.ts';
import { childOf, textAt, type XmlElement } from './xml.ts';

const ALL_OVERRIDES = [...OVERRIDE_TYPES, ...OLD_OVERRIDE_TYPES];
/** §3.1.3: "no more than 100 signatures". */
const MAX_SIGNATURES = 100;
/** Against: one record of thousands of reasons; there are seven. */
const MAX_REASONS = 20;

/** Undefined when what counts in it cannot be read. */
export function readRecord(record: XmlElement, deviations: Deviations): ReportRecord | undefined {
  const row = childOf(record, 'row');
  const sourceIp = addressOf(textAt(row, 'source_ip'));
  const count = numberOf(textAt(row, 'count'));
  const headerFrom = domainText(textAt(identifiersOf(record), 'header_from'));
  const policyEvaluated = readEvaluated(childOf(row, 'policy_evaluated'), deviations);
  if (sourceIp === undefined || count === undefined || count > MAX_COUNT) return undefined;
  if (headerFrom === undefined || headerFrom === '' || policyEvaluated === undefined) return undefined;
  const envelopeFrom = domainText(textAt(identifiersOf(record), 'envelope_from'));
  const envelopeTo = domainText(textAt(identifiersOf(record), 'envelope_to'));
  return {
    sourceIp,
    count,
    policyEvaluated,
    identifiers: {
      headerFrom,
      ...(envelopeFrom === undefined ? {} : { envelopeFrom }),
      ...(envelopeTo === undefined ? {} : { envelopeTo }),
    },
    authResults: readResults(childOf(record, 'auth_results'), deviations),
  };
}

/** RFC 7489 Appendix C spells it both `identifiers` and, in its sample, `identities`. */
function identifiersOf(record: XmlElement): XmlElement | undefined {
  return childOf(record, 'identifiers') ?? childOf(record, 'identities');
}

/** Names are compared without regard to case (RFC 4343). */
function domainText(text: string | undefined): string | undefined {
  return text?.toLowerCase().replace(/\.$/, '');
}

function readEvaluated(element: XmlElement | undefined, deviations: Deviations): PolicyEvaluated | undefined {
  const disposition = wordOf(textAt(element, 'disposition'), DISPOSITIONS, deviations);
  const dkim = wordOf(textAt(element, 'dkim'), ['pass', 'fail'] as const, deviations);
  const spf = wordOf(textAt(element, 'spf'), ['pass', 'fail'] as const, deviations);
  if (element === undefined || disposition === undefined || dkim === undefined || spf === undefined)
    return undefined;
  const reasons = element.children
    .filter(({ name }) => name === 'reason')
    .slice(0, MAX_REASONS)
    .flatMap((reason) => readReason(reason, deviations));
  return { disposition, dkim, spf, reasons };
}

/** An empty one says nothing; a word that nobody registered is "not covered by the other entries", which is `other`. */
function readReason(reason: XmlElement, deviations: Deviations): OverrideReason[] {
  const text = textAt(reason, 'type') ?? '';
  const comment = textAt(reason, 'comment') ?? '';
  if (text === '' && comment === '') {
    deviations.add('empty-reason');
    return [];
  }
  const type = wordOf(text, ALL_OVERRIDES, deviations) ?? 'other';
  return [{ type, ...(comment === '' ? {} : { comment }) }];
}

function readResults(element: XmlElement | undefined, deviations: Deviations): ReportRecord['authResults'] {
  if (element === undefined) deviations.add('no-auth-results');
  const named = (name: string): XmlElement[] =>
    (element?.children ?? []).filter((child) => child.name === name).slice(0, MAX_SIGNATURES);
  return {
    dkim: named('dkim').flatMap((one) => readDkim(one, deviations)),
    spf: named('spf').flatMap((one) => readSpf(one, deviations)),
  };
}

function readDkim(element: XmlElement, deviations: Deviations): ReportedDkim[] {
  const result = resultOf(element, DKIM_RESULTS, deviations);
  if (result === undefined) return [];
  const selector = textAt(element, 'selector') ?? '';
  if (selector === '') deviations.add('no-selector');
  return [
    {
      domain: domainText(textAt(element, 'domain')) ?? '',
      ...(selector === '' ? {} : { selector }),
      result,
      ...humanResult(element),
    },
  ];
}

function readSpf(element: XmlElement, deviations: Deviations): ReportedSpf[] {
  const result = resultOf(element, SPF_RESULTS, deviations);
  if (result === undefined) return [];
  const scope = wordOf(textAt(element, 'scope'), ['mfrom', 'helo'] as const, deviations);
  const domain = domainText(textAt(element, 'domain')) ?? '';
  return [{ domain, ...(scope === undefined ? {} : { scope }), result, ...humanResult(element) }];
}

/** Words before RFC 8601: `hardfail` (RFC 5451), `unknown` and `error` (the drafts of RFC 4408). */
const OLD_RESULTS: Readonly<Record<string, string>> = {
  hardfail: 'fail',
  unknown: 'permerror',
  error: 'temperror',
};

function resultOf<T extends string>(
  element: XmlElement,
  allowed: readonly T[],
  deviations: Deviations,
): T | undefined {
  const text = textAt(element, 'result') ?? '';
  const old = OLD_RESULTS[text.toLowerCase()];
  if (old !== undefined) deviations.add('old-word');
  return wordOf(old ?? text, allowed, deviations);
}

function humanResult(element: XmlElement): { readonly humanResult?: string } {
  const text = textAt(element, 'human_result') ?? '';
  return text === '' ? {} : { humanResult: text };
}
