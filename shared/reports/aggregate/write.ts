/**
 * The XML of a report (aggregate-reporting-32 §3.1.1 and Appendix A, dmarc-aggregate-2.0.xsd). The elements stand in the order of the
 * tables of §3.1.1; where the schema leaves the order free, readers do not all know that.
 */
import {
  type AggregateReport,
  type PolicyPublished,
  REPORT_NAMESPACE,
  type ReportMetadata,
  type ReportRecord,
} from './model.ts';

type Content = string | number | undefined | readonly string[];

/** An element with text, with other elements, or nothing where there is no content. */
function element(name: string, content: Content): string {
  if (content === undefined) return '';
  const inner = typeof content === 'object' ? content.join('') : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

/** XML 1.0 §2.2: what is no character of a document can stand in none, escaped or not. */
const NO_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(NO_CHARACTER, '\ufffd')
    .replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? '');
}

function metadata(data: ReportMetadata): string {
  const { dateRange } = data;
  return element('report_metadata', [
    element('org_name', data.orgName),
    element('email', data.email),
    element('extra_contact_info', data.extraContactInfo),
    element('report_id', data.reportId),
    element('date_range', [element('begin', dateRange.begin), element('end', dateRange.end)]),
    element('error', data.errors === undefined ? undefined : data.errors.join('; ')),
    element('generator', data.generator),
  ]);
}

function published(policy: PolicyPublished): string {
  return element('policy_published', [
    element('domain', policy.domain),
    element('discovery_method', policy.discoveryMethod),
    element('p', policy.p),
    element('sp', policy.sp),
    element('np', policy.np),
    element('fo', policy.fo),
    element('adkim', policy.adkim),
    element('aspf', policy.aspf),
    element('testing', policy.testing),
  ]);
}

/** One `record`, by itself: a report is as long as its rows. */
function recordXml({ sourceIp, count, policyEvaluated, identifiers, authResults }: ReportRecord): string {
  const reasons = policyEvaluated.reasons.map(({ type, comment }) =>
    element('reason', [element('type', type), element('comment', comment)]),
  );
  const evaluated = [
    element('disposition', policyEvaluated.disposition),
    element('dkim', policyEvaluated.dkim),
    element('spf', policyEvaluated.spf),
    ...reasons,
  ];
  const dkim = authResults.dkim.map((each) =>
    element('dkim', [
      element('domain', each.domain),
      element('selector', each.selector),
      element('result', each.result),
      element('human_result', each.humanResult),
    ]),
  );
  const spf = authResults.spf.map((each) =>
    element('spf', [
      element('domain', each.domain),
      element('scope', each.scope),
      element('result', each.result),
      element('human_result', each.humanResult),
    ]),
  );
  return element('record', [
    element('row', [
      element('source_ip', sourceIp),
      element('count', count),
      element('policy_evaluated', evaluated),
    ]),
    element('identifiers', [
      element('header_from', identifiers.headerFrom),
      element('envelope_from', identifiers.envelopeFrom),
      element('envelope_to', identifiers.envelopeTo),
    ]),
    element('auth_results', [...dkim, ...spf]),
  ]);
}

/** The whole document. A report must have one record at least (§3.1.1.2). */
export function aggregateXml(report: AggregateReport): string {
  const parts = [
    element('version', report.version),
    metadata(report.metadata),
    published(report.policyPublished),
    ...report.records.map(recordXml),
  ];
  const lines = parts.filter((part) => part !== '').join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<feedback xmlns="${REPORT_NAMESPACE}">\n${lines}\n</feedback>\n`;
}
