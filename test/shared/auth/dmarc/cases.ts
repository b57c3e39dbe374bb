/** Evidence, policies and contexts for the decision: what a test does not speak of is as plain as can be. */
import { decideDmarc } from '../../../../shared/auth/dmarc/decide.ts';
import type { DmarcContext, DmarcDecision } from '../../../../shared/auth/dmarc/decision-types.ts';
import type { DmarcDiscovery } from '../../../../shared/auth/dmarc/discover.ts';
import type {
  ArcEvidence,
  DkimEvidence,
  DmarcEvidence,
  Evidence,
  SpfEvidence,
} from '../../../../shared/auth/evidence-types.ts';
import type { AuthorDomain, SesEvidence } from '../../../../shared/auth/types.ts';
import type { AuthenticatedBy, DmarcException, DmarcPolicy } from '../../../../shared/policy/types.ts';

export const NOW = Date.UTC(2026, 10, 21);
export const ALICE = 'alice@example.com';

/** Every action is another one, so that a test sees which was taken. */
export const ACTIONS = { none: 'default', quarantine: 'junk', reject: 'drop' } as const;

export function policy(changes: Partial<DmarcPolicy> = {}): DmarcPolicy {
  return {
    mode: 'enforce',
    actions: ACTIONS,
    unknown: 'default',
    bounceUnauthenticated: 'junk',
    severalAuthors: 'strictest',
    header: false,
    exceptions: [],
    trustedSealers: [],
    mailingLists: { domains: [], others: 'junk' },
    domains: [],
    recipients: [],
    onTimeout: 'retry',
    onTemporaryError: 'retry',
    ...changes,
  };
}

export function context(changes: Partial<DmarcContext> = {}): DmarcContext {
  return {
    organization: { domains: ['example.com'], trustSesHeaders: 'auto' },
    recipients: [ALICE],
    nowMs: NOW,
    ...changes,
  };
}

export function published(
  p: DmarcDiscovery['published'],
  changes: Partial<DmarcDiscovery> = {},
): DmarcDiscovery {
  return {
    record: undefined,
    at: undefined,
    orgDomain: undefined,
    published: p,
    from: 'p',
    testing: false,
    queries: 1,
    ...changes,
  };
}

export function author(domain: string): AuthorDomain {
  return { kind: 'one', domain, address: `ann@${domain}` };
}

const UNKNOWN: DmarcEvidence = { result: 'unknown', source: 'none', proved: false, aligned: [] };
const NOTHING: SesEvidence = { state: 'absent', why: 'for the test' };

/** Of a message from `domain` about which nothing is known, but for the changes. */
export function evidence(changes: Partial<Evidence> = {}, domain = 'bank.example'): Evidence {
  return {
    author: author(domain),
    displayName: '',
    ses: NOTHING,
    dkim: [],
    arc: undefined,
    spf: undefined,
    dmarc: UNKNOWN,
    discovery: undefined,
    candidates: [],
    list: undefined,
    gateway: undefined,
    automatic: false,
    queries: 0,
    ...changes,
  };
}

/** The block that SES writes, with this result. */
export function sesSays(
  result: Extract<SesEvidence, { state: 'present' }>['dmarc']['result'],
  dkim: Extract<SesEvidence, { state: 'present' }>['dkim'] = [],
): SesEvidence {
  return { state: 'present', spf: undefined, dkim, dmarc: { result, headerFromDomain: 'bank.example' } };
}

export const FAIL: DmarcEvidence = { result: 'fail', source: 'own', proved: false, aligned: [] };
export const PASS: DmarcEvidence = { result: 'pass', source: 'own', proved: true, aligned: [] };

/** Of a message that fails, whose domain publishes `p`. */
export function failing(p: DmarcDiscovery['published'], changes: Partial<Evidence> = {}): Evidence {
  return evidence({ ses: sesSays('fail'), dmarc: FAIL, discovery: published(p), ...changes });
}

export function signedBy(domain: string, changes: Partial<DkimEvidence> = {}): DkimEvidence {
  return {
    result: 'pass',
    reason: 'for the test',
    domain,
    selector: 's',
    identityDomain: domain,
    algorithm: 'rsa-sha256',
    partialBody: false,
    testing: false,
    signedFields: ['from'],
    ...changes,
  };
}

export function sentBy(domain: string, changes: Partial<SpfEvidence> = {}): SpfEvidence {
  return { result: 'pass', domain, source: 'ses', proved: true, ...changes };
}

export interface Sealed {
  readonly sealer: string;
  readonly dmarc?: string;
  readonly from?: string;
}

/** A chain that passes, one set for each. */
export function chain(...sets: readonly Sealed[]): ArcEvidence {
  return {
    result: 'pass',
    reason: 'for the test',
    sets: sets.map(({ sealer, dmarc, from = 'bank.example' }, index) => ({
      instance: index + 1,
      sealer,
      signer: sealer,
      results: {
        authservId: sealer,
        version: 1,
        results:
          dmarc === undefined
            ? []
            : [
                {
                  method: 'dmarc',
                  result: dmarc,
                  reason: undefined,
                  properties: [{ type: 'header', name: 'from', value: from }],
                },
              ],
      },
    })),
  };
}

export function by(changes: Partial<AuthenticatedBy>): AuthenticatedBy {
  return { dkim: [], spf: [], arc: [], gateway: [], ...changes };
}

export function exception(changes: Partial<DmarcException> = {}): DmarcException {
  return {
    from: ['bank.example'],
    authenticatedBy: by({ dkim: ['signer.example'] }),
    action: 'default',
    reason: 'our list',
    ...changes,
  };
}

export function decided(
  found: Evidence,
  policyChanges: Partial<DmarcPolicy> = {},
  contextChanges: Partial<DmarcContext> = {},
): DmarcDecision {
  return decideDmarc(found, policy(policyChanges), context(contextChanges));
}
