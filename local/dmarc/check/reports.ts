/** Whether reports reach the addresses that a record names. */
import type { DmarcDiscovery } from '../../../shared/auth/dmarc/discover.ts';
import type { LookupTxt } from '../../../shared/auth/types.ts';
import {
  MAX_DESTINATIONS,
  mailtoAddress,
  type Refusal,
  reportDestinations,
} from '../../../shared/reports/aggregate/destinations.ts';
import { type Finding, problem, warning } from './finding.ts';

export interface ReportingAddress {
  readonly tag: 'rua' | 'ruf';
  readonly uri: string;
  /** Where reports go: another address when its owner says so; empty when nowhere. */
  readonly goesTo: readonly string[];
  /** Reports go to another address than the one in the record: its owner says so. */
  readonly redirected: boolean;
  readonly findings: readonly Finding[];
}

const CLAUSE = 'aggregate-reporting-32 §4';

/** dmarcbis-41 §4.7 sets no number of addresses; receivers do. */
const SAID: Readonly<Record<Refusal, (domain: string, host: string) => Finding>> = {
  malformed: () => problem('is no address that a report can be sent to', 'aggregate-reporting-32 §3.5'),
  'too-many': () =>
    warning(
      `is behind ${MAX_DESTINATIONS} others: receivers may ignore it, and it is not looked at here`,
      'aggregate-reporting-32 §3.5',
    ),
  'not-authorized': (domain, host) =>
    problem(
      `is of another organization, and ${domain}._report._dmarc.${host} has no TXT record "v=DMARC1"`,
      CLAUSE,
    ),
  'override-elsewhere': () =>
    problem('its owner names an address at another host, so nothing is sent', CLAUSE),
  'name-too-long': () =>
    problem('is of another organization, and the name to ask is too long for the DNS', CLAUSE),
  temporary: () => warning('is of another organization, and its DNS does not answer', CLAUSE),
};

/** One by one, as a receiver does. */
export async function checkReporting(
  discovery: DmarcDiscovery | undefined,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<readonly ReportingAddress[]> {
  const { record, at, orgDomain } = discovery ?? {};
  if (record === undefined || at === undefined) return [];
  const checked: ReportingAddress[] = [];
  for (const tag of ['rua', 'ruf'] as const) {
    for (const uri of record[tag].slice(0, MAX_DESTINATIONS)) {
      const question = { domain: at, orgDomain: orgDomain ?? at, tag, uris: [uri] };
      const { addresses, refused } = await reportDestinations(question, lookupTxt, signal);
      const own = mailtoAddress(uri);
      const host = own?.slice(own.lastIndexOf('@') + 1) ?? '';
      const findings = refused.map((why) => SAID[why](at, host));
      const redirected = addresses.some((address) => address !== own);
      checked.push({ tag, uri, goesTo: addresses, redirected, findings });
    }
    checked.push(...record[tag].slice(MAX_DESTINATIONS).map((uri) => notAsked(tag, uri)));
  }
  return checked;
}

/** Whoever has that many costs everybody who reports as many questions of the DNS. */
function notAsked(tag: ReportingAddress['tag'], uri: string): ReportingAddress {
  return { tag, uri, goesTo: [], redirected: false, findings: [SAID['too-many']('', '')] };
}
