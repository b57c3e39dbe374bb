/**
 * A failure report (failure-reporting-24 §4, over the format of RFC 6591): a text for people, the fields for machines, and the header
 * fields of one message of its kind. The body is in none.
 */
import { createHash } from 'node:crypto';
import { type Envelope, reportFields } from '../aggregate/write-message.ts';
import type { FailureKind } from './collect.ts';

export interface FailureReport {
  readonly kind: FailureKind;
  /** The domain of the Mail Receiver, which reports. */
  readonly receiver: string;
  /** `2026-11-20`: the day whose failures are reported. */
  readonly day: string;
  /** The TXT record that SPF went by, where an aligned envelope sender failed. */
  readonly spfRecord?: string;
}

const EOL = '\r\n';
/** RFC 5322 §2.1.1: a line has 998 characters at most. */
const MAX_RECORD_CHARS = 900;

/** The same for the same failure: what is sent again has the same Message-ID. */
export function failureReportId({ kind, receiver, day }: FailureReport): string {
  const words = ['failure', receiver, kind.example.policy.domain, day, kind.key].join('\0');
  return createHash('sha256').update(words).digest('hex').slice(0, 32);
}

/** The whole message, with CRLF line ends. Throws PermanentError for an address that is none. */
export function composeFailureReport(report: FailureReport, envelope: Envelope): Uint8Array {
  const id = failureReportId(report);
  const boundary = `=_${createHash('sha256').update(`boundary ${id}`).digest('hex').slice(0, 32)}`;
  const type = `multipart/report; report-type=feedback-report;${EOL} boundary="${boundary}"`;
  const { headerFrom } = report.kind.example.record.identifiers;
  const lines = [
    reportFields(envelope, `DMARC failure report for ${headerFrom}`, id, type),
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...textFor(report),
    '',
    `--${boundary}`,
    'Content-Type: message/feedback-report',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...feedback(report),
    '',
    `--${boundary}`,
    // failure-reporting-24 Appendix A: this type where the body is not included.
    'Content-Type: text/rfc822-headers',
    'Content-Transfer-Encoding: 7bit',
    '',
    `${report.kind.example.failure.header}`,
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join(EOL), 'latin1');
}

function textFor({ kind: { example, incidents } }: FailureReport): readonly string[] {
  return [
    'This is an authentication failure report. A machine wrote it.',
    '',
    `Messages:      ${incidents}`,
    `From domain:   ${example.record.identifiers.headerFrom}`,
    `Received from: ${example.record.sourceIp}`,
    '',
    'Of one of them some header fields follow, without the local parts of addresses.',
  ];
}

function feedback({ kind, receiver, spfRecord }: FailureReport): readonly string[] {
  const { example, incidents } = kind;
  const { failure, record } = example;
  const { headerFrom, envelopeFrom } = record.identifiers;
  const dkim = failure.dkim;
  return [
    'Feedback-Type: auth-failure',
    'Version: 1',
    'User-Agent: Mailroom/1.0',
    'Auth-Failure: dmarc',
    `Authentication-Results: ${receiver};`,
    ` dmarc=${failure.alignment === 'dkim, spf' ? 'fail' : 'pass'} header.from=${headerFrom}`,
    `Identity-Alignment: ${failure.alignment}`,
    ...(dkim === undefined
      ? []
      : [
          `DKIM-Domain: ${oneWord(dkim.domain)}`,
          `DKIM-Identity: ${oneWord(dkim.identity)}`,
          `DKIM-Selector: ${oneWord(dkim.selector)}`,
        ]),
    ...(spfRecord === undefined || envelopeFrom === undefined
      ? []
      : [`SPF-DNS: txt : ${envelopeFrom} :`, ` "${quotable(spfRecord)}"`]),
    `Delivery-Result: ${failure.delivery}`,
    `Arrival-Date: ${new Date(example.atSeconds * 1000).toUTCString().replace('GMT', '+0000')}`,
    `Source-IP: ${record.sourceIp}`,
    `Reported-Domain: ${headerFrom}`,
    `Incidents: ${incidents}`,
  ];
}

/** Of a signature's: a selector is what its sender wrote. */
function oneWord(text: string): string {
  return text.slice(0, MAX_RECORD_CHARS).replaceAll(/[^\x21-\x7e]/g, '?');
}

/** A record of somebody else's within quotes, on one line. */
function quotable(record: string): string {
  return record.slice(0, MAX_RECORD_CHARS).replaceAll(/[^\x20-\x7e]|["\\]/g, '?');
}
