/**
 * Seals the new content (ARC, RFC 8617), so that whoever it is forwarded to can know that it passed here before its
 * signatures broke. The three fields stand above all others. They cover the body and the usual fields, not those of
 * Mailroom's own (`X-Mailroom-Mark`, `X-Mailroom-Auth`), and nothing that is put in above them later.
 *
 * A seal is a courtesy to others: whatever hinders it, the message goes on without one, and the log says so.
 */
import type { KeyObject } from 'node:crypto';
import { sealSlices } from '../../../shared/auth/arc/seal-slices.ts';
import { writeAuthenticationResults } from '../../../shared/auth/authentication-results/write.ts';
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { totalLength } from '../../../shared/mime/edits.ts';
import { MAX_MESSAGE_BYTES } from '../../../shared/mime/transit.ts';
import type { SealPolicy } from '../../../shared/policy/types.ts';
import type { Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import { authResults } from './auth-results.ts';
import { logSkip } from './step.ts';

/** A parameter store that hangs must not cost the message its Put. */
const KEY_PART = 0.25;
const MAX_KEY_MS = 3_000;

/** The content with its seal on top; undefined where it goes on without one, which the log tells. Never throws. */
export async function sealedContent(
  invocation: Invocation,
  policy: SealPolicy,
  gathered: () => Promise<Evidence>,
  slices: readonly Uint8Array[],
): Promise<readonly Uint8Array[] | undefined> {
  try {
    const evidence = await gathered();
    if (evidence.arc === undefined) return unsealed(invocation, 'no-evidence');
    // Our own limit, and no fault of the chain, which a seal would declare broken for everybody.
    if (evidence.arc.reason === 'too-many-keys') return unsealed(invocation, 'too-many-keys');
    const sealed = sealSlices(slices, {
      domain: policy.domain,
      selector: policy.selector,
      privateKey: await loadKey(invocation, policy.selector),
      results: resultsFor(policy, evidence),
      received: evidence.arc.result,
      signedAt: Math.floor(invocation.ports.now() / 1000),
    });
    if (!sealed.ok) return unsealed(invocation, sealed.why);
    const content = [...sealed.fields, ...slices];
    return totalLength(content) > MAX_MESSAGE_BYTES ? unsealed(invocation, 'too-large') : content;
  } catch (error) {
    const level = error instanceof TemporaryError ? 'warn' : 'error';
    invocation.log({ level, event: 'failure', step: 'rewrite', kind: 'seal', reason: whyOf(error) });
    return undefined;
  }
}

function unsealed(invocation: Invocation, why: string): undefined {
  logSkip(invocation, 'rewrite', 'not-sealed', { why });
}

/** Throws TemporaryError or PermanentError. */
async function loadKey({ ports, deadline }: Invocation, selector: string): Promise<KeyObject> {
  if (ports.arcKey === undefined)
    throw new PermanentError('neither MAILROOM_ARC_KEY_URI nor a mark key in SSM is set');
  const timeoutMs = Math.floor(Math.min(deadline.remaining() * KEY_PART, MAX_KEY_MS));
  return ports.arcKey.load(selector, AbortSignal.any([deadline.signal, AbortSignal.timeout(timeoutMs)]));
}

/**
 * What is known by proof, and no more: others believe a seal. A pass that only SES's block tells could have been written by
 * the sender where SES wrote none.
 */
function resultsFor({ domain }: SealPolicy, evidence: Evidence): string {
  const { dmarc, spf } = evidence;
  const results = authResults(evidence, undefined).filter(
    ({ method, result }) =>
      !(method === 'dmarc' && result === 'pass' && !dmarc.proved) &&
      !(method === 'spf' && spf?.proved === false),
  );
  const value = writeAuthenticationResults({ authservId: domain, version: 1, results });
  // A field of ours holds no octet that a reader could take for something else.
  return value.replace(/[^ -~\r\n]/g, '?');
}
