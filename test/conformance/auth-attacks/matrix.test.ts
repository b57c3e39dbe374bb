/**
 * Every attack of the matrix through evidence and decision: none is believed, and each ends where `expected.json` says. Without
 * a block of SES nothing but our own verification decides; under SES's block what it says stands above all that was sent.
 */
import { describe, expect, it } from 'vitest';
import { decideDmarc } from '../../../shared/auth/dmarc/decide.ts';
import { gatherEvidence } from '../../../shared/auth/evidence.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';
import type { OrganizationPolicy } from '../../../shared/policy/types.ts';
import { NOW, signed } from '../../shared/auth/dkim/support.ts';
import { context, policy } from '../../shared/auth/dmarc/cases.ts';
import { zoneDns } from '../../shared/auth/support.ts';
import expected from './expected.json' with { type: 'json' };
import { ATTACK_ZONE, MATRIX, underSes } from './matrix.ts';

const JUNKS = policy({ actions: { none: 'default', quarantine: 'junk', reject: 'junk' } });
const EXPECTED: Readonly<Record<string, { readonly alone: string; readonly underSes: string }>> = expected;
const { signal } = new AbortController();

async function judged(text: string, trustSesHeaders: OrganizationPolicy['trustSesHeaders']) {
  const organization: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders };
  const evidence = await gatherEvidence({
    message: parseMessage(Buffer.from(text, 'latin1')),
    organization,
    dmarc: JUNKS,
    lookupDns: zoneDns(ATTACK_ZONE).lookupDns,
    signal,
    nowMs: NOW * 1_000,
  });
  const { action, reason } = decideDmarc(evidence, JUNKS, context({ organization, nowMs: NOW * 1_000 }));
  const shown = evidence.author.kind === 'one' ? evidence.author.domain : evidence.author.kind;
  const believed = evidence.dmarc.proved && shown !== 'attack.example';
  return { believed, end: `${action}, ${reason} (${shown})` };
}

describe('the header hygiene matrix', () => {
  it('begins with a message that is believed as it is', async () => {
    expect(await judged(signed(), 'auto')).toEqual({ believed: true, end: 'default, pass (sender.example)' });
  });

  it('names each attack once, and has an end for each and no other', () => {
    expect(new Set(MATRIX.map(({ name }) => name)).size).toBe(MATRIX.length);
    expect(Object.keys(EXPECTED).toSorted()).toEqual(MATRIX.map(({ name }) => name).toSorted());
  });

  it.each(MATRIX)('$name', async ({ name, text }) => {
    const alone = await judged(text, 'auto');
    // SES judges the author that it sees: the victim, or the attacker, who fails here too.
    const victim = await judged(underSes(text, 'sender.example'), 'always');
    const attacker = await judged(underSes(text, 'attack.example'), 'always');
    expect([alone, victim, attacker].map(({ believed }) => believed)).toEqual([false, false, false]);
    const ends = { alone: alone.end, underSes: `${victim.end}; ${attacker.end}` };
    expect(ends).toEqual(EXPECTED[name]);
  });
});
