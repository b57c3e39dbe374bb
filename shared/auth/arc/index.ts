/**
 * ARC (RFC 8617): those who hand mail on write down what they found when it came to them, and seal it. Each adds one set of
 * three fields: ARC-Authentication-Results, what was found; ARC-Message-Signature, over the message as it went on; ARC-Seal, over
 * every set so far. A chain that passes says who handled the message; whether to believe them is the policy's business.
 *
 *     const arc = await validateArc(message, { lookupTxt, signal, nowSeconds });
 *     arc.result === 'pass' && arc.sets.at(-1)?.sealer;         // who handed it on last
 */
import type { Message } from '../../mime/types.ts';
import { parseAuthenticationResults } from '../authentication-results/parse.ts';
import { keyFinder } from '../dkim/keys.ts';
import type { ArcEvidence, ArcSetEvidence } from '../evidence-types.ts';
import { signableHeader } from '../signatures/fields.ts';
import type { LookupTxt } from '../types.ts';
import { ARC_REASONS, type ArcReason } from './reasons.ts';
import { type ArcSet, collectSets } from './sets.ts';
import { verifyChain } from './verify-chain.ts';

export { ARC_REASONS, type ArcReason } from './reasons.ts';

export interface ValidateArcOptions {
  readonly lookupTxt: LookupTxt;
  readonly signal: AbortSignal;
  /** Seconds since 1970; without it, `x=` of the newest signature is not looked at. */
  readonly nowSeconds?: number;
}

/** The Chain Validation Status (RFC 8617 §5.2). DNS that fails now is the result `temperror`, unless the chain is broken anyway. */
export async function validateArc(
  message: Message,
  { lookupTxt, signal, nowSeconds }: ValidateArcOptions,
): Promise<ArcEvidence> {
  const header = signableHeader(message);
  if (header === undefined) return evidence('header-too-large');
  const collected = collectSets(header);
  if (!collected.ok) return evidence(collected.reason);
  const { sets } = collected;
  const body = message.bytes.subarray(message.root.body.start);
  const reason = await verifyChain({
    header,
    body,
    sets,
    nowSeconds,
    findKeys: keyFinder(lookupTxt, signal),
  });
  return evidence(reason, reason === 'verified' ? sets : []);
}

function evidence(reason: ArcReason, sets: readonly ArcSet[] = []): ArcEvidence {
  return { result: ARC_REASONS[reason], reason, sets: sets.map(evidenceOf) };
}

function evidenceOf({ instance, seal, signature, results }: ArcSet): ArcSetEvidence {
  const parsed = parseAuthenticationResults(results.payload);
  return {
    instance,
    sealer: seal.tags.domain,
    signer: signature.tags.domain,
    results: parsed.ok ? parsed.value : undefined,
  };
}
