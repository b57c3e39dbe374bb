/** Free/busy as the page's server offers it: a query in, a status and JSON out. */
import type { AvailabilitySetting } from '../aws/control/account.ts';
import type { Organization } from '../organization.ts';
import { type AskOptions, askFreeBusy } from './ask.ts';
import { readQuestion } from './question.ts';
import type { FreeBusyReport } from './report.ts';
import type { AvailabilityProvider } from './settings.ts';

export type FreeBusyAnswer =
  | { readonly ok: true; readonly report: FreeBusyReport }
  | { readonly ok: false; readonly problem: string };

/** @param origin Address of who asks. */
export type FreeBusyService = (query: URLSearchParams, origin: string) => Promise<FreeBusyAnswer>;

export interface FreeBusyOptions extends Omit<AskOptions, 'organization' | 'providers'> {
  readonly organization: Organization;
  /** WorkMail's availability configurations, as they are at the time of a question. */
  readonly settings: () => readonly AvailabilitySetting[];
}

function providersOf(settings: readonly AvailabilitySetting[]): readonly AvailabilityProvider[] {
  return settings.map(({ domain, lambdaArn, ews }) =>
    lambdaArn === undefined ? { domain, ewsEndpoint: ews?.endpoint ?? '' } : { domain, lambdaArn },
  );
}

export function createFreeBusyService(options: FreeBusyOptions): FreeBusyService {
  const { organization, now } = options;
  const asking = { ...options, providers: () => providersOf(options.settings()) };
  return async (query, origin) => {
    const read = readQuestion(query, organization, { nowMs: now(), origin });
    if (!read.ok) return read;
    const { startMs, endMs } = read.question;
    const window = { startDate: new Date(startMs).toISOString(), endDate: new Date(endMs).toISOString() };
    const mailboxes = await askFreeBusy(asking, read.question);
    return { ok: true, report: { window, capBias: organization.assumptions.capBias, mailboxes } };
  };
}
