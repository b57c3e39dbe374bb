/** What holds for every evidence and every policy, whatever else is decided. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDmarc, isInShare } from '../../../../shared/auth/dmarc/decide.ts';
import type { DmarcContext } from '../../../../shared/auth/dmarc/decision-types.ts';
import { provedBy, sealerVouches } from '../../../../shared/auth/dmarc/proof.ts';
import { REASONS } from '../../../../shared/auth/dmarc/reasons.ts';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import type { DmarcPolicy } from '../../../../shared/policy/types.ts';
import { signedBy } from './cases.ts';
import { anyContext, anyEvidence, anyPolicy } from './generate.ts';

const RUNS = { numRuns: 400 };
const SUSPECTED = ['look-alike', 'protected-person'];

function holds(check: (found: Evidence, by: DmarcPolicy, within: DmarcContext) => void): void {
  fc.assert(fc.property(anyEvidence, anyPolicy, anyContext, check), RUNS);
}

describe('for every evidence and policy', () => {
  it('there is a decision, the same each time, and nothing is changed', () => {
    holds((found, rules, within) => {
      const before = JSON.stringify([found, rules]);
      const decision = decideDmarc(found, rules, within);
      expect(decideDmarc(found, rules, within)).toEqual(decision);
      expect(JSON.stringify([found, rules])).toBe(before);
      expect(Object.keys(REASONS)).toContain(decision.reason);
      expect(decision.recipients.map(({ recipient }) => recipient)).toEqual(within.recipients);
      expect(decision.text).not.toMatch(/@|\.example|example\.com/);
    });
  });

  it('a monitor never acts', () => {
    holds((found, rules, within) => {
      const decision = decideDmarc(found, { ...rules, mode: 'monitor' }, within);
      expect(decision.action).toBe('default');
      expect(decision.recipients.every(({ action }) => action === 'default')).toBe(true);
      expect(decision).not.toHaveProperty('temporary');
      const { wouldBe } = decideDmarc(found, { ...rules, mode: 'enforce' }, within);
      expect(decision.wouldBe).toBe(wouldBe);
    });
  });

  it('a temporary error alone is delivered, and is no pass', () => {
    holds((found, rules, within) => {
      const temporary = { ...found, dmarc: { ...found.dmarc, result: 'temperror' as const, proved: false } };
      const { wouldBe, reason } = decideDmarc(temporary, rules, within);
      expect(['pass', 'pass-unproved', 'no-record']).not.toContain(reason);
      if (found.author.kind !== 'one' || SUSPECTED.includes(reason) || reason === 'exception') return;
      expect(wouldBe).toBe('default');
    });
  });

  it('a signature of a stranger whose name servers are silent changes nothing', () => {
    const silent = signedBy('evil.test', {
      result: 'temperror',
      reason: 'dns',
      signedFields: ['list-id', 'list-post'],
    });
    holds((found, rules, within) => {
      const more = { ...found, dkim: [...found.dkim, silent] };
      expect(decideDmarc(more, rules, within)).toEqual(decideDmarc(found, rules, within));
    });
  });

  it('what could be milder when the DNS answers again is not junked', () => {
    holds((found, rules, within) => {
      const open = { ...found, dkim: found.dkim.map((each) => ({ ...each, result: 'temperror' as const })) };
      const { recipients } = decideDmarc(open, rules, within);
      const answered = { ...found, dkim: found.dkim.map((each) => ({ ...each, result: 'pass' as const })) };
      const later = decideDmarc(answered, rules, within).recipients;
      for (const [index, { wouldBe }] of recipients.entries())
        if (later[index]?.wouldBe === 'default') expect(['default', 'neverJunk']).toContain(wouldBe);
    });
  });

  it('unknown is neither pass nor failure: junk at most', () => {
    holds((found, rules, within) => {
      const clear = found.ses.state === 'ambiguous' ? { state: 'absent' as const, why: 'x' } : found.ses;
      const unknown = {
        ...found,
        ses: clear,
        dmarc: { result: 'unknown', source: 'none', proved: false, aligned: [] } as const,
      };
      const { wouldBe, reason } = decideDmarc(unknown, rules, within);
      expect(reason).not.toMatch(/^(pass|fail)/);
      if (found.author.kind === 'one') expect(['neverJunk', 'default', 'junk']).toContain(wouldBe);
    });
  });

  it('a bounce goes to a proved envelope sender, unless that was asked for, and to nobody automatic', () => {
    holds((found, rules, within) => {
      const { wouldBe } = decideDmarc(found, rules, within);
      if (wouldBe !== 'bounce') return;
      expect(found.automatic).toBe(false);
      expect(found.list).toBeUndefined();
      const proved = found.spf?.result === 'pass' && found.spf.proved;
      expect(proved || rules.bounceUnauthenticated === 'bounce').toBe(true);
    });
  });

  it('an exception, a seal and an allowed sender have their evidence', () => {
    holds((found, rules, within) => {
      const { reason } = decideDmarc(found, rules, within);
      if (reason === 'exception') {
        const borne = rules.exceptions.some(
          ({ authenticatedBy: asked }) => provedBy(asked, found, within.organization) !== undefined,
        );
        expect(borne).toBe(true);
      }
      if (reason === 'arc-sealer') {
        expect(found.author.kind === 'one' && found.author.domain.endsWith('example.com')).toBe(false);
        const name = found.author.kind === 'one' ? found.author.domain : '';
        expect(sealerVouches(found.arc, rules.trustedSealers, name)).toBe(true);
      }
      if (reason === 'allowed-sender') {
        const senders = rules.ownDomains?.allowedSenders ?? [];
        const borne = senders.some(
          ({ authenticatedBy: asked }) => provedBy(asked, found, within.organization) !== undefined,
        );
        expect(borne).toBe(true);
      }
    });
  });

  it('the spam check is spared only what is proved', () => {
    holds((found, rules, within) => {
      const { recipients, wouldBe, reason } = decideDmarc(found, rules, within);
      if (wouldBe === 'neverJunk') expect(['pass', 'exception']).toContain(reason);
      if (reason === 'pass') expect(found.dmarc).toMatchObject({ result: 'pass', proved: true });
      if (rules.mode === 'monitor')
        expect(recipients.some(({ action }) => action === 'neverJunk')).toBe(false);
    });
  });

  it('mail in an own name that is not proved is never delivered where that is guarded', () => {
    const guarded = { action: 'junk', allowedSenders: [] } as const;
    holds((found, rules, within) => {
      if (found.author.kind !== 'one' || !found.author.domain.endsWith('example.com')) return;
      if (found.dmarc.proved || found.dmarc.result === 'temperror' || found.ses.state === 'present') return;
      const decision = decideDmarc(found, { ...rules, exceptions: [], ownDomains: guarded }, within);
      if (['no-record', 'unknown-temperror'].includes(decision.reason)) return;
      expect(decision.wouldBe).not.toBe('default');
    });
  });

  it('with a larger share no less is done', () => {
    holds((found, rules, within) => {
      const at = (share: number) => decideDmarc(found, { ...rules, ramp: { share } }, within).action;
      const all = decideDmarc(found, { ...rules, ramp: { share: 100 } }, within);
      for (const share of [0, 25, 50]) expect(['default', all.action]).toContain(at(share));
      if (at(25) !== 'default') expect(at(50)).toBe(at(25));
    });
  });
});

describe('a share of the domains', () => {
  it('holds the smaller share, and about as many as it says', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `domain${index}.example`);
    for (const name of names.slice(0, 20))
      for (let share = 0; share < 100; share += 1)
        if (isInShare(name, share)) expect(isInShare(name, share + 1)).toBe(true);
    expect(names.some((name) => isInShare(name, 0))).toBe(false);
    expect(names.every((name) => isInShare(name, 100))).toBe(true);
    const quarter = names.filter((name) => isInShare(name, 25)).length;
    expect(quarter).toBeGreaterThan(400);
    expect(quarter).toBeLessThan(600);
  });
});
