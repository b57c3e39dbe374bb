/** The section `dmarc` as a whole: evidence that nothing proves, answers to people who never wrote, entries without effect. */
import { isDeepStrictEqual } from 'node:util';
import type { CheckOptions } from './checks.ts';
import { checkExceptions } from './checks-dmarc-exceptions.ts';
import { domainOf, domainWithin } from './pattern.ts';
import { placeOf } from './place-of.ts';
import { type Place, quote, type Report } from './report.ts';
import { sharedService } from './shared-services.ts';
import type { Located } from './source.ts';
import type { AddressPattern, DmarcPolicy, DomainPolicy, Policy } from './types.ts';

/** What a section is checked with. */
export interface CheckedDmarc {
  readonly policy: Policy;
  readonly dmarc: DmarcPolicy;
  readonly report: Report;
  /** Whether SES's headers are proved. */
  readonly trusted: boolean;
  readonly options: CheckOptions;
  /** The place of a member of `dmarc`, or of the nearest thing around it. */
  place(...path: (string | number)[]): Place;
}

/** Reports what only the whole policy shows about `dmarc` and about who is guarded by it. */
export function checkDmarc(policy: Policy, root: Located, report: Report, options: CheckOptions): void {
  const trusted = policy.organization.trustSesHeaders === 'always';
  if (policy.organization.gateways !== undefined && !trusted)
    report.warn(
      placeOf(root, 'organization', 'gateways'),
      'no gateway is recognized while organization.trustSesHeaders is not "always": nothing proves who handed a message to SES',
    );
  checkGatewayNames(policy, root, report);
  if (policy.dmarc === undefined) return;
  const at: CheckedDmarc = {
    policy,
    dmarc: policy.dmarc,
    report,
    trusted,
    options,
    place: (...path) => placeOf(root, 'dmarc', ...path),
  };
  checkExceptions(at);
  checkBackscatter(at);
  checkSealers(at);
  checkSeal(at);
  checkReports(at);
  checkDomains(at);
  checkRecipients(at);
  checkGuards(at);
  checkMode(at);
}

function checkGatewayNames({ organization }: Policy, root: Located, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { name }] of (organization.gateways ?? []).entries()) {
    if (seen.has(name))
      report.error(
        placeOf(root, 'organization', 'gateways', index, 'name'),
        `another gateway is called ${quote(name)} too; each needs its own name`,
      );
    seen.add(name);
  }
}

/** Where mail may be bounced, and what comes of it. */
function checkBackscatter({ dmarc, report, trusted, place }: CheckedDmarc): void {
  const sections: readonly (readonly [
    Partial<DmarcPolicy['actions']> | undefined,
    readonly (string | number)[],
  ])[] = [
    [dmarc.actions, ['actions']],
    ...dmarc.domains.map(({ actions }, index) => [actions, ['domains', index, 'actions']] as const),
    ...dmarc.recipients.map(({ actions }, index) => [actions, ['recipients', index, 'actions']] as const),
    [{ reject: dmarc.ownDomains?.action ?? 'default' }, ['ownDomains', 'action']],
  ];
  let bounces = false;
  for (const [actions, path] of sections) {
    const published = (['none', 'quarantine', 'reject'] as const).find((one) => actions?.[one] === 'bounce');
    if (published === undefined) continue;
    bounces = true;
    if (!trusted && dmarc.bounceUnauthenticated !== 'bounce')
      report.warn(
        place(...path, published),
        `goes to ${dmarc.bounceUnauthenticated} instead while organization.trustSesHeaders is not "always": nothing proves the envelope sender`,
      );
  }
  if (dmarc.bounceUnauthenticated === 'bounce')
    report.warn(
      place('bounceUnauthenticated'),
      'answers people who never wrote (backscatter), which gets a domain onto block lists; "junk" keeps the mail',
    );
  else if (dmarc.bounceUnauthenticated === 'drop' && bounces)
    report.warn(place('bounceUnauthenticated'), 'dropped mail is gone, and nobody is told');
  if (dmarc.bounceText !== undefined && !bounces)
    report.warn(place('bounceText'), 'nothing is bounced, so nobody reads this');
}

function checkSealers({ dmarc, policy, report, place }: CheckedDmarc): void {
  for (const [index, sealer] of dmarc.trustedSealers.entries()) {
    const service = sharedService(sealer);
    if (service !== undefined)
      report.warn(
        place('trustedSealers', index),
        `anybody can have an account at ${service} and forward through it; give an exception for the senders that you mean`,
      );
    if (policy.organization.domains.includes(sealer))
      report.warn(place('trustedSealers', index), 'an own domain: mail is not forwarded to you by yourself');
  }
}

