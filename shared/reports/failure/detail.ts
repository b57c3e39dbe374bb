/**
 * What a message that fails DMARC leaves for a failure report (failure-reporting-24 §2, §4): what failed, and the header fields that
 * help to find out why. No local part of an address, no subject, no word of the body and no name of a person is in it (§7.1; RFC 6590).
 */
import type { DmarcRecord } from '../../auth/dmarc/record.ts';
import type { DkimEvidence, Evidence } from '../../auth/evidence-types.ts';
import type { Message } from '../../mime/types.ts';
import type { DmarcAction } from '../../policy/types-dmarc.ts';
import { type Members, membersOf, text, word } from '../aggregate/collect-json.ts';
import { MAX_HEADER_CHARS, redactedHeader } from './redact.ts';

const ALIGNMENTS = ['dkim', 'spf', 'dkim, spf'] as const;
/** RFC 6591 §3.2.2; `policy` is one that authentication kept from the inbox, without saying how. */
const DELIVERIES = ['delivered', 'spam', 'policy', 'reject', 'other'] as const;

export interface FailureDetail {
  /** Mechanisms that gave no aligned identifier (`Identity-Alignment`, failure-reporting-24 §4 item 2). */
  readonly alignment: (typeof ALIGNMENTS)[number];
  /** Of an aligned signature that failed, if there was one. */
  readonly dkim?: { readonly domain: string; readonly selector: string; readonly identity: string };
  /** What became of the message (`Delivery-Result`). */
  readonly delivery: (typeof DELIVERIES)[number];
  /** Header fields, redacted, each ended by CRLF. */
  readonly header: string;
}

/** Reads what was kept as JSON. Throws RangeError when it is something else. */
export function readFailureDetail(detail: Members): FailureDetail {
  const dkim = detail['dkim'] === undefined ? undefined : membersOf(detail['dkim']);
  return {
    alignment: word(detail['alignment'], ALIGNMENTS),
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domain: text(dkim['domain']),
            selector: text(dkim['selector']),
            identity: text(dkim['identity']),
          },
        }),
    delivery: word(detail['delivery'], DELIVERIES),
    header: text(detail['header'], MAX_HEADER_CHARS),
  };
}

/**
 * What a failure report would say of the message; undefined where there is to be none: the record asks for none, or not for such a
 * failure; it is a public suffix's (failure-reporting-24 §2); or a machine or a list sent the message, so that a report could go
 * round in circles, or show who is on a list (§5.1, §7.1).
 */
export function failureDetail(
  evidence: Evidence,
  record: DmarcRecord,
  action: DmarcAction,
  message: Message,
): FailureDetail | undefined {
  const { author, dmarc, automatic } = evidence;
  if (author.kind !== 'one' || automatic || record.ruf.length === 0 || record.psd === 'y') return undefined;
  if (dmarc.result !== 'fail' && dmarc.result !== 'pass') return undefined;
  const aligned = (by: 'dkim' | 'spf') => dmarc.aligned.some((each) => each.by === by);
  const [dkim, spf] = [aligned('dkim'), aligned('spf')];
  if (!isAskedFor(record, dkim, spf)) return undefined;
  const failed = dkim ? undefined : failedSignature(evidence, author.domain);
  return {
    alignment: dkim ? 'spf' : spf ? 'dkim' : 'dkim, spf',
    ...(failed === undefined ? {} : { dkim: failed }),
    delivery: DELIVERY[action],
    header: redactedHeader(message, author.domain),
  };
}

/** dmarcbis-41 §4.7 `fo`: 0 where no mechanism gives an aligned pass, 1 where one of them does not; `d` and `s` are other reports. */
function isAskedFor({ fo }: DmarcRecord, dkim: boolean, spf: boolean): boolean {
  if (fo.includes('1')) return !(dkim && spf);
  return fo.includes('0') && !dkim && !spf;
}

const DELIVERY: Readonly<Record<DmarcAction, FailureDetail['delivery']>> = {
  default: 'delivered',
  neverJunk: 'delivered',
  junk: 'spam',
  bounce: 'reject',
  drop: 'policy',
};

/** failure-reporting-24 §4 item 1: DKIM-Domain and the rest are required for a failure of an aligned identifier. */
function failedSignature({ dkim, discovery }: Evidence, author: string): FailureDetail['dkim'] {
  const orgDomain = typeof discovery === 'object' ? (discovery.orgDomain ?? author) : author;
  const isAligned = ({ domain, result }: DkimEvidence): boolean =>
    result !== 'pass' && domain !== undefined && (domain === orgDomain || domain.endsWith(`.${orgDomain}`));
  const { domain, selector, identityDomain } = dkim.find(isAligned) ?? {};
  if (domain === undefined || selector === undefined) return undefined;
  return { domain, selector, identity: `@${identityDomain ?? domain}` };
}
