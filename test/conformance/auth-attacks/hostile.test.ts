/** What a message may make us do: 20 questions to the DNS, counted here one by one, and 50 ms of computing once code is warm. */
import { describe, expect, it } from 'vitest';
import { decideDmarc } from '../../../shared/auth/dmarc/decide.ts';
import { MAX_DNS_QUERIES } from '../../../shared/auth/dns/session.ts';
import { gatherEvidence } from '../../../shared/auth/evidence.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';
import { NOW } from '../../shared/auth/dkim/support.ts';
import { context, policy } from '../../shared/auth/dmarc/cases.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { HOSTILE, type Hostile } from './hostile.ts';

const MAX_CPU_MS = 50;
/** A machine that does other things beside makes a call look longer; never shorter. */
const MAX_TRIES = 40;
const { signal } = new AbortController();
const SEALERS = policy({ trustedSealers: ['d.example'] });

async function judge(bytes: Buffer, { answers }: Hostile) {
  const message = parseMessage(bytes);
  // Lists the fields, as every step needs them: that is part of reading the message.
  const underSes = message.root.header.fields[0]?.lowerName === 'return-path';
  const asked: string[] = [];
  const begun = cpuNow();
  const evidence = await gatherEvidence({
    message,
    organization: { domains: ['example.com'], trustSesHeaders: underSes ? 'always' : 'auto' },
    dmarc: SEALERS,
    lookupDns: async (name, type) => {
      asked.push(`${type} ${name}`);
      return answers(name, type);
    },
    signal,
    nowMs: NOW * 1_000,
  });
  decideDmarc(evidence, SEALERS, context());
  return { cpuMs: cpuNow() - begun, asked, evidence };
}

describe('a hostile message', () => {
  it.each(HOSTILE)('$name', { timeout: 30_000 }, async (hostile) => {
    const bytes = Buffer.from(hostile.make(), 'latin1');
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < MAX_TRIES && least > MAX_CPU_MS; tries += 1) {
      const { asked, evidence, cpuMs } = await judge(bytes, hostile);
      expect(new Set(asked).size, 'nothing is asked twice').toBe(asked.length);
      expect([asked.length, evidence.queries], asked.join(' ')).toEqual([hostile.queries, hostile.queries]);
      least = Math.min(least, cpuMs);
    }
    expect(least).toBeLessThanOrEqual(MAX_CPU_MS);
  });

  it('never leads to more questions than one message may ask', () => {
    for (const { queries } of HOSTILE) expect(queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
  });
});