/** A seal speaks for its domain, and its key stands in that domain's DNS. */
function checkSeal({ dmarc, policy, report, place }: CheckedDmarc): void {
  const { domain } = dmarc.seal ?? {};
  if (domain !== undefined && !isOwnOrBelow(domain, policy))
    report.warn(place('seal', 'domain'), 'not one of organization.domains, nor below one');
}

/** Reports speak for the domain that they come from, and SES signs for nobody else's. */
function checkReports({ dmarc, policy, report, place }: CheckedDmarc): void {
  const { from } = dmarc.reports ?? {};
  if (from !== undefined && !isOwnOrBelow(domainOf(from), policy))
    report.error(
      place('reports', 'from'),
      `${quote(from)} is not an address of one of your own domains (${quote(policy.organization.domains.join(', '))})`,
    );
}

function isOwnOrBelow(domain: string, { organization }: Policy): boolean {
  return organization.domains.some((own) => domainWithin(`*.${own}`, domain));
}

/** Whether everything that `pattern` describes falls under one of `earlier`. */
function isCovered(pattern: AddressPattern, earlier: readonly AddressPattern[]): boolean {
  const wild = pattern.startsWith('*.');
  const domain = wild ? pattern.slice(2) : pattern;
  return earlier.some((one) => domainWithin(one, domain) && (!wild || one.startsWith('*.')));
}

function saysNothing({ treatAs, actions, whenProved }: DomainPolicy): boolean {
  return treatAs === undefined && actions === undefined && whenProved === 'default';
}

function checkDomains({ dmarc, report, place }: CheckedDmarc): void {
  const earlier: AddressPattern[] = [];
  for (const [index, entry] of dmarc.domains.entries()) {
    if (saysNothing(entry))
      report.error(
        place('domains', index),
        'says nothing about its domains: give "treatAs", "actions" or "whenProved: neverJunk"',
      );
    if (entry.domains.every((pattern) => isCovered(pattern, earlier)))
      report.warn(place('domains', index), 'never asked: earlier entries name all of its domains');
    earlier.push(...entry.domains);
  }
}

function checkRecipients({ dmarc, report, place }: CheckedDmarc): void {
  for (const [index, { to }] of dmarc.recipients.entries()) {
    const earlier = dmarc.recipients.slice(0, index).flatMap((entry) => entry.to);
    if (earlier.includes('*') || to.every((item) => earlier.includes(item)))
      report.warn(place('recipients', index), 'never asked: earlier entries name all of its recipients');
  }
}

function checkGuards({ dmarc, policy, report, trusted, place }: CheckedDmarc): void {
  if (dmarc.ownDomains !== undefined && dmarc.ownDomains.action !== 'default' && !trusted)
    report.warn(
      place('ownDomains'),
      'while organization.trustSesHeaders is not "always", mail of your own domains that passes by SPF alone counts as not proved',
    );
  if (dmarc.protectedPeople !== undefined && policy.organization.protectedPeople === undefined)
    report.warn(place('protectedPeople'), 'has no effect without organization.protectedPeople');
  const own = policy.organization.domains;
  for (const [index, domain] of (dmarc.lookAlikes?.domains ?? []).entries())
    if (own.includes(domain))
      report.warn(place('lookAlikes', 'domains', index), 'an own domain, which is guarded in any case');
}

const STRICTEST = { none: 'default', quarantine: 'default', reject: 'default' } as const;

function checkMode({ dmarc, report, place }: CheckedDmarc): void {
  if (dmarc.ramp !== undefined && dmarc.mode === 'monitor')
    report.warn(place('ramp'), 'has no effect with mode: monitor');
  if (dmarc.ramp?.share === 0 && dmarc.mode === 'enforce')
    report.warn(place('ramp', 'share'), 'a share of 0 acts on nothing; mode: monitor says so plainly');
  if (dmarc.actions.none !== 'default')
    report.warn(
      place('actions', 'none'),
      'domains with p=none ask that nothing is done about their mail; name those that you mean under "domains"',
    );
  if (dmarc.mode === 'enforce' && isDeepStrictEqual(dmarc.actions, STRICTEST))
    report.warn(place('actions'), 'every action is "default", so failing mail is delivered');
}
