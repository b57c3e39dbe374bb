/**
 * Signatures and chains in collected messages against mailauth. Nobody publishes their keys any more, so what is compared is
 * how far each reader gets: a field that cannot be read, a body that is another, or a key that is missing.
 */

import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { describe, expect, it } from 'vitest';
import { validateArc } from '../../../shared/auth/arc/index.ts';
import { verifyDkim } from '../../../shared/auth/dkim/index.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';
import { NOW } from '../../shared/auth/dkim/support.ts';
import { peerStatus } from '../arc/peer.ts';
import { corpora, messagesWith } from './corpora.ts';
import adjudicated from './signatures.json' with { type: 'json' };

interface Verdict {
  readonly ours: readonly string[];
  readonly mailauth: readonly string[];
  readonly clause: string;
  readonly why: string;
}

const ADJUDICATED: Readonly<Record<string, Verdict>> = adjudicated;
/** What mailauth says where we say that. */
const SAME: Readonly<Record<string, string>> = {
  'no-key': 'no key',
  'body-hash': 'body hash did not verify',
  'missing-tag': 'signature missing required tag',
};
const { signal } = new AbortController();
const lookupTxt = async () => ({ kind: 'nxdomain' }) as const;

async function nobody(): Promise<never> {
  throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
}

async function comments(bytes: Buffer): Promise<readonly string[]> {
  const { results } = await dkimVerify(bytes, {
    resolver: nobody,
    strict: true,
    curTime: new Date(NOW * 1_000),
  });
  return results
    .filter(({ status }) => status.result !== 'none')
    .map(({ status }) => String(status.comment ?? status.result));
}

describe.skipIf(corpora === '')('collected messages (set MAILROOM_CORPORA to run)', () => {
  it('have signatures that fail where mailauth’s do, but where it is adjudicated', async () => {
    const all = messagesWith(/^dkim-signature[ \t]*:/im);
    expect(all.length).toBeGreaterThan(40);
    const found: Record<string, Pick<Verdict, 'ours' | 'mailauth'>> = {};
    for (const { name, bytes } of all) {
      const results = await verifyDkim(parseMessage(bytes), { lookupTxt, signal, nowSeconds: NOW });
      expect(results.some(({ result }) => result === 'pass' || result === 'temperror')).toBe(false);
      const ours = results.map(({ reason }) => reason);
      const mailauth = await comments(bytes);
      if (ours.map((reason) => SAME[reason] ?? reason).join() !== mailauth.join())
        found[name] = { ours, mailauth };
    }
    const judged = Object.entries(ADJUDICATED).map(([name, { clause, why, ...verdict }]) => {
      expect([clause, why], name).not.toContain('');
      return [name, verdict];
    });
    expect(found).toEqual(Object.fromEntries(judged));
  });

  it('have chains that fail where mailauth’s do', async () => {
    const all = messagesWith(/^arc-seal[ \t]*:/im);
    expect(all.length).toBeGreaterThan(3);
    for (const { name, bytes } of all) {
      const { result } = await validateArc(parseMessage(bytes), { lookupTxt, signal });
      expect(result, name).toBe(await peerStatus(bytes, lookupTxt));
    }
  });
});
