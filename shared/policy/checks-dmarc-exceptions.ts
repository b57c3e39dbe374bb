/** What lets mail through that does not pass DMARC: whether its evidence can hold, is worth something, and is still meant. */
import { listOf, OWN_LIST } from './address-items.ts';
import type { CheckedDmarc } from './checks-dmarc.ts';
import { quote } from './report.ts';
import { sharedService } from './shared-services.ts';
import { closest } from './suggest.ts';
import type { AuthenticatedBy, DmarcException } from './types.ts';

const DAY_MS = 86_400_000;
/** Enough to ask whoever wanted it. */
const WARN_BEFORE_DAYS = 30;

type Path = readonly (string | number)[];

/** Reports on exceptions, and on the allowed senders of own domains. */
export function checkExceptions(at: CheckedDmarc): void {
  const { dmarc, report, place } = at;
  for (const [index, exception] of dmarc.exceptions.entries()) {
    const path: Path = ['exceptions', index];
    checkEvidence(at, exception.authenticatedBy, [...path, 'authenticatedBy']);
    checkExpiry(at, exception, path);
    const everyone = exception.from.indexOf('*');
    if (everyone >= 0)
      report.warn(
        place(...path, 'from', everyone),
        "holds for every author but your own: whoever is proved here may write in anybody's name",
      );
    if (isRepeated(exception, dmarc.exceptions.slice(0, index)))
      report.warn(place(...path), 'never asked: an earlier exception holds wherever this one does');
  }
  for (const [index, sender] of (dmarc.ownDomains?.allowedSenders ?? []).entries())
    checkEvidence(at, sender.authenticatedBy, ['ownDomains', 'allowedSenders', index, 'authenticatedBy']);
  checkListNames(at);
}

function checkEvidence(at: CheckedDmarc, by: AuthenticatedBy, path: Path): void {
  const { report, trusted, place, policy } = at;
  if (by.spf.length > 0 && !trusted)
    report.warn(
      place(...path, 'spf'),
      'never holds while organization.trustSesHeaders is not "always": nothing proves the envelope sender',
    );
  for (const kind of ['dkim', 'spf', 'arc'] as const) {
    for (const [index, domain] of by[kind].entries()) {
      const service = sharedService(domain);
      if (service !== undefined)
        report.warn(
          place(...path, kind, index),
          `every customer of ${service} has this proof, not only the sender that you mean`,
        );
    }
  }
  const names = (policy.organization.gateways ?? []).map(({ name }) => name);
  for (const [index, name] of by.gateway.entries()) {
    if (names.includes(name)) continue;
    const meant = closest(name, names);
    const hint =
      meant === undefined ? '; add it to organization.gateways' : `; did you mean ${quote(meant)}?`;
    report.error(place(...path, 'gateway', index), `there is no gateway ${quote(name)}${hint}`);
  }
  if (by.gateway.length > 0)
    report.warn(
      place(...path, 'gateway'),
      trusted
        ? 'a relay alone proves no sender: this is as good as what the gateway itself refuses'
        : 'never holds while organization.trustSesHeaders is not "always": nothing proves who handed a message to SES',
    );
}

function checkExpiry({ report, place, options }: CheckedDmarc, exception: DmarcException, path: Path): void {
  const { expires, owner } = exception;
  const { now, refuseExpired } = options;
  if (now === undefined || expires === undefined) return;
  const ask = owner === undefined ? '' : `; ask ${quote(owner)}`;
  if (expires <= now) {
    const message = `the exception has expired, so it does not hold: remove it or give it a later date${ask}`;
    if (refuseExpired === true) report.error(place(...path, 'expires'), message);
    else report.warn(place(...path, 'expires'), message);
  } else if (expires - now < WARN_BEFORE_DAYS * DAY_MS) {
    const days = Math.ceil((expires - now) / DAY_MS);
    report.warn(
      place(...path, 'expires'),
      `the exception expires in ${days} ${days === 1 ? 'day' : 'days'}${ask}`,
    );
  }
}

/** Whether an exception before it takes all of its mail. */
function isRepeated(exception: DmarcException, earlier: readonly DmarcException[]): boolean {
  return earlier.some(
    (one) =>
      one.expires === undefined &&
      within(exception.from, one.from) &&
      (one.to === undefined || (exception.to !== undefined && within(exception.to, one.to))) &&
      (['dkim', 'spf', 'arc', 'gateway'] as const).every((kind) =>
        within(exception.authenticatedBy[kind], one.authenticatedBy[kind]),
      ),
  );
}

function within(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}

/** `list:NAME` in `to` needs its list. */
function checkListNames({ dmarc, policy, report, place }: CheckedDmarc): void {
  const names = [OWN_LIST, ...policy.lists.keys()];
  const all = [
    ...dmarc.exceptions.map(({ to = [] }, index) => [to, ['exceptions', index, 'to']] as const),
    ...dmarc.recipients.map(({ to }, index) => [to, ['recipients', index, 'to']] as const),
  ];
  for (const [items, path] of all) {
    for (const [index, item] of items.entries()) {
      const list = listOf(item);
      if (list === undefined || names.includes(list)) continue;
      const meant = closest(list, names);
      const hint =
        meant === undefined ? '; add it to the section "lists"' : `; did you mean ${quote(meant)}?`;
      report.error(place(...path, index), `there is no list ${quote(list)}${hint}`);
    }
  }
}
